/** All published runs that no constant of the planner was fitted to. */

import { FIFTH_RUNS } from "./fifth-runs.ts";
import { FOURTH_RUNS } from "./fourth-runs.ts";
import { FRESH_A, FRESH_B } from "./fresh-runs.ts";
import { HELD_OUT_RUNS } from "./held-out-runs.ts";
import type { PublishedRun } from "./published-run.ts";
import { THIRD_RUNS } from "./third-runs.ts";

export const KEPT_ASIDE: readonly PublishedRun[] = [
  ...HELD_OUT_RUNS,
  ...FRESH_A,
  ...FRESH_B,
  ...THIRD_RUNS,
  ...FOURTH_RUNS,
  ...FIFTH_RUNS,
];
