/** What is known about a run after the events so far. Pure: same events, same state. */

import { unreachable } from "../errors.ts";
import type {
  CorpusRead,
  EpochDone,
  Phase,
  PhaseProgress,
  PlanMade,
  PreviewMade,
  RunEnded,
  RunEvent,
  RunStarted,
  StartMeasured,
  StepDone,
} from "./events.ts";

export interface RunState {
  readonly status: "waiting" | "running" | RunEnded["outcome"];
  readonly started: RunStarted | undefined;
  readonly phase: { readonly name: Phase; readonly text: string } | undefined;
  /** Of the phase that is going on; undefined where its end is not known. */
  readonly progress: PhaseProgress | undefined;
  readonly corpus: CorpusRead | undefined;
  readonly plan: PlanMade | undefined;
  /** The model before its first step; undefined where that was not measured. */
  readonly start: StartMeasured | undefined;
  /** Steps done, also those before a resume. */
  readonly stepsDone: number;
  readonly lastStep: StepDone | undefined;
  /** One entry an epoch, oldest first; an epoch that was repeated after a resume stands once. */
  readonly epochs: readonly EpochDone[];
  readonly bestEpoch: EpochDone | undefined;
  readonly previews: readonly PreviewMade[];
  readonly checkpointStep: number | undefined;
  readonly modelPath: string | undefined;
  readonly memoryBytes: number | undefined;
  readonly warnings: readonly string[];
  readonly skippedSteps: number;
  readonly atMs: number;
  readonly ended: RunEnded | undefined;
}

export const beforeRun: RunState = {
  status: "waiting",
  started: undefined,
  phase: undefined,
  progress: undefined,
  corpus: undefined,
  plan: undefined,
  start: undefined,
  stepsDone: 0,
  lastStep: undefined,
  epochs: [],
  bestEpoch: undefined,
  previews: [],
  checkpointStep: undefined,
  modelPath: undefined,
  memoryBytes: undefined,
  warnings: [],
  skippedSteps: 0,
  atMs: 0,
  ended: undefined,
};

export function afterEvent(state: RunState, event: RunEvent): RunState {
  return { ...state, ...changes(state, event), atMs: event.atMs };
}

function changes(state: RunState, event: RunEvent): Partial<RunState> {
  switch (event.type) {
    case "run-started":
      return afterStart(state, event);
    case "phase-started":
      return { phase: { name: event.phase, text: event.text }, progress: undefined };
    case "phase-progress":
      return { progress: event };
    case "corpus-read":
      return { corpus: event };
    case "plan-made":
      return { plan: event };
    case "start-measured":
      return { start: event };
    case "step-done":
      return {
        stepsDone: event.step,
        lastStep: event,
        skippedSteps: state.skippedSteps + (event.skipped ? 1 : 0),
      };
    case "epoch-done":
      return {
        epochs: [...state.epochs, event],
        bestEpoch: event.best ? event : state.bestEpoch,
      };
    case "preview-made":
      return { previews: [...state.previews, event] };
    case "checkpoint-saved":
      return { checkpointStep: event.step };
    case "device-status":
      return { memoryBytes: event.memoryBytes };
    case "notice":
      return event.level === "warning" ? { warnings: [...state.warnings, event.text] } : {};
    case "model-saved":
      return { modelPath: event.path };
    case "run-ended":
      return { status: event.outcome, ended: event };
    case "run-restored":
      return { stepsDone: event.step };
    case "model-described":
    case "dataset-described":
    case "cluster-described":
    case "recipe-described":
    case "cluster-message":
    case "cluster-status":
    case "evaluation-done":
    case "run-interrupted":
    case "file-written":
    case "run-summarised":
      return {};
    default:
      return unreachable(event);
  }
}

/** A resume goes back to its checkpoint: what was told after it will be told again. */
function afterStart(state: RunState, event: RunStarted): Partial<RunState> {
  const epochs = state.epochs.filter(({ step }) => step <= event.resumedAtStep);
  return {
    status: "running",
    started: event,
    ended: undefined,
    stepsDone: event.resumedAtStep,
    epochs,
    bestEpoch: epochs.findLast(({ best }) => best),
    previews: state.previews.filter(({ step }) => step <= event.resumedAtStep),
  };
}
