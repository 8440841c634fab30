/** The pace of a run's steps, from which the remaining time is estimated. Pure. */

import type { RecipeDescribed } from "./cluster.ts";
import type { PlanMade, RunEvent, StepDone } from "./events.ts";

export interface Pace {
  /** What the plan expects; undefined in a run without one. */
  readonly planned: RecipeDescribed["planned"] | undefined;
  /** Steps since training was started, or started again. */
  readonly stepsOfAttempt: number;
  /** The newest steps, oldest first, without the first one after a start: it is slow. */
  readonly recent: readonly Sample[];
  /** Tokens that are in the model; goes back where a restart goes back. */
  readonly consumedTokens: number;
}

interface Sample {
  readonly tokens: number;
  readonly durationMs: number;
}

export const noPace: Pace = {
  planned: undefined,
  stepsOfAttempt: 0,
  recent: [],
  consumedTokens: 0,
};

const RECENT_MAX = 50;

export function paceAfter(pace: Pace, event: RunEvent): Pace {
  switch (event.type) {
    case "run-started":
      return { ...pace, stepsOfAttempt: 0 };
    case "recipe-described":
      return { ...pace, planned: event.planned };
    case "run-restored":
      return { ...pace, stepsOfAttempt: 0, consumedTokens: event.consumedTokens };
    case "step-done":
      return { ...pace, ...afterStep(pace, event) };
    default:
      return pace;
  }
}

function afterStep({ stepsOfAttempt, recent }: Pace, { text, durationMs }: StepDone) {
  const { tokens = 0, consumedTokens = 0 } = text ?? {};
  // Of the attempt before until then: another number of machines has another speed.
  const before = stepsOfAttempt === 1 ? [] : recent;
  return {
    consumedTokens,
    stepsOfAttempt: stepsOfAttempt + 1,
    ...(stepsOfAttempt > 0 && {
      recent: [...before, { tokens, durationMs }].slice(-RECENT_MAX),
    }),
  };
}

/**
 * How long the steps that are left take: at the speed of the newest ones, or the planned one
 * before there are any, and with as many interruptions from now on as the plan expects. What has
 * gone wrong so far does not count.
 *
 * @returns undefined where no plan says what to expect.
 */
export function expectedMs(
  { planned, recent, consumedTokens }: Pace,
  { stepsTotal, tokensTotal }: PlanMade,
  stepsDone: number,
): { readonly leftMs: number; readonly stepMs: number } | undefined {
  if (planned === undefined) return undefined;
  const { goodput } = planned;
  const passedMs = recent.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const stepMs = recent.length === 0 ? planned.stepMs : passedMs / recent.length;
  const steps = Math.max(0, stepsTotal - stepsDone);
  const tokens = recent.reduce((sum, one) => sum + one.tokens, 0);
  // By tokens where there are any: steps of a run whose batch grows are not alike.
  const speed = recent.length === 0 ? planned.tokensPerSecond / 1000 : tokens / passedMs;
  const trainingMs =
    tokensTotal !== undefined && speed > 0
      ? Math.max(0, tokensTotal - consumedTokens) / speed
      : steps * stepMs;
  return { leftMs: trainingMs / (goodput > 0 ? goodput : 1), stepMs };
}
