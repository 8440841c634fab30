/** Which run an alert belongs to, and when in that run it began. */

import { UserError } from "../../errors.ts";
import type { Alert } from "./alert.ts";
import type { ClockPair, TrueRun } from "./read-truth.ts";

export interface Placed {
  readonly alert: Alert;
  /** Index among the runs; undefined outside of every run. */
  readonly run: number | undefined;
  /** Simulated, since the start of the run; undefined where there is no run to count it in. */
  readonly atMs: number | undefined;
}

export interface Slack {
  readonly toleranceMs: number;
  readonly graceMs: number;
}

/** @throws UserError "alert-of-no-run" or "alert-of-many-runs" with the alert's line. */
export function placeAlert(alert: Alert, runs: readonly TrueRun[], slack: Slack): Placed {
  const mine = runs.flatMap((run, index) => (isNamed(alert, run, index) ? [{ run, index }] : []));
  if (mine.length === 0) throw ofNoRun(alert, runs.length);
  const during = mine.flatMap(({ run, index }) => {
    const atMs = timeIn(run, alert, slack);
    return atMs === undefined ? [] : [{ index, atMs }];
  });
  if (during.length > 1) throw ofManyRuns(alert, during.length);
  const [only] = during;
  if (only !== undefined) return { alert, run: only.index, atMs: only.atMs };
  return { alert, run: undefined, atMs: alert.isWallTime ? undefined : alert.startMs };
}

function isNamed({ run, seed }: Alert, { header }: TrueRun, index: number): boolean {
  return (run === undefined || run === index + 1) && (seed === undefined || seed === header.seed);
}

function timeIn(run: TrueRun, alert: Alert, slack: Slack): number | undefined {
  const isIn = (atMs: number): boolean =>
    atMs >= -slack.toleranceMs && atMs <= run.lengthMs + slack.graceMs;
  if (!alert.isWallTime) return isIn(alert.startMs) ? alert.startMs : undefined;
  const shown = bySight(run.clocks, alert.startMs);
  if (shown !== undefined) return shown;
  const atMs = alert.startMs - run.header.wallMs;
  return isIn(atMs) ? atMs : undefined;
}

/** A moment on the wall -> simulated time, by the looks at both clocks before and after it. */
function bySight(clocks: readonly ClockPair[], wallMs: number): number | undefined {
  const next = clocks.findIndex(({ shownWallMs }) => shownWallMs >= wallMs);
  const after = clocks[next];
  const before = clocks[next - 1];
  if (after === undefined) return undefined;
  if (before === undefined) return after.shownWallMs === wallMs ? after.atMs : undefined;
  const share = (wallMs - before.shownWallMs) / (after.shownWallMs - before.shownWallMs);
  return Math.round(before.atMs + share * (after.atMs - before.atMs));
}

function ofNoRun({ line, run, seed }: Alert, count: number): UserError {
  const named = run === undefined ? `seed ${seed}` : `run ${run}`;
  return new UserError({
    code: "alert-of-no-run",
    message: `Cannot place the alert of line ${line}: found ${named}, need one of the ${count} in the truth`,
    hint: "Runs are counted from 1; the header of each has its seed.",
    exitCode: 2,
  });
}

function ofManyRuns({ line }: Alert, count: number): UserError {
  return new UserError({
    code: "alert-of-many-runs",
    message: `Cannot place the alert of line ${line}: found ${count} runs that go on at its time, need one`,
    hint: "Give each alert a field run (counted from 1) or seed, or score one run at a time.",
    exitCode: 2,
  });
}
