/**
 * The cost of failures: interruption rate, checkpoint interval, goodput.
 *
 * Failures are a Poisson process per node, so their rates add up and the mean time between two
 * of them falls with the number of nodes.
 */

import { DAY_SECONDS } from "../engine/units.ts";
import { nodeCount, type Setup } from "./setup.ts";

export interface Reliability {
  /** Mean time between two interruptions of the whole run; infinite without failures. */
  readonly meanTimeToInterruptSeconds: number;
  /** Young's first-order optimum; the whole run where nothing fails. */
  readonly checkpointIntervalSeconds: number;
  /** Daly's higher-order optimum; the two part where saving is slow or failures are frequent. */
  readonly dalyIntervalSeconds: number;
  /** How often the run saves: as Young says, but not more often than it can, nor later than at its end. */
  readonly savingIntervalSeconds: number;
  /** Share of the wall-clock time that ends up in the model. */
  readonly goodput: number;
}

/**
 * Source: J. Young 1974; J. Daly 2006.
 *
 * @param needed Seconds of training without any interruption.
 */
export function reliabilityOf(setup: Setup, needed: number): Reliability {
  const { checkpointSeconds: stall, recoverySeconds, failuresPerNodeDay } = setup;
  const rate = (nodeCount(setup) * failuresPerNodeDay) / DAY_SECONDS;
  const between = 1 / rate;
  // Saving that costs nothing is done all the time, however rare failures are.
  const young = stall === 0 ? 0 : Math.sqrt(2 * stall * between);
  const interval = Math.min(needed, Math.max(young, stall));
  const finite = (seconds: number) => (Number.isFinite(seconds) ? seconds : needed);
  return {
    meanTimeToInterruptSeconds: between,
    checkpointIntervalSeconds: finite(young),
    dalyIntervalSeconds: finite(dalyInterval(stall, between)),
    savingIntervalSeconds: interval,
    goodput: goodputOf({ interval, stall, recoverySeconds, between }),
  };
}

export function dalyInterval(stallSeconds: number, betweenSeconds: number): number {
  if (stallSeconds === 0) return 0;
  if (!Number.isFinite(betweenSeconds)) return Number.POSITIVE_INFINITY;
  if (stallSeconds >= 2 * betweenSeconds) return betweenSeconds;
  const half = stallSeconds / (2 * betweenSeconds);
  return (
    Math.sqrt(2 * stallSeconds * betweenSeconds) * (1 + Math.sqrt(half) / 3 + half / 9) -
    stallSeconds
  );
}

interface Rhythm {
  readonly interval: number;
  readonly stall: number;
  readonly recoverySeconds: number;
  readonly between: number;
}

/** Saving costs its stall every interval; a failure costs half an interval and the recovery. */
export function goodputOf({ interval, stall, recoverySeconds, between }: Rhythm): number {
  const saving = stall === 0 ? 1 : interval / (interval + stall);
  const failing = 1 - (interval / 2 + recoverySeconds) / between;
  return saving * Math.max(0, failing);
}
