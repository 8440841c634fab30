/** What an incident is, as data: where it happens, how it runs its course, how it can be noticed. */

import type { ClusterMessage } from "../../events/cluster.ts";
export interface IncidentKind {
  /** What happens, as a phrase without a full stop. */
  readonly summary: string;
  /** What it is known by, as the path of a field: "step.gradientNorm", "message.xid". */
  readonly metric: string;
  /** Where it shows too, and sometimes first. */
  readonly alsoIn: readonly string[];
  /** What a good operator does, as an imperative without a full stop. */
  readonly action: string;
  readonly place: "run" | "node" | "gpu";
  /** How often it comes by itself. Kinds without are drawn with the causes of failures instead. */
  readonly chance?: { readonly perDay: number } | { readonly perNodeDay: number };
  /** Only where there are experts. @default false */
  readonly needsExperts?: boolean;
  readonly course: Course;
  /** Where the run scales its losses, as in fp16. @default the same */
  readonly whereScaled?: Course;
}

/** All that a kind does to the run. What is left out stays as it was. */
export interface Course {
  /** How long it lasts where nothing stops the run, in seconds; counted in steps where absent. */
  readonly lastsSeconds?: readonly [low: number, high: number];
  /** Added to the loss, in nats, step by step from the onset; times its strength. */
  readonly lossAdded?: readonly number[];
  /** The gradient norm times e to this, step by step from the onset; times its strength. */
  readonly gradientRaised?: readonly number[];
  /**
   * What it does to loss and gradient stays, at the last value, and is in every checkpoint that was
   * written since: only one from before the onset is without it. @default false
   */
  readonly corrupts?: boolean;
  /** So many steps from the onset have no finite loss; infinitely many until something stops it. */
  readonly stepsSkipped?: number;
  /**
   * The slowest sets the pace: step times times this. The others wait for it, and what waits
   * draws less while it says that it is busy.
   */
  readonly slowdown?: readonly [low: number, high: number];
  /** All are equally slow, so no rank waits for another. @default false */
  readonly slowsAll?: boolean;
  /** One step waits so long, in seconds. */
  readonly stallSeconds?: readonly [low: number, high: number];
  /** Writing a checkpoint takes so many times as long. */
  readonly slowWriting?: number;
  /** What is seen on its own GPU, or on all GPUs of its node. */
  readonly machine?: MachineChange;
  readonly messages?: readonly CourseMessage[];
  readonly stop?: Stop;
}

export interface MachineChange {
  /** Degrees above the usual, when it has warmed up. */
  readonly heatC?: number;
  /** Power times this. */
  readonly power?: number;
  /** Memory times this at the end of its course; grows evenly. */
  readonly memory?: number;
}

export interface CourseMessage {
  readonly afterSeconds: number;
  readonly level: ClusterMessage["level"];
  readonly source: ClusterMessage["source"];
  readonly code: string;
  readonly values?: NonNullable<ClusterMessage["values"]>;
}

/** How a run ends up standing still. */
export interface Stop {
  /** From the onset to the end of the processes. */
  readonly afterSeconds: readonly [low: number, high: number];
  /** No step is done from the onset on: all ranks wait. */
  readonly hangs: boolean;
  /** What the operator reads. */
  readonly symptom: string;
  /** The operator sees it coming and saves before it. @default false */
  readonly announced?: boolean;
  /** The node is taken out and a spare takes its place. */
  readonly replaces: boolean;
  /** What is wrong with the way back. */
  readonly restart?: "newest-checkpoint-unreadable" | "data-repeated";
}

/** The processes end within seconds, and a spare takes the place of the node. */
export const FAST_STOP = { afterSeconds: [4, 25], hangs: true, replaces: true } as const;
