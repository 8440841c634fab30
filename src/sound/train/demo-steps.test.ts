/** What the first steps of the default model are worth, beyond what is fitted in closed form. */

import { expect, test } from "vitest";
import { seededRandom } from "../../random.ts";
import { demoCorpus } from "../audio/corpus/demo-corpus.ts";
import type { Sound } from "../audio/sound.ts";
import { DETAIL_COUNT, fitFoundation } from "../model/foundation.ts";
import { openLearner } from "../model/learner.ts";
import { framesOfSound, type PackedFrames, packFrames } from "../model/sound-frames.ts";
import { spectralRecipe } from "../model/spectral.ts";
import { spectralShape } from "../model/spectral-shape.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { measuringBatches } from "./batches.ts";
import { evaluate } from "./evaluation.ts";
import { klWeightAt, learningRateAt } from "./schedule.ts";
import { completeSettings } from "./settings.ts";
import { splitFiles } from "./split.ts";
import type { Trained } from "./train.ts";
import { trainingData } from "./training-data.ts";

const STEPS_PER_EPOCH = 20;

/** The settings of any run but for the size of the batch, which is what takes the time. */
const settings = completeSettings(24, { batchSize: 4 });

/** Not the whole corpus: shorter sounds, half of them. */
const SOUNDS = 12;

async function demoRun(): Promise<Trained> {
  const sounds = demoCorpus(1)
    .toSorted((a, b) => samplesOf(a.sound).length - samplesOf(b.sound).length)
    .slice(0, SOUNDS);
  const names = sounds.map(({ name }) => name);
  const split = splitFiles(names, {
    fraction: settings.validationFraction,
    seed: settings.seed,
  });
  const framesOf = (side: readonly string[]): PackedFrames[] =>
    sounds
      .filter(({ name }) => side.includes(name))
      .map(({ sound }) => packFrames(framesOfSound(samplesOf(sound))));
  const trainFiles = framesOf(split.train);
  const runtime = await openRuntime({ threads: 1 });
  const fitted = measuringBatches(trainFiles, {
    ...{ settings, exampleFrames: spectralShape.exampleFrames, random: seededRandom(1) },
    ...{ batchCount: 4, batchSize: 8 },
  });
  const shape = { ...spectralShape, detailCount: DETAIL_COUNT };
  const recipe = spectralRecipe(spectralShape, await fitFoundation(runtime, () => fitted, shape));
  const { batchSize: batch, freeBits, seed } = settings;
  const learner = await openLearner(runtime, recipe, {
    batch,
    freeBits,
    random: seededRandom(seed),
  });
  const data = trainingData({
    ...{ recipe, settings, trainFiles, stepsPerEpoch: STEPS_PER_EPOCH },
    validationFiles: framesOf(split.validation),
  });
  return { learner, data };
}

function samplesOf({ channels: [samples = new Float32Array(0)] }: Sound): Float32Array {
  return samples;
}

test("forty steps beat the foundation on sounds that are held out", async () => {
  const { learner, data } = await demoRun();
  const { signal } = new AbortController();
  const before = await evaluate(learner, data.measured, signal);
  const stepsTotal = settings.epochs * STEPS_PER_EPOCH;
  for (let step = 1; step <= 40; step += 1) {
    if (step % STEPS_PER_EPOCH === 1) data.startEpoch();
    const learningRate = learningRateAt(settings, step, stepsTotal);
    const klWeight = klWeightAt(settings, step, stepsTotal);
    const schedule = { ...settings, step, learningRate, klWeight };
    const { finite } = await learner.step(data.nextBatch(), schedule);
    expect(finite).toBe(true);
  }
  const after = await evaluate(learner, data.measured, signal);
  expect(after.validation.reconstruction).toBeLessThan(0.98 * before.validation.reconstruction);
});
