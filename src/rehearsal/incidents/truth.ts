/**
 * The ground truth of a simulated run: its incidents, with cause and time.
 *
 * One JSON object a line. A header, then for each incident a line when it first shows and one when
 * it is over, and the end of the run; an incident that the end cut off has no second line, and one
 * that never showed has none. More runs follow in the same way. Header and end are written by `pace.ts`, the rest comes from the scenes.
 */

import type { RunEnded } from "../../events/events.ts";
import type { IncidentName } from "./library.ts";

export const TRUTH_VERSION = 2;

export type Truth = TruthHeader | IncidentBegan | IncidentOver | WorldResized | ClockRead | RunOver;

export interface TruthHeader {
  readonly type: "truth";
  readonly version: typeof TRUTH_VERSION;
  readonly source: "simulated";
  readonly scene: string;
  readonly title: string;
  readonly seed: number;
  readonly program: string;
  /** When the run begins by its own calendar, milliseconds since 1970: `run-started` has the same. */
  readonly wallMs: number;
}

export interface IncidentBegan {
  readonly type: "incident-began";
  /** Counted from 1 within the run. */
  readonly id: number;
  readonly kind: IncidentName;
  /** Asked for with --incident, not drawn. */
  readonly scripted: boolean;
  /** First step that it touches. */
  readonly step: number;
  readonly atMs: number;
  /** When the first event shows it, and in which metric. */
  readonly seenAtMs: number;
  readonly metric: string;
  /** The other metrics that show its kind, at the same time or later or not at all. */
  readonly alsoIn: readonly string[];
  readonly node?: number;
  readonly gpu?: number;
  readonly rank?: number;
  /** Whether the run stops for it. */
  readonly fatal: boolean;
  /** What a good operator does. */
  readonly action: string;
}

export interface IncidentOver {
  readonly type: "incident-over";
  readonly id: number;
  readonly atMs: number;
  readonly step: number;
  /** 0 where the run went on. */
  readonly lostSteps: number;
  readonly downtimeMs: number;
}

/**
 * Training goes on with another number of replicas. A stretch in which steps are slower for that
 * begins with one of these whose sizes are below the planned ones, and ends with the next.
 */
export interface WorldResized {
  readonly type: "world-resized";
  readonly atMs: number;
  readonly step: number;
  /** GPUs that take part. */
  readonly worldSize: number;
  readonly dataParallel: number;
  readonly worldSizePlanned: number;
  readonly dataParallelPlanned: number;
}

/** How long the run was, in simulated time: what false alarms are counted against. */
export interface RunOver {
  readonly type: "run-over";
  readonly outcome: RunEnded["outcome"];
  readonly atMs: number;
  readonly step: number;
}

/**
 * Both clocks at one moment, now and then during a run in real time: the alerts of a
 * monitoring system that scrapes a simulated run are stamped by the clock on the wall.
 */
export interface ClockRead {
  readonly type: "clock";
  readonly atMs: number;
  /** Milliseconds since 1970, by the real clock. */
  readonly shownWallMs: number;
}
