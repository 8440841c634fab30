/**
 * What the console knows of a run: the run's state, and what only a viewer needs.
 *
 * Speeds averaged so that they do not flicker, the newest losses, the newest warning
 * with its hint, and when things happened. Pure: same events, same view.
 */

import type {
  CheckpointSaved,
  ModelSaved,
  Notice,
  PreviewMade,
  RunEvent,
  StepDone,
} from "../../events/events.ts";
import { afterEvent, beforeRun, type RunState } from "../../events/run-state.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { expectedMs, noPace, type Pace, paceAfter } from "./pace.ts";

/** How much a new step counts in an averaged speed; about the last twenty steps matter. */
const NEW_SHARE = 0.1;
const RECENT_LOSSES_MAX = 200;

export interface View {
  readonly run: RunState;
  readonly pace: Pace;
  /** The first step of this stretch (since the start or the last resume), to measure speed from. */
  readonly firstStep: { readonly step: number; readonly atMs: number } | undefined;
  readonly lastStepAtMs: number | undefined;
  /** Averaged; undefined where a run is not about audio. */
  readonly audioSecondsPerSecond: number | undefined;
  /** Averaged, the step alone. */
  readonly stepMs: number | undefined;
  /** Of the newest steps, oldest first; each step stands once, as it was last done. */
  readonly recentLosses: readonly StepLoss[];
  /** When the newest epoch was done; undefined before the first of this stretch. */
  readonly epochAtMs: number | undefined;
  /** The newest preview of each kind. */
  readonly previews: { readonly [K in PreviewMade["kind"]]?: PreviewMade };
  readonly checkpoint: CheckpointSaved | undefined;
  readonly checkpointAtMs: number | undefined;
  readonly warning: Notice | undefined;
  readonly warningAtMs: number | undefined;
  readonly model: ModelSaved | undefined;
}

export interface StepLoss {
  readonly step: number;
  /** See `taskLoss`. */
  readonly loss: number;
}

export const emptyView: View = {
  run: beforeRun,
  pace: noPace,
  firstStep: undefined,
  lastStepAtMs: undefined,
  audioSecondsPerSecond: undefined,
  stepMs: undefined,
  recentLosses: [],
  epochAtMs: undefined,
  previews: {},
  checkpoint: undefined,
  checkpointAtMs: undefined,
  warning: undefined,
  warningAtMs: undefined,
  model: undefined,
};

export function viewAfter(view: View, event: RunEvent): View {
  const run = afterEvent(view.run, event);
  return { ...view, ...changes(view, event), run, pace: paceAfter(view.pace, event) };
}

/** What is left to run, in milliseconds; undefined before it can be told, and once it is overdue. */
export function remainingMs({ run, ...view }: View, atMs: number): number | undefined {
  const epoch = run.epochs.at(-1);
  if (epoch !== undefined && view.epochAtMs !== undefined) {
    const leftMs = epoch.etaMs - (atMs - view.epochAtMs);
    return leftMs > 0 ? leftMs : undefined;
  }
  if (run.plan === undefined) return undefined;
  const { pace, firstStep, lastStepAtMs } = view;
  const expected = expectedMs(pace, run.plan, run.stepsDone);
  if (expected !== undefined && lastStepAtMs !== undefined) {
    // Of a step that takes longer, as in a failure, nobody knows how long.
    const sinceMs = Math.min(atMs - lastStepAtMs, expected.stepMs);
    return expected.leftMs > sinceMs ? expected.leftMs - sinceMs : undefined;
  }
  if (firstStep === undefined || lastStepAtMs === undefined) return undefined;
  const steps = run.stepsDone - firstStep.step;
  if (steps < 3) return undefined;
  const left = run.plan.stepsTotal - run.stepsDone;
  const leftMs = ((lastStepAtMs - firstStep.atMs) / steps) * left - (atMs - lastStepAtMs);
  return leftMs > 0 ? leftMs : undefined;
}

/** How long the newest epoch took, its measuring included. */
export function epochMs({ run }: View): number | undefined {
  const last = run.epochs.at(-1);
  if (last === undefined) return undefined;
  return last.elapsedMs - (run.epochs.at(-2)?.elapsedMs ?? 0);
}

/** The epoch that is going on, counted from 1; 0 before the first step. */
export function currentEpoch({ run }: View): number {
  return Math.max(run.lastStep?.epoch ?? 0, run.epochs.at(-1)?.epoch ?? 0);
}

export function isSimulated({ run }: View): boolean {
  return run.started?.source === "simulated";
}

function changes(view: View, event: RunEvent): Partial<View> {
  switch (event.type) {
    case "run-started":
      return {
        firstStep: undefined,
        lastStepAtMs: undefined,
        epochAtMs: undefined,
        recentLosses: lossesUntil(view, event.resumedAtStep),
      };
    case "run-restored":
      return { recentLosses: lossesUntil(view, event.step) };
    case "step-done":
      return afterStep(view, event);
    case "epoch-done":
      return { epochAtMs: event.atMs };
    case "preview-made":
      // The pair to compare is the one that stays the same.
      if (event.changing === true) return {};
      return { previews: { ...view.previews, [event.kind]: event } };
    case "checkpoint-saved":
      return { checkpoint: event, checkpointAtMs: event.atMs };
    case "notice":
      return event.level === "warning" ? { warning: event, warningAtMs: event.atMs } : {};
    case "model-saved":
      return { model: event };
    default:
      return {};
  }
}

function afterStep(view: View, event: StepDone & { readonly atMs: number }): Partial<View> {
  const loss = taskLoss(event);
  return {
    firstStep: view.firstStep ?? { step: event.step, atMs: event.atMs },
    lastStepAtMs: event.atMs,
    stepMs: averaged(view.stepMs, event.durationMs),
    audioSecondsPerSecond: averaged(view.audioSecondsPerSecond, event.audioSecondsPerSecond),
    recentLosses:
      loss === undefined
        ? view.recentLosses
        : [...view.recentLosses, { step: event.step, loss }].slice(-RECENT_LOSSES_MAX),
  };
}

/** What a restart from a checkpoint leaves: the steps after it are done again. */
function lossesUntil({ recentLosses }: View, step: number): readonly StepLoss[] {
  return recentLosses.filter((one) => one.step <= step);
}

function averaged(before: number | undefined, now: number | undefined): number | undefined {
  if (now === undefined || before === undefined) return now ?? before;
  return before + NEW_SHARE * (now - before);
}
