import { expect, test } from "vitest";
import { MADE_UP_GPU, madeUpGpu } from "../../../test/support/made-up-gpu.ts";
import { seededRandom } from "../../random.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { type Batch, type Learner, openLearner } from "../model/learner.ts";
import { melShape } from "../model/mel.ts";
import { melRecipe } from "../model/mel-recipe.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { openSteadyLearner } from "./steady-learner.ts";

const recipe = melRecipe({ ...melShape, channels: [2, 4], frameCount: 8, latentSize: 2 });
const options = () => ({ batch: 1, freeBits: 0.1, random: seededRandom(1) });
const processor = await openRuntime({ kind: "native", threads: 1 });

/** Like a run's batches, their arrays are filled again by the next. */
const batch: Batch = {
  frames: new Float32Array(8 * BIN_COUNT),
  conditions: new Float32Array(0),
  noise: new Float32Array(2),
  dropped: new Float32Array(recipe.dropoutWidth).fill(1),
};

async function stepsOf(learner: Learner, count: number): Promise<number[]> {
  const random = seededRandom(5);
  const totals: number[] = [];
  for (let step = 1; step <= count; step += 1) {
    for (const part of [batch.frames, batch.noise]) {
      for (let i = 0; i < part.length; i += 1) part[i] = -60 * random.next();
    }
    const given = { learningRate: 0.01, weightDecay: 0, klWeight: 0.01, clipNorm: 1 };
    totals.push((await learner.step(batch, { ...given, step })).total);
  }
  return totals;
}

// Two programs run for each step: its own, and that of the average.
test.each([
  { atRun: 1, step: 0 },
  { atRun: 8, step: 3 },
  { atRun: 23, step: 11 },
])(
  "a GPU that fails at its run $atRun leaves nothing lost after step $step",
  async ({ atRun, step }) => {
    let runs = 0;
    const gpu = madeUpGpu(processor, () => {
      runs += 1;
      if (runs >= atRun) throw new Error("device lost");
    });
    const told: [string, number][] = [];
    const runtimes = { gpu, processor, onLost: (...of: [string, number]) => void told.push(of) };
    const steady = await openSteadyLearner(runtimes, recipe, options());
    expect(steady.device).toBe(MADE_UP_GPU);
    const plain = await openLearner(processor, recipe, options());
    const [totals, expected] = [await stepsOf(steady, 14), await stepsOf(plain, 14)];
    expect(told).toEqual([["device lost", step]]);
    expect(steady.device).toBe(processor.description);
    const farthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
      Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
    expect(farthest(totals, expected)).toBeLessThan(1e-4);
    const { average } = await steady.state();
    const { average: right } = await plain.state();
    expect(farthest(average, right)).toBeLessThan(1e-5);
    const { frames, conditions } = batch;
    const measured = await steady.measure({ frames, conditions });
    expect(measured.reconstruction).toBeCloseTo(
      (await plain.measure({ frames, conditions })).reconstruction,
      4,
    );
  },
);
