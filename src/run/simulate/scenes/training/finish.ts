/** The end: the weights are made ready and written in shards, and the run is summed up. */

import { exp, rounded } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import { companionsOf, outputPath, shardCountOf, shardsOf, WEIGHT_BYTES } from "../export.ts";
import { after, between } from "../telling.ts";
import { EPOCHS, type TrainingRun } from "./run.ts";

const UPDATES = 100;

/** Each with how long it is shown at speed 1, in milliseconds. */
const STEPS = [
  { text: "Merging the weights of all ranks", shownMs: [3000, 5000] },
  { text: "Optimising for inference", shownMs: [2000, 3000] },
  { text: "Serialising to SafeTensors", shownMs: [2000, 3000] },
  { text: "Writing the shards", shownMs: [1000, 2000] },
] as const;

export function* finishing(run: TrainingRun): Generator<SceneItem> {
  const { plan, described } = run;
  for (const { text, shownMs } of STEPS) {
    yield after(run, 0, { type: "phase-started", phase: "exporting", text });
    const eachMs = between(run, shownMs[0], shownMs[1]) / UPDATES;
    for (let done = 1; done <= UPDATES; done += 1) {
      yield after(run, eachMs, {
        type: "phase-progress",
        phase: "exporting",
        done,
        total: UPDATES,
      });
    }
  }
  const shards = shardsOf(plan.parameters, shardCountOf(plan.parameters));
  for (const { name, bytes } of shards) {
    yield after(run, between(run, 100, 300), {
      type: "file-written",
      kind: "shard",
      path: name,
      bytes,
    });
  }
  const { vocabulary, layers, name } = described.model;
  for (const file of companionsOf(vocabulary, shards.length, layers)) {
    yield after(run, between(run, 50, 150), file);
  }
  run.machines.advance(run.nowMs, "down");
  const elapsedMs = run.nowMs;
  yield after(run, 0, {
    type: "run-summarised",
    elapsedMs,
    epochs: EPOCHS,
    steps: run.stepsTotal,
    loss: run.lastLoss,
    perplexity: rounded(exp(run.lastLoss), 6),
    bestLoss: run.bestLoss,
    utilisation: 0.985,
    memoryBytesPeak: run.machines.peakMemoryBytes,
    path: outputPath(name),
    bytes: plan.parameters * WEIGHT_BYTES,
    tokens: run.stepsTotal * run.batchTokens,
    energyJoules: Math.round(run.machines.energyJoules),
    goodput: rounded(run.trainMs / elapsedMs, 4),
    interruptions: 0,
  });
  yield after(run, 0, { type: "run-ended", outcome: "finished", step: run.stepsTotal, elapsedMs });
}
