/** What a small model is after a few steps: enough to do better than before. */

import { fillNormal, seededRandom } from "../../src/random.ts";
import { BIN_COUNT } from "../../src/sound/model/bands.ts";
import { unpitched } from "../../src/sound/model/conditions.ts";
import { openLearner } from "../../src/sound/model/learner.ts";
import type { Model } from "../../src/sound/model/model-file.ts";
import { framesOfSound } from "../../src/sound/model/sound-frames.ts";
import { openRuntime } from "../../src/sound/tensor/ort.node.ts";

const STEPS = 40;

/** @param sounds Mono at 48 kHz, each at least one example long. */
export async function learnedWeights(
  { recipe, weights }: Model,
  sounds: readonly Float32Array[],
): Promise<Float32Array> {
  const batch = sounds.length;
  const size = recipe.exampleFrames * BIN_COUNT;
  const frames = new Float32Array(batch * size);
  for (const [i, sound] of sounds.entries()) {
    frames.set(framesOfSound(sound).levels.subarray(0, size), i * size);
  }
  const random = seededRandom(1);
  const runtime = await openRuntime({ threads: 1 });
  const zeros = (): Float32Array => new Float32Array(weights.length);
  const learner = await openLearner(runtime, recipe, {
    ...{ batch, freeBits: 0, random },
    state: {
      ...{ weights, moment: zeros(), variance: zeros(), statistics: new Float32Array(0) },
      average: Float32Array.from(weights),
    },
  });
  const conditions = unpitched(batch * recipe.exampleFrames);
  const noise = new Float32Array(batch * recipe.exampleLatents * recipe.latentSize);
  const dropped = new Float32Array(batch * recipe.dropoutWidth).fill(1);
  const settings = { learningRate: 0.03, weightDecay: 0, klWeight: 0, clipNorm: 1 };
  for (let step = 1; step <= STEPS; step += 1) {
    fillNormal(random, noise);
    await learner.step({ frames, conditions, noise, dropped }, { ...settings, step });
  }
  const { average } = await learner.state();
  await learner.release();
  return average;
}
