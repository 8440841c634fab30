/** What the first steps of the default model are worth, beyond what is fitted in closed form. */

import { expect, test } from "vitest";
import { seededRandom } from "../../random.ts";
import { demoCorpus } from "../audio/corpus/demo-corpus.ts";
import type { Sound } from "../audio/sound.ts";
import { DETAIL_COUNT, fitFoundation } from "../model/foundation.ts";
import { openLearner } from "../model/learner.ts";
import { framesOfSound, type PackedFrames, packFrames } from "../model/sound-frames.ts";
import { spectralRecipe, spectralShape } from "../model/spectral.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { measuringBatches } from "./batches.ts";
import { klWeightAt, learningRateAt } from "./schedule.ts";
import { completeSettings } from "./settings.ts";
import { splitFiles } from "./split.ts";
import { createTrainee, type Trainee } from "./trainee.ts";

const STEPS_PER_EPOCH = 20;

/** The settings of any run but for the size of the batch, which is what takes the time. */
const settings = completeSettings(24, { batchSize: 4 });

/** Not the whole corpus: shorter sounds, half of them. */
const SOUNDS = 12;

async function demoTrainee(): Promise<Trainee> {
  const sounds = demoCorpus(1)
    .toSorted((a, b) => samplesOf(a.sound).length - samplesOf(b.sound).length)
    .slice(0, SOUNDS);
  const names = sounds.map(({ name }) => name);
  const split = splitFiles(names, settings.validationFraction, settings.seed);
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
  return createTrainee({
    ...{ recipe, learner, settings, trainFiles, stepsPerEpoch: STEPS_PER_EPOCH },
    validationFiles: framesOf(split.validation),
    nowMs: () => 0,
  });
}

function samplesOf({ channels: [samples = new Float32Array(0)] }: Sound): Float32Array {
  return samples;
}

test("forty steps beat the foundation on sounds that are held out", async () => {
  const trainee = await demoTrainee();
  const { signal } = new AbortController();
  const before = await trainee.evaluate(signal);
  const stepsTotal = settings.epochs * STEPS_PER_EPOCH;
  for (let step = 1; step <= 40; step += 1) {
    if (step % STEPS_PER_EPOCH === 1) trainee.startEpoch();
    const learningRate = learningRateAt(settings, step, stepsTotal);
    const klWeight = klWeightAt(settings, step, stepsTotal);
    const { finite } = await trainee.step({ ...settings, step, learningRate, klWeight });
    expect(finite).toBe(true);
  }
  const after = await trainee.evaluate(signal);
  expect(after.validation.reconstruction).toBeLessThan(0.98 * before.validation.reconstruction);
});
