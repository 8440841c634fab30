/**
 * A run as a page draws it: its state, and its curves. The server folds it and so does the page,
 * which goes on from where the server was: both see the same. Plain JSON.
 */

import type { RunEvent } from "../events/events.ts";
import { afterEvent, beforeRun, isNewRun, type RunState } from "../events/run-state.ts";
import { taskLoss } from "../events/task-loss.ts";

export interface RunPicture {
  readonly state: RunState;
  readonly steps: StepCurves;
  /** Of the newest event; -1 before any. */
  readonly seq: number;
  /** Why it computes on what it does, where there was a choice. */
  readonly deviceWords?: string;
}

/** One entry for each step that was not skipped, oldest first. */
export interface StepCurves {
  readonly step: readonly number[];
  readonly loss: readonly number[];
  readonly kl: readonly (number | null)[];
  readonly learningRate: readonly number[];
}

export const noPicture: RunPicture = {
  state: beforeRun,
  steps: { step: [], loss: [], kl: [], learningRate: [] },
  seq: -1,
};

/** Twice as many are kept at most: then every other one goes. */
const POINTS = 10_000;

/** Events that are known already change nothing. */
export function afterPicture(before: RunPicture, events: readonly RunEvent[]): RunPicture {
  let { state, steps, seq, deviceWords } = before;
  const added: Point[] = [];
  for (const event of events) {
    if (event.seq <= seq && !isNewRun(event)) continue;
    seq = event.seq;
    state = afterEvent(state, event);
    if (event.type === "notice" && DEVICE_NOTICES.has(event.code)) deviceWords = event.text;
    if (event.type === "run-started") {
      deviceWords = undefined;
      steps = upTo(withPoints(steps, added.splice(0)), event.resumedAtStep);
    }
    if (event.type !== "step-done") continue;
    const loss = taskLoss(event);
    if (loss === undefined) continue;
    const { step, vae, learningRate } = event;
    added.push({ step, loss, kl: vae?.kl ?? null, learningRate });
  }
  const drawn = { state, steps: withPoints(steps, added), seq };
  return deviceWords === undefined ? drawn : { ...drawn, deviceWords };
}

const DEVICE_NOTICES: ReadonlySet<string> = new Set([
  ...["gpu-used", "gpu-slower", "gpu-missing", "gpu-wrong", "gpu-failed", "gpu-lost"],
]);

interface Point {
  readonly step: number;
  readonly loss: number;
  readonly kl: number | null;
  readonly learningRate: number;
}

function withPoints(steps: StepCurves, points: readonly Point[]): StepCurves {
  if (points.length === 0) return steps;
  const all: StepCurves = {
    step: [...steps.step, ...points.map(({ step }) => step)],
    loss: [...steps.loss, ...points.map(({ loss }) => loss)],
    kl: [...steps.kl, ...points.map(({ kl }) => kl)],
    learningRate: [...steps.learningRate, ...points.map(({ learningRate }) => learningRate)],
  };
  return all.step.length < 2 * POINTS ? all : kept(all, (i) => i % 2 === 0);
}

/** A resume repeats what came after its checkpoint. */
function upTo(steps: StepCurves, last: number): StepCurves {
  return kept(steps, (i) => (steps.step[i] ?? 0) <= last);
}

function kept(steps: StepCurves, isKept: (index: number) => boolean): StepCurves {
  const pick = <T>(values: readonly T[]): T[] => values.filter((_, i) => isKept(i));
  const { step, loss, kl, learningRate } = steps;
  return {
    step: pick(step),
    loss: pick(loss),
    kl: pick(kl),
    learningRate: pick(learningRate),
  };
}
