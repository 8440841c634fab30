/**
 * Numbers that each device of a run has for itself, under names that another program gave them.
 *
 * Which ones there are is known to who simulates or measures the devices; the exporters are given
 * a watch (`RunKinds`) and write what it knows.
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
