/** The state of a sweep as its screen and its table show it. */

import type { Lease } from "./lease.ts";
import type { PlannedRun, SweepPlan } from "./plan.ts";
import type { Heartbeat } from "./queue.ts";
import type { Outcome, SweepTable } from "./table.ts";

/** A sweep as it stands. */
export interface SweepState {
  readonly plan: SweepPlan;
  readonly table: SweepTable;
  /** Runs that have not ended yet, of the rung that is at work. */
  readonly open: readonly PlannedRun[];
  /** The newest entries, by job. */
  readonly leases: ReadonlyMap<string, Lease>;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The newest heartbeat of each worker. */
  readonly workers: readonly Heartbeat[];
}
