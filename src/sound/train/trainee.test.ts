import { expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { seededRandom } from "../../random.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { openLearner } from "../model/learner.ts";
import type { PackedFrames } from "../model/sound-frames.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { completeSettings } from "./settings.ts";
import { createTrainee, type Trainee, type TraineeParts } from "./trainee.ts";

const runtime = await openRuntime({ threads: 1 });
const { recipe } = tinyModel({ train: [], validation: [], totalSeconds: 0 });
const settings = completeSettings(4, { batchSize: 2, dropout: 0.2 });
const given = { learningRate: 1e-3, weightDecay: 0, klWeight: 0.01, clipNorm: 1 };

function noisyFile(seed: number, frameCount: number): PackedFrames {
  const random = seededRandom(seed);
  const steps = Uint8Array.from({ length: frameCount * BIN_COUNT }, () => 255 * random.next());
  return { frameCount, reference: 1, steps };
}

const trainFiles = [noisyFile(1, 40), noisyFile(2, 5)];
const validationFiles = [noisyFile(3, 30)];

type From = Pick<Trainee, "learnerState" | "dataState">;

async function traineeFrom(from?: From): Promise<Trainee> {
  const learner = await openLearner(runtime, recipe, {
    batch: settings.batchSize,
    freeBits: 0.05,
    random: seededRandom(1),
    ...(from && { state: structuredClone(from.learnerState) }),
  });
  const parts: TraineeParts = {
    ...{ recipe, learner, settings, trainFiles, validationFiles, stepsPerEpoch: 8 },
    nowMs: () => 0,
    ...(from && { dataState: JSON.parse(JSON.stringify(from.dataState)) }),
  };
  return createTrainee(parts);
}

test("a trainee that is taken down and put back gives the same steps to the last bit", async () => {
  const whole = await traineeFrom();
  whole.startEpoch();
  for (let step = 1; step <= 3; step += 1) await whole.step({ ...given, step });
  const resumed = await traineeFrom(
    structuredClone({
      learnerState: whole.learnerState,
      dataState: whole.dataState,
    }),
  );
  for (let step = 4; step <= 6; step += 1) {
    expect(await resumed.step({ ...given, step })).toEqual(await whole.step({ ...given, step }));
  }
  expect(resumed.learnerState).toEqual(whole.learnerState);
  expect(resumed.dataState).toEqual(whole.dataState);
});

test("evaluate() leaves everything as it is, and measures the same twice", async () => {
  const trainee = await traineeFrom();
  trainee.startEpoch();
  await trainee.step({ ...given, step: 1 });
  const before = structuredClone({ learner: trainee.learnerState, data: trainee.dataState });
  const { signal } = new AbortController();
  const first = await trainee.evaluate(signal);
  expect(await trainee.evaluate(signal)).toEqual(first);
  expect({ learner: trainee.learnerState, data: trainee.dataState }).toEqual(before);
  expect(first.train.reconstruction).toBeGreaterThan(0);
  expect(first.klDivergence).toBeGreaterThanOrEqual(0);
});

test("evaluate() stops with the signal's reason", async () => {
  const trainee = await traineeFrom();
  const reason = new Error("enough");
  await expect(trainee.evaluate(AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("a step with numbers that are not finite learns nothing and says so", async () => {
  const trainee = await traineeFrom();
  trainee.startEpoch();
  const before = structuredClone(trainee.learnerState);
  const result = await trainee.step({ ...given, step: 1, klWeight: Number.NaN });
  expect(result.finite).toBe(false);
  expect(trainee.learnerState.weights).toEqual(before.weights);
  expect(trainee.learnerState.moment).toEqual(before.moment);
  expect((await trainee.step({ ...given, step: 2 })).finite).toBe(true);
});
