/**
 * Progress bars as tqdm draws them (tqdm 4.67, `std.py`, ten columns wide as in a log file).
 *
 * Rules: bar of eighths; "[elapsed<left, rate]"; hours only where there are any.
 */

import { wide, zeros } from "./formats.ts";

export interface Bar {
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
  /** Steps a second, smoothed; undefined before the first. */
  readonly rate: number | undefined;
  /** "v_num=0, train_loss=2.310" */
  readonly postfix?: string;
  /** Show seconds per iteration where that is more than one, as tqdm does by itself. */
  readonly invert: boolean;
}

const COLUMNS = 10;
const EIGHTHS = " ▏▎▍▌▋▊▉█";

/** "  3%|▎         | 120/4000 [05:12<2:48:07,  2.60s/it]" */
export function tqdmBar({ done, total, elapsedMs, rate, postfix, invert }: Bar): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const eighths = Math.floor(share * COLUMNS * 8);
  const full = Math.floor(eighths / 8);
  const part = full < COLUMNS ? (EIGHTHS[eighths % 8] ?? " ") : "";
  const drawn = `${"█".repeat(full)}${part}`.padEnd(COLUMNS);
  const left = rate === undefined ? "?" : clock((total - done) / rate);
  const tail = postfix === undefined ? "" : `, ${postfix}`;
  return `${wide(wholePercent(share), 3)}%|${drawn}| ${done}/${total} [${clock(elapsedMs / 1000)}<${left}, ${rateText(rate, invert)}${tail}]`;
}

const BAR = /^([\w ]+: )? *(?:\d+%)?\|[^|]*\| (\d+)\/(\d+|\?) \[.*\]$/;

/** Of what is done beside training: such a bar goes when it is full. */
const PASSING = /^(Validation|Sanity)/;

/** Whether a line is a bar, perhaps behind words, and then whether it is full and stays. */
export function barIn(line: string): { readonly stays: boolean } | undefined {
  const [, words = "", done, total] = BAR.exec(line) ?? [];
  return done === undefined ? undefined : { stays: done === total && !PASSING.test(words) };
}

/** Python rounds halves to the even side. */
function wholePercent(share: number): number {
  const percent = share * 100;
  const below = Math.floor(percent);
  return percent - below === 0.5 ? below + (below % 2) : Math.round(percent);
}

/** Seconds -> "05:12", "2:48:07". */
function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const tail = `${zeros(Math.floor(whole / 60) % 60, 2)}:${zeros(whole % 60, 2)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

function rateText(rate: number | undefined, invert: boolean): string {
  if (rate === undefined) return "?it/s";
  if (invert && rate < 1) return `${wide((1 / rate).toFixed(2), 5)}s/it`;
  return `${wide(rate.toFixed(2), 5)}it/s`;
}

/** How fast a bar goes: steps and seconds, each as a mean in which the newest weighs most. */
export interface Pace {
  readonly steps: number;
  readonly seconds: number;
  readonly updates: number;
}

export const STANDING: Pace = { steps: 0, seconds: 0, updates: 0 };

const SMOOTHING = 0.3;

export function paceAfter(pace: Pace, steps: number, durationMs: number): Pace {
  const mean = (before: number, newest: number): number =>
    SMOOTHING * newest + (1 - SMOOTHING) * before;
  return {
    steps: mean(pace.steps, steps),
    seconds: mean(pace.seconds, Math.max(0.001, durationMs / 1000)),
    updates: pace.updates + 1,
  };
}

/** Steps a second. Both means begin at 0, which cancels out. */
export function rateOf({ steps, seconds, updates }: Pace): number | undefined {
  return updates === 0 ? undefined : steps / seconds;
}
