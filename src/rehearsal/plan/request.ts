/** The description of a run as given; only the architecture, the GPU and the count are required. */

import type { Architecture } from "../catalog/architecture.ts";
import type { Gpu } from "../catalog/gpus.ts";
import type { Setup } from "./setup.ts";
import type { StackName } from "./stacks.ts";

/** What a description says of the architecture; the rest of it comes with a model of the catalogue. */
export const SHAPE_FIELDS = [
  "layers",
  "hidden",
  "heads",
  "kvHeads",
  "headDim",
  "ffn",
  "vocab",
  "tiedEmbeddings",
  "gatedMlp",
  "experts",
  "expertsPerToken",
] as const;

/** A field that is missing is chosen; see `complete`. */
export interface PlanRequest extends Partial<Omit<Setup, "shape" | "gpu" | "gpuCount">> {
  /** What to call it; the catalogue's name where it comes from there. */
  readonly modelName?: string;
  readonly shape: Architecture;
  readonly gpu: Gpu;
  readonly gpuCount: number;
  /** Whose means what is chosen keeps within. @default none, so that everything may be chosen */
  readonly stack?: StackName;
}
