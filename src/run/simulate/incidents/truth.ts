/**
 * What really happened in a simulated run: the answers to what the events only hint at.
 *
 * One JSON object a line. A header, then for each incident a line when it begins and one when it
 * is over; an incident that the end of the run cut off has no second line.
 */

import type { IncidentName } from "./library.ts";

export type Truth = TruthHeader | IncidentBegan | IncidentOver;

export interface TruthHeader {
  readonly type: "truth";
  readonly version: 1;
  readonly source: "simulated";
  readonly scene: string;
  readonly title: string;
  readonly seed: number;
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
  /** The first moment at which it can be told from an ordinary run, and in what. */
  readonly seenAtMs: number;
  readonly metric: string;
  /** Where several metrics tell of it, in the order in which they do. */
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
