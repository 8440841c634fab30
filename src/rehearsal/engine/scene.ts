/**
 * A scene: a scripted run in simulated time.
 *
 * A scene is independent of real time. It gives items in order, each with its simulated time;
 * `pace.ts` makes events of them and waits in between.
 */

import type { News } from "../../events/events.ts";
import type { IncidentName } from "../incidents/library.ts";
import type { IncidentScript } from "../incidents/script.ts";
import type { Truth } from "../incidents/truth.ts";
import type { PlanRequest } from "../plan/request.ts";
import type { StackName } from "../plan/stacks.ts";

/** Something that happens in a simulated run: a public event, or a line of the truth file only. */
export type SceneItem = SceneTime & ({ readonly news: News } | { readonly truth: Truth });

export interface SceneTime {
  /** Simulated time since the start, in milliseconds; never goes back. */
  readonly atMs: number;
  /** The pause before it at speed 1. @default the simulated time that has passed */
  readonly shownMs?: number;
}

export interface SceneOptions {
  readonly seed: number;
  /** "etude 0.1.0" */
  readonly program: string;
  /** The run that was asked for; what is missing is drawn. */
  readonly wanted: Partial<Omit<PlanRequest, "stack">>;
  /** Which trains it. @default one that can split it in every way, as Megatron-LM can */
  readonly stack?: StackName;
  /** Nodes beside the job that wait for one of its own to fail. @default as many as are usual */
  readonly spareNodes?: number;
  /** Begins with smaller batches where the makers of the model did. @default false */
  readonly batchRamp?: boolean;
  /** Also models and data sets that are jokes. */
  readonly funny: boolean;
  readonly incidents: readonly IncidentScript[];
  /** Whether incidents may also happen by chance. */
  readonly byChance: boolean;
}

export interface SceneRun {
  /** Whether simulated time passes as time does at speed 1; otherwise items have pauses of their own. */
  readonly isEven: boolean;
  /** Ends with the run. */
  readonly items: Iterable<SceneItem>;
}

export interface Scene {
  /** As it is written after `--modules`. */
  readonly name: string;
  /** What it shows, as a phrase without a full stop. */
  readonly summary: string;
  /** What it heeds of what can be asked for; the rest must not be. */
  readonly takes: readonly (
    | "dialect"
    | "model"
    | "gpus"
    | "tokens"
    | "plan"
    | "spares"
    | "batchRamp"
  )[];
  /** Kinds of incidents that can be scripted in it. */
  readonly incidents: readonly IncidentName[];
  /** @throws UserError if the run that was asked for cannot be planned. */
  start(options: SceneOptions): SceneRun;
}
