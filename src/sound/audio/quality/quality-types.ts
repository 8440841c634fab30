/** The types of a quality report. */

import type { Spur } from "./spurs.ts";

export type Rating = "green" | "yellow" | "red";

export type FaultCode =
  | "not-numbers"
  | "silent"
  | "quiet"
  | "clipped"
  | "offset"
  | "dropouts"
  | "clicks"
  | "noise"
  | "spurs"
  | "low-bandwidth";

export interface Finding {
  readonly code: FaultCode;
  readonly severity: "yellow" | "red";
  /** What was found, for people: a phrase without a full stop. */
  readonly message: string;
}

/** What was measured; null where the sound is too short or too quiet for it. */
export interface QualityMeasures {
  readonly durationSeconds: number;
  /** Samples that are no numbers; they count as 0. */
  readonly notNumbers: number;
  /** The largest sample, in dB below full scale, at least -120. */
  readonly peakDbfs: number;
  /** The loudest 50 ms, in dB below full scale, at least -120. */
  readonly loudestDbfs: number;
  /** Flat tops, and the share of samples in them. */
  readonly clipping: { readonly count: number; readonly share: number };
  /** The constant part of the channel that has most of it, from -1 to 1. */
  readonly offset: number;
  /** Gaps: where they begin, and how long they are, in seconds. */
  readonly dropouts: readonly { readonly atSeconds: number; readonly seconds: number }[];
  /** Clicks: where they are, in seconds, and how far they stand over what is around them. */
  readonly clicks: readonly { readonly atSeconds: number; readonly overDb: number }[];
  /** Sound over steady noise, -20 to 100 dB. */
  readonly soundOverNoiseDb: number | null;
  /** Thin steady lines that do not move with the sound. */
  readonly spurs: readonly Spur[];
  /** Where a low-pass cuts a broad sound off; null where nothing does. */
  readonly bandwidthHz: number | null;
}

export interface QualityReport {
  /** The worst of the findings; green without any. */
  readonly rating: Rating;
  /** Worst first. */
  readonly findings: readonly Finding[];
  readonly measures: QualityMeasures;
}
