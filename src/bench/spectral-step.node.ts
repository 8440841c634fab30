/** How much sound the `spectral` model learns from in a second, data work included. */

import { nodeClock } from "../host.node.ts";
import { seededRandom } from "../random.ts";
import { demoCorpus } from "../sound/audio/corpus/demo-corpus.ts";
import { resample } from "../sound/audio/resample.ts";
import { MODEL_RATE_HZ } from "../sound/audio/spectrogram.ts";
import { recipeOf } from "../sound/model/kinds.ts";
import { openLearner } from "../sound/model/learner.ts";
import { framesOfSound, packFrames } from "../sound/model/sound-frames.ts";
import { openRuntime } from "../sound/tensor/ort.node.ts";
import { fittedFoundation, recipeDescription } from "../sound/train/recipe-choice.ts";
import { completeSettings } from "../sound/train/settings.ts";
import { trainingData } from "../sound/train/training-data.ts";
import type { Bench } from "./bench.ts";
import { median } from "./statistics.ts";

const STEPS = 30;
const SECONDS_PER_FRAME = 512 / 48_000;

export const spectralStep: Bench = async (say) => {
  const runtime = await openRuntime({ threads: 2 });
  const files = demoCorpus(1).flatMap(({ sound: { channels, sampleRate } }) =>
    channels.map((samples) =>
      packFrames(framesOfSound(resample(samples, sampleRate, MODEL_RATE_HZ))),
    ),
  );
  const settings = completeSettings(files.length, {});
  const fitMs = nodeClock.nowMs();
  const foundation = await fittedFoundation(runtime, files, settings);
  say(`closed-form part: ${((nodeClock.nowMs() - fitMs) / 1000).toFixed(1)} s`);
  const recipe = recipeOf(recipeDescription(settings), foundation);
  const { batchSize: batch, freeBits } = settings;
  const learner = await openLearner(runtime, recipe, { batch, freeBits, random: seededRandom(1) });
  const data = trainingData({
    recipe,
    settings,
    trainFiles: files,
    validationFiles: files,
    stepsPerEpoch: STEPS,
  });
  data.startEpoch();
  const stepMs: number[] = [];
  const dataMs: number[] = [];
  for (let step = 1; step <= STEPS; step += 1) {
    const startedMs = nodeClock.nowMs();
    const { learningRate, weightDecay, klWeight, clipNorm } = settings;
    const example = data.nextBatch();
    dataMs.push(nodeClock.nowMs() - startedMs);
    await learner.step(example, { step, learningRate, weightDecay, klWeight, clipNorm });
    stepMs.push(nodeClock.nowMs() - startedMs);
  }
  const seconds = batch * recipe.exampleFrames * SECONDS_PER_FRAME;
  const ms = median(stepMs);
  say(
    `${learner.layout.size} parameters, ${seconds.toFixed(1)} s of sound a step, ${ms.toFixed(0)} ms a step`,
  );
  say(`= ${(seconds / (ms / 1000)).toFixed(0)} s of sound a second (asked: at least 60)`);
  say(`making examples takes ${((100 * median(dataMs)) / ms).toFixed(0)} % of that`);
};
