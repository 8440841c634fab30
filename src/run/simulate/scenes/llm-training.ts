/**
 * The classic: a model is loaded, trained for three epochs, validated, saved, exported and summed
 * up in about five minutes. One plan is drawn at the start, and every number follows from it.
 */

import type { Scene, SceneItem, SceneOptions } from "../engine/scene.ts";
import { epochOf } from "./training/epoch.ts";
import { finishing } from "./training/finish.ts";
import { EPOCHS, newTraining, type TrainingRun } from "./training/run.ts";
import { starting } from "./training/start.ts";

export const llmTraining: Scene = {
  name: "llm_training",
  summary: "three epochs of a language model, from loading to export, in about five minutes",
  start(options) {
    const run = newTraining(options);
    return { isEven: false, items: story(run, options) };
  },
};

function* story(run: TrainingRun, { seed }: SceneOptions): Generator<SceneItem> {
  const scene = llmTraining.name;
  const { title } = run.described.started;
  yield* starting(run);
  yield {
    atMs: run.nowMs,
    truth: { type: "truth", version: 1, source: "simulated", scene, title, seed },
  };
  for (let epoch = 1; epoch <= EPOCHS; epoch += 1) yield* epochOf(run, epoch);
  yield* finishing(run);
}
