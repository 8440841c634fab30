/**
 * The classic: a model is loaded, trained for three epochs, validated, saved, exported and summed
 * up in about five minutes. One plan is drawn at the start, and every number follows from it.
 */

import type { Scene, SceneItem } from "../engine/scene.ts";
import { INCIDENT_NAMES, INCIDENTS } from "../incidents/library.ts";
import { epochOf } from "./training/epoch.ts";
import { finishing } from "./training/finish.ts";
import { starting } from "./training/start.ts";
import { EPOCHS, newTraining, type TrainingRun } from "./training/training-run.ts";

export const llmTraining: Scene = {
  name: "llm_training",
  summary: "three epochs of a language model, from loading to export, in about five minutes",
  takes: ["dialect", "model", "gpus"],
  // It knows no restart: its story is that of a run where nothing stops.
  incidents: INCIDENT_NAMES.filter((name) => {
    const { course, whereScaled = course } = INCIDENTS[name];
    return whereScaled.stop === undefined;
  }),
  start(options) {
    const run = newTraining(options);
    return { isEven: false, items: story(run) };
  },
};

function* story(run: TrainingRun): Generator<SceneItem> {
  yield* starting(run);
  for (let epoch = 1; epoch <= EPOCHS; epoch += 1) yield* epochOf(run, epoch);
  yield* finishing(run);
}
