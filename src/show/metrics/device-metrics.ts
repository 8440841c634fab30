/**
 * Metrics per device of a run, under the names of another program.
 *
 * Which ones exist is known to the code that simulates or measures the devices; the exporters get a
 * watch (`RunKinds`) and write its values.
 */

import type { RunEvent } from "../../events/events.ts";

/** One kind of number, the same for every device. */
export interface DeviceFamily {
  readonly name: string;
  readonly help: string;
  readonly kind: "gauge" | "counter";
}

export interface DeviceSample {
  readonly labels: Readonly<Record<string, string>>;
  /** By the name of the family; what is not known is left out. */
  readonly values: Readonly<Record<string, number>>;
  /** When its counters began at 0, in milliseconds of the run. */
  readonly countedSinceMs: number;
}

/** Follows the devices of one run after the other. */
export interface DeviceWatch {
  /** In the order in which they are written. */
  readonly families: readonly DeviceFamily[];
  take(event: RunEvent): void;
  /** One for each device that something is known of, always in the same order. */
  samples(): readonly DeviceSample[];
}
