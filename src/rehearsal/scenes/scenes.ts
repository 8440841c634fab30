/** The scenes there are, in alphabetical order. A new one is a file and a line here. */

import type { Scene } from "../engine/scene.ts";
import { clusterBurnIn } from "./cluster-burn-in.ts";
import { llmFinetuning } from "./llm-finetuning.ts";
import { llmPretraining } from "./llm-pretraining.ts";
import { llmTraining } from "./llm-training.ts";
import { rlPostTraining } from "./rl-post-training.ts";

/** All scenes that can be simulated, the default one first. */
export const SCENES: readonly Scene[] = [
  clusterBurnIn,
  llmFinetuning,
  llmPretraining,
  llmTraining,
  rlPostTraining,
];

/** The default scene. */
export const DEFAULT_SCENE: Scene = llmPretraining;
