/** An incident that is going on: what it is, where and how strongly, and when it will be over. */

import type { Course, IncidentKind } from "./incident.ts";
import type { IncidentName } from "./library.ts";

export interface Active {
  readonly id: number;
  readonly name: IncidentName;
  readonly kind: IncidentKind;
  readonly scripted: boolean;
  readonly onsetMs: number;
  onsetStep: number;
  /** Slot in the job, counted from 0. */
  readonly node: number | undefined;
  readonly gpu: number | undefined;
  readonly strength: number;
  readonly slowdown: number;
  /** When it is over by itself; undefined where it is counted in steps or stops the run. */
  readonly endMs: number | undefined;
  /** When the processes end; undefined where the run goes on. */
  readonly stopMs: number | undefined;
  course: Course;
}
