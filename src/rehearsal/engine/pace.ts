/**
 * Simulated time -> shown time: stamps the items of a run and waits in between.
 *
 * The events do not depend on the speed: their times are simulated.
 */

import type { News, RunEvent } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import { TRUTH_VERSION, type Truth } from "../incidents/truth.ts";
import type { SceneRun } from "./scene.ts";

export interface PaceOptions {
  readonly clock: Pick<Clock, "nowMs" | "sleep">;
  /** 2 plays twice as fast. Looked at before every wait: a getter may give another each time. */
  readonly speedFactor: number;
  /** Ends the run with "cancelled", at once. */
  readonly signal: AbortSignal;
  /** While true, nothing is waited for; from then on at least a little, before anything else. */
  readonly isInstant: () => boolean;
  readonly onTruth: (truth: Truth) => void;
}

/** Shorter waits are saved up: timers are not that exact. */
export const WAIT_MS_MIN = 2;

/**
 * At speed 1: the shortest pause after events that come at once, also
 * where the run itself would go on at once. It leaves the events as they are.
 */
const WAIT_MS_MIN_BEHIND_INSTANT = 200;

/** So long may be computed without a look at the signal and at the screen. */
export const BREATH_EVERY_MS = 20;

/**
 * The run's events. Every run ends with "run-ended", also one that is aborted.
 *
 * A reader that is slow makes the run late, not shorter: time that was lost is not made up for.
 */
export async function* paced(run: SceneRun, options: PaceOptions): AsyncGenerator<RunEvent> {
  const { clock, signal, isInstant, onTruth } = options;
  let seq = 0;
  let step = 0;
  let atMs = 0;
  let dueMs = clock.nowMs();
  let breathMs = dueMs;
  let wasInstant = isInstant();
  for (const item of run.items) {
    const isAtOnce = isInstant();
    const leastMs = wasInstant && !isAtOnce ? WAIT_MS_MIN_BEHIND_INSTANT : 0;
    wasInstant = isAtOnce;
    const waitMs = Math.max(leastMs, item.shownMs ?? item.atMs - atMs) / options.speedFactor;
    const nowMs = clock.nowMs();
    dueMs = isAtOnce ? nowMs : Math.max(dueMs, nowMs - BEHIND_MS_MAX) + waitMs;
    const leftMs = dueMs - nowMs;
    if (leftMs >= WAIT_MS_MIN || nowMs - breathMs >= BREATH_EVERY_MS) {
      await sleepUnlessAborted(clock, { ms: Math.min(TIMER_MS_MAX, Math.max(0, leftMs)), signal });
      breathMs = clock.nowMs();
    }
    if (signal.aborted) {
      // It was stopped somewhere between the last item and this one.
      const share = waitMs > 0 ? 1 - Math.min(1, Math.max(0, dueMs - clock.nowMs()) / waitMs) : 0;
      const elapsedMs = Math.round(atMs + (item.atMs - atMs) * share);
      if (seq === 0) return;
      const ended = { type: "run-ended", outcome: "cancelled", step, elapsedMs } as const;
      const truth = frameTruth(ended, elapsedMs);
      if (truth !== undefined) onTruth(truth);
      yield { ...ended, seq, atMs: elapsedMs };
      return;
    }
    atMs = item.atMs;
    if ("truth" in item) {
      onTruth(item.truth);
      continue;
    }
    if (item.news.type === "step-done" || item.news.type === "run-restored") step = item.news.step;
    const truth = frameTruth(item.news, atMs);
    if (truth !== undefined) onTruth(truth);
    yield { ...item.news, seq, atMs };
    seq += 1;
  }
  if (!wasInstant || isInstant()) return;
  const ms = WAIT_MS_MIN_BEHIND_INSTANT / options.speedFactor;
  await sleepUnlessAborted(clock, { ms, signal });
}

/** What stands before and behind the incidents of a run. */
function frameTruth(news: News, atMs: number): Truth | undefined {
  if (news.type === "run-started") {
    const { title, seed, program, wallMs, configuration } = news;
    const scene = String(configuration["scene"]);
    const header = { type: "truth", version: TRUTH_VERSION, source: "simulated" } as const;
    return { ...header, scene, title, seed, program, wallMs };
  }
  if (news.type !== "run-ended") return undefined;
  return { type: "run-over", outcome: news.outcome, atMs, step: news.step };
}

/** Timers are limited to 31 bits of milliseconds, 24 days. */
export const TIMER_MS_MAX: number = 2 ** 31 - 1;

/** What is further behind than this is not caught up with. */
export const BEHIND_MS_MAX = 250;

interface Sleep {
  readonly ms: number;
  readonly signal: AbortSignal;
}

async function sleepUnlessAborted(clock: Pick<Clock, "sleep">, { ms, signal }: Sleep) {
  if (signal.aborted) return;
  try {
    await clock.sleep(ms, signal);
  } catch (failure) {
    if (!signal.aborted) throw failure;
  }
}
