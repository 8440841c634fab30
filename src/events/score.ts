/**
 * The score of alerts against the incidents of simulated runs, as data.
 *
 * Times are simulated milliseconds since the start of their run; shares are 0 to 1. Undefined
 * figures, such as the median of no times, are null.
 */

export interface AlertScore {
  readonly source: "simulated";
  readonly runs: number;
  /** All runs together. */
  readonly simulatedMs: number;
  /** Runs without an end in the truth file; they count up to their last line. */
  readonly runsWithoutEnd: number;
  readonly toleranceMs: number;
  readonly graceMs: number;
  readonly incidents: number;
  readonly detected: number;
  readonly missed: number;
  readonly alerts: number;
  /** Alerts of an incident that had been detected already. */
  readonly repeats: number;
  /** Alerts of no incident. */
  readonly falseAlarms: number;
  /** Of the false alarms, those during an incident, that name another kind or place. */
  readonly misplaced: number;
  /** Of the false alarms, those before the start or after the end of every run. */
  readonly outside: number;
  readonly falseAlarmsPerDay: number | null;
  /** Detected of all incidents. */
  readonly recall: number | null;
  /** Detected incidents of those and the false alarms together. */
  readonly precision: number | null;
  readonly timeToDetect: TimeToDetect;
  /** In alphabetical order, kinds with an incident or with an alert that names them. */
  readonly kinds: readonly KindScore[];
  /** Run by run, in the order in which they could first be seen. */
  readonly list: readonly IncidentScore[];
  readonly falseList: readonly FalseAlarm[];
}

/** From the first sign to the first alert; an alert within the tolerance before it counts as 0. */
export interface TimeToDetect {
  readonly medianMs: number | null;
  readonly p90Ms: number | null;
}

export interface KindScore {
  readonly kind: string;
  readonly incidents: number;
  readonly detected: number;
  /** Only those that name this kind. */
  readonly falseAlarms: number;
  readonly recall: number | null;
  readonly precision: number | null;
  readonly timeToDetect: TimeToDetect;
}

export interface IncidentScore {
  /** Counted from 1 in the order of the truth. */
  readonly run: number;
  readonly seed: number;
  readonly id: number;
  readonly kind: string;
  readonly step: number;
  readonly metric: string;
  readonly node: number | null;
  readonly gpu: number | null;
  readonly seenAtMs: number;
  readonly endMs: number;
  readonly detectedAtMs: number | null;
  readonly timeToDetectMs: number | null;
  /** Where the first alert stands: a line of its file, counted from 1, or the place in a list. */
  readonly alert: number | null;
  readonly repeats: number;
}

export interface FalseAlarm {
  readonly alert: number;
  /** Null for an alert outside of every run. */
  readonly run: number | null;
  readonly atMs: number | null;
  readonly kind: string | null;
  readonly metric: string | null;
  readonly node: number | null;
  readonly reason: "no incident" | "another kind or place" | "outside";
}
