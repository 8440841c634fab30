/** The scenes there are, in alphabetical order. A new one is a file and a line here. */

import type { Scene } from "../engine/scene.ts";
import { llmPretraining } from "./llm-pretraining.ts";
import { llmTraining } from "./llm-training.ts";

export const SCENES: readonly Scene[] = [llmPretraining, llmTraining];

/** What is simulated when nobody names a scene. */
export const DEFAULT_SCENE: Scene = llmPretraining;
