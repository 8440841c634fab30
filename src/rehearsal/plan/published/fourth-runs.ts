/**
 * A fourth set of published runs, for one honest test.
 *
 * What belongs to it was fixed before any figure was looked for: the step time, throughput or
 * utilisation of the pretraining of a decoder language model, told by those who built the model or
 * the training stack, of a run of theirs or of a configuration that they recommend. Not third
 * parties' sheets, not the other rows of a search over configurations, not fine-tuning, not the GPU
 * hours of a whole run with its stops, no other chips than GPUs, and nothing that leaves the GPU,
 * their number, the model, the batch or the sequence unknown. A split that is not stated is open.
 *
 * Written down without running the planner on any of it. Every figure here was read; what could
 * only be remembered is in `fourth-remembered.ts`.
 */

import { FOURTH_EXPERTS } from "./fourth-experts.ts";
import { FOURTH_FP8 } from "./fourth-fp8.ts";
import { FOURTH_REPORTS } from "./fourth-reports.ts";
import { FOURTH_STACKS } from "./fourth-stacks.ts";
import { type PublishedRun, published } from "./published-run.ts";

export const FOURTH_RUNS: readonly PublishedRun[] = [
  ...FOURTH_STACKS.map((row) => published("dense", row)),
  ...FOURTH_REPORTS.map((row) => published("dense", row)),
  ...FOURTH_FP8.map((row) => published("fp8", row)),
  ...FOURTH_EXPERTS.map((row) => published("experts", row)),
];
