/**
 * What is known about a run after the events so far: the one fold of the stream. Views read it, and
 * add what is a matter of drawing. Pure: same events, same state.
 */

import { unreachable } from "../errors.ts";
import type {
  ClusterDescribed,
  ClusterStatus,
  DatasetDescribed,
  EvaluationDone,
  ModelDescribed,
  RecipeDescribed,
} from "./cluster.ts";
import type {
  CorpusRead,
  EpochDone,
  ModelSaved,
  News,
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
import { noPace, type Pace, paceAfter } from "./pace.ts";

/** News of one kind with its place in the run. */
export type EventOf<T extends News["type"]> = Extract<RunEvent, { readonly type: T }>;

/** What is known of a run. Times are in milliseconds, sizes in bytes, losses in nats. */
export interface RunState {
  readonly status: "waiting" | "running" | RunEnded["outcome"];
  readonly started: RunStarted | undefined;
  readonly phase: { readonly name: Phase; readonly text: string } | undefined;
  /** Of the current phase; undefined if its end is not known. */
  readonly progress: PhaseProgress | undefined;
  readonly corpus: CorpusRead | undefined;
  readonly plan: PlanMade | undefined;
  /** The model before its first step; undefined where that was not measured. */
  readonly start: StartMeasured | undefined;
  /** Steps done, also those before a resume. */
  readonly stepsDone: number;
  readonly lastStep: StepDone | undefined;
  /** One entry per epoch, oldest first; an epoch repeated after a resume is there once. */
  readonly epochs: readonly EpochDone[];
  readonly bestEpoch: EpochDone | undefined;
  /** The newest measurement on text that was held out. */
  readonly evaluation: EvaluationDone | undefined;
  readonly previews: readonly PreviewMade[];
  /** The newest. */
  readonly checkpoint: EventOf<"checkpoint-saved"> | undefined;
  readonly savedModel: ModelSaved | undefined;
  readonly memoryBytes: number | undefined;
  /** Oldest first. */
  readonly warnings: readonly EventOf<"notice">[];
  readonly skippedSteps: number;
  readonly pace: Pace;
  /** When things happened since the start, or since the last resume. */
  readonly stretch: Stretch;
  /** What a run on a cluster said of itself before its first step. */
  readonly described: Described;
  readonly clusterStatus: ClusterStatus | undefined;
  /** Why training stands still; undefined while it does not. */
  readonly interruption: EventOf<"run-interrupted"> | undefined;
  /** Times that training went on from a checkpoint by itself. */
  readonly restarts: number;
  readonly atMs: number;
  readonly ended: RunEnded | undefined;
}

export interface Stretch {
  readonly firstStep: { readonly step: number; readonly atMs: number } | undefined;
  readonly lastStepAtMs: number | undefined;
  /** When the newest epoch was done. */
  readonly epochAtMs: number | undefined;
}

export interface Described {
  readonly model?: ModelDescribed;
  readonly dataset?: DatasetDescribed;
  readonly cluster?: ClusterDescribed;
  readonly recipe?: RecipeDescribed;
}

const noStretch: Stretch = {
  firstStep: undefined,
  lastStepAtMs: undefined,
  epochAtMs: undefined,
};

/** The state before the first event: `afterEvent` begins with it. */
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
  evaluation: undefined,
  previews: [],
  checkpoint: undefined,
  savedModel: undefined,
  memoryBytes: undefined,
  warnings: [],
  skippedSteps: 0,
  pace: noPace,
  stretch: noStretch,
  described: {},
  clusterStatus: undefined,
  interruption: undefined,
  restarts: 0,
  atMs: 0,
  ended: undefined,
};

/** The first event of a run that does not continue another. */
export function isNewRun({ type, seq }: RunEvent): boolean {
  return type === "run-started" && seq === 0;
}

/**
 * The state after one more event; the one before stays as it is. Where several runs follow one
 * after the other, the state is that of the newest.
 *
 * @example
 * let state = beforeRun;
 * for await (const event of train(options)) state = afterEvent(state, event);
 * console.log(state.stepsDone, state.modelPath);
 */
export function afterEvent(before: RunState, event: RunEvent): RunState {
  const state = isNewRun(event) ? beforeRun : before;
  const pace = paceAfter(state.pace, event);
  return { ...state, ...changes(state, event), pace, atMs: event.atMs };
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
      return afterStep(state, event);
    case "epoch-done":
      return {
        epochs: [...state.epochs, event],
        bestEpoch: event.best ? event : state.bestEpoch,
        stretch: { ...state.stretch, epochAtMs: event.atMs },
      };
    case "preview-made":
      return { previews: [...state.previews, event] };
    case "checkpoint-saved":
      return { checkpoint: event };
    case "device-status":
      return {
        memoryBytes: event.memoryBytes,
        ...(event.device !== undefined &&
          state.started && { started: { ...state.started, device: event.device } }),
      };
    case "notice":
      return event.level === "warning" ? { warnings: [...state.warnings, event] } : {};
    case "model-saved":
      return { savedModel: event };
    case "run-ended":
      return { status: event.outcome, ended: event };
    case "model-described":
      return { described: { ...state.described, model: event } };
    case "dataset-described":
      return { described: { ...state.described, dataset: event } };
    case "cluster-described":
      return { described: { ...state.described, cluster: event } };
    case "recipe-described":
      return { described: { ...state.described, recipe: event } };
    case "cluster-status":
      return { clusterStatus: event };
    case "evaluation-done":
      return { evaluation: event };
    case "run-interrupted":
      return { interruption: event };
    case "run-restored":
      return { stepsDone: event.step, restarts: event.restart, interruption: undefined };
    case "cluster-message":
    case "file-written":
    case "run-summarised":
      return {};
    default:
      return unreachable(event);
  }
}

function afterStep({ skippedSteps, stretch }: RunState, event: EventOf<"step-done">) {
  const { step, atMs, skipped } = event;
  return {
    stepsDone: step,
    lastStep: event,
    skippedSteps: skippedSteps + (skipped ? 1 : 0),
    stretch: { ...stretch, firstStep: stretch.firstStep ?? { step, atMs }, lastStepAtMs: atMs },
  };
}

/** A resume goes back to its checkpoint: events after it will be repeated. */
function afterStart(state: RunState, event: RunStarted): Partial<RunState> {
  const epochs = state.epochs.filter(({ step }) => step <= event.resumedAtStep);
  return {
    status: "running",
    started: event,
    ended: undefined,
    interruption: undefined,
    stretch: noStretch,
    stepsDone: event.resumedAtStep,
    epochs,
    bestEpoch: epochs.findLast(({ best }) => best),
    previews: state.previews.filter(({ step }) => step <= event.resumedAtStep),
  };
}
