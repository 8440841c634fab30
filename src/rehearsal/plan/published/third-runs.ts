/**
 * A third set of published runs, for one honest test of a planner that was improved on
 * `held-out-runs.ts` and `fresh-runs.ts`.
 *
 * Collected without running the planner on any of it. All figures were read on their pages; none
 * is from memory, and none is an average over a whole run with its stops. After the first look two
 * things were corrected by it: tensor parallelism in PyTorch's own stack, and Jean Zay's network
 * (both figures are in docs/log.md).
 */

import { type PublishedRun, published } from "./published-run.ts";
import { THIRD_DENSE } from "./third-dense.ts";
import { THIRD_EXPERTS } from "./third-experts.ts";
import { THIRD_FP8 } from "./third-fp8.ts";

export const THIRD_RUNS: readonly PublishedRun[] = [
  ...THIRD_DENSE.map((row) => published("dense", row)),
  ...THIRD_FP8.map((row) => published("fp8", row)),
  ...THIRD_EXPERTS.map((row) => published("experts", row)),
];
