/**
 * A fifth set of published runs, for one honest test of predicting a run from another one of the
 * same model, on the same cards, with the same stack.
 *
 * What belongs to it was fixed before any figure was looked for: the step time or throughput of
 * training a decoder language model as whoever measured it wrote it down, with cards, their number,
 * model, sequence and global batch known. A series is what one page, repository or log tells of one
 * release of one stack, one model, one card and one precision; its name is what stands before the
 * bar. Single rows only of those who make the stack or the cloud. No configuration that another
 * set has from the same source, nothing that offloads, no model with blocks that the planner does
 * not know, no picture. What is not stated is open.
 *
 * Fixed after pages were seen, but without the planner: of a series of more than eight rows every
 * second one is here; where a page puts a second stack beside the first, every second row of that,
 * from the second; no figure that its source calls unsteady; nothing below 5 % of the peak.
 *
 * Written down without running the planner on any of it. All was read, nothing is from memory but
 * the network of Google's A3 Mega machines.
 *
 * Found and left out: BigScience's early GPT-2 tables (its page says 40 % either way) and its 104B
 * trial (a wrong width); BMTrain's 13B (a unit that cannot be, which V100 is not said); NeMo's Llama
 * 2 7B over sequence lengths (no batch); 8B of ROCm's issues (no sequence); DeepSeek-V3 of Megatron
 * Bridge 26.02 (an additional prediction head, by its teraflop/s); Jülich's CARAML, Frontier and
 * zero-bubble papers (figures only in pictures, or not to be had); MosaicGPT on A100 of 40 GB (the
 * very figures of llm-foundry); Fugaku, Ascend and TPU.
 */

import { FIFTH_EARLY } from "./fifth-early.ts";
import { FIFTH_EXPERTS } from "./fifth-experts.ts";
import { FIFTH_DENSE_RECIPES, FIFTH_FP8 } from "./fifth-fp8.ts";
import { FIFTH_SHARDED } from "./fifth-sharded.ts";
import { type PublishedRun, published } from "./published-run.ts";

export const FIFTH_RUNS: readonly PublishedRun[] = [
  ...FIFTH_EARLY.map((row) => published("dense", row)),
  ...FIFTH_SHARDED.map((row) => published("dense", row)),
  ...FIFTH_DENSE_RECIPES.map((row) => published("dense", row)),
  ...FIFTH_FP8.map((row) => published("fp8", row)),
  ...FIFTH_EXPERTS.map((row) => published("experts", row)),
];
