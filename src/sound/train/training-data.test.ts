import { expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { seededRandom } from "../../random.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { unpitched } from "../model/conditions.ts";
import { type Learner, openLearner, type StepResult } from "../model/learner.ts";
import type { PackedFrames } from "../model/sound-frames.ts";
import type { LearnerState } from "../model/trained-state.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { evaluate } from "./evaluation.ts";
import { completeSettings } from "./settings.ts";
import { type DataState, type TrainingData, trainingData } from "./training-data.ts";

const runtime = await openRuntime({ threads: 1 });
const { recipe } = tinyModel({ train: [], validation: [], totalSeconds: 0 });
const settings = completeSettings(4, { batchSize: 2, dropout: 0.2 });
const given = { learningRate: 1e-3, weightDecay: 0, klWeight: 0.01, clipNorm: 1 };

function noisyFile(seed: number, frameCount: number): PackedFrames {
  const random = seededRandom(seed);
  const steps = Uint8Array.from({ length: frameCount * BIN_COUNT }, () => 255 * random.next());
  return { frameCount, reference: 1, steps, conditions: unpitched(frameCount) };
}

const trainFiles = [noisyFile(1, 40), noisyFile(2, 5)];
const validationFiles = [noisyFile(3, 30)];

interface Kept {
  readonly learner: LearnerState;
  readonly data: DataState;
}

interface Run {
  readonly learner: Learner;
  readonly data: TrainingData;
}

async function runFrom(kept?: Kept): Promise<Run> {
  const learner = await openLearner(runtime, recipe, {
    batch: settings.batchSize,
    freeBits: 0.05,
    random: seededRandom(1),
    ...(kept && { state: kept.learner }),
  });
  const data = trainingData({
    ...{ recipe, settings, trainFiles, validationFiles, stepsPerEpoch: 8 },
    ...(kept && { state: kept.data }),
  });
  return { learner, data };
}

/** As a checkpoint keeps it. */
const keptOf = async ({ learner, data }: Run): Promise<Kept> => ({
  learner: structuredClone(await learner.state()),
  data: JSON.parse(JSON.stringify(data.state)),
});

const stepOf = ({ learner, data }: Run, step: number): Promise<StepResult> =>
  learner.step(data.nextBatch(), { ...given, step });

test("a run that is taken down and put back gives the same steps to the last bit", async () => {
  const whole = await runFrom();
  whole.data.startEpoch();
  for (let step = 1; step <= 3; step += 1) await stepOf(whole, step);
  const resumed = await runFrom(await keptOf(whole));
  for (let step = 4; step <= 6; step += 1) {
    expect(await stepOf(resumed, step)).toEqual(await stepOf(whole, step));
  }
  expect(await keptOf(resumed)).toEqual(await keptOf(whole));
});

test("evaluate() leaves everything as it is, and measures the same twice", async () => {
  const run = await runFrom();
  const { learner, data } = run;
  data.startEpoch();
  await stepOf(run, 1);
  const before = await keptOf(run);
  const { signal } = new AbortController();
  const first = await evaluate(learner, data.measured, signal);
  expect(await evaluate(learner, data.measured, signal)).toEqual(first);
  expect(await keptOf(run)).toEqual(before);
  expect(first.train.reconstruction).toBeGreaterThan(0);
  expect(first.klDivergence).toBeGreaterThanOrEqual(0);
  expect(first.dimensions).toBe(recipe.latentSize);
});

test("evaluate() stops with the signal's reason", async () => {
  const { learner, data } = await runFrom();
  const reason = new Error("enough");
  const stopped = evaluate(learner, data.measured, AbortSignal.abort(reason));
  await expect(stopped).rejects.toBe(reason);
});

test("a step with numbers that are not finite learns nothing and says so", async () => {
  const run = await runFrom();
  const { learner, data } = run;
  data.startEpoch();
  const before = structuredClone(await learner.state());
  const harmed = { ...given, step: 1, klWeight: Number.NaN };
  expect((await learner.step(data.nextBatch(), harmed)).finite).toBe(false);
  expect((await learner.state()).weights).toEqual(before.weights);
  expect((await learner.state()).moment).toEqual(before.moment);
  expect((await stepOf(run, 2)).finite).toBe(true);
});
