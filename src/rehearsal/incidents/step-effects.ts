/** What incidents do to loss, gradient and time of a step, and when those are over that count steps. */

import type { Active } from "./active-incident.ts";
import type { Course } from "./incident.ts";

/** What all of them together do to a step. */
export interface StepEffects {
  lossAdded: number;
  gradientRaised: number;
  slowdown: number;
  stallMs: number;
  skipped: boolean;
}

/** Most steps have none. */
const NO_EFFECTS: StepEffects = {
  lossAdded: 0,
  gradientRaised: 0,
  slowdown: 1,
  stallMs: 0,
  skipped: false,
};

export function effectsOf(active: readonly Active[], step: number): StepEffects {
  if (active.length === 0) return NO_EFFECTS;
  const effects = { ...NO_EFFECTS };
  for (const { course, onsetStep, strength, slowdown } of active) {
    const since = step - onsetStep;
    effects.lossAdded += valueAt(course, course.lossAdded, since) * strength;
    effects.gradientRaised += valueAt(course, course.gradientRaised, since) * strength;
    effects.slowdown = Math.max(effects.slowdown, slowdown);
    if (since === 0) effects.stallMs += Math.round((course.stallSeconds?.[0] ?? 0) * 1000);
    // A restart may have taken the run back to before it began.
    if (since >= 0 && since < (course.stepsSkipped ?? 0)) effects.skipped = true;
  }
  return effects;
}

/** Nats that the loss of the state after `step` is raised by, also where nothing is computed wrongly. */
export function damageOf(active: readonly Active[], step: number): number {
  return effectsOf(
    active.filter(({ course }) => course.corrupts),
    step,
  ).lossAdded;
}

function valueAt({ corrupts }: Course, values: readonly number[] = [], since: number): number {
  const value = values[since];
  return value ?? (corrupts && since >= values.length ? values.at(-1) : undefined) ?? 0;
}

export function hasEnded(
  { course, onsetStep, endMs }: Active,
  step: number,
  atMs: number,
): boolean {
  if (endMs !== undefined) return atMs >= endMs;
  const steps = Math.max(
    1,
    course.lossAdded?.length ?? 0,
    course.gradientRaised?.length ?? 0,
    course.stepsSkipped ?? 0,
  );
  return step >= onsetStep + steps;
}
