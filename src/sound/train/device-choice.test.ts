import { expect, test } from "vitest";
import { gpuToolsOf, MADE_UP_GPU, type TrialOf } from "../../../test/support/made-up-gpu.ts";
import { UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import { describeRecipe, kinds } from "../model/kinds.ts";
import type { DeviceWish, Runtime } from "../tensor/runtime.ts";
import { chooseDevice, type GpuTools, otherDeviceNews } from "./device-choice.ts";
import { recipeKey } from "./known-speed.ts";

const model = describeRecipe("spectral", kinds.spectral.usual);
const PROCESSOR = "onnxruntime-node 1.30.0, cpu, 1 thread";
const gpu = { description: MADE_UP_GPU } as Runtime;

const missing = new UserError({
  code: "gpu-missing",
  message: "Cannot use a GPU: none",
  hint: "h",
});

interface Case {
  readonly wish?: DeviceWish;
  readonly found?: TrialOf;
  readonly tools?: Partial<GpuTools>;
  readonly known?: readonly [gpuMs: number, processorMs: number];
}

async function chosen({ wish = "auto", found, tools, known }: Case) {
  const about = { recipe: recipeKey(model), batchSize: 8 };
  const running = chooseDevice({
    ...{ wish, model, batchSize: 4, threads: 1, memoryBytes: 1 },
    processor: { description: PROCESSOR },
    gpu: { ...gpuToolsOf(async () => gpu, found), ...tools },
    speeds: known
      ? [
          { ...about, runtime: MADE_UP_GPU, stepMs: known[0] },
          { ...about, runtime: PROCESSOR, stepMs: known[1] },
        ]
      : [],
  });
  const news: News[] = [];
  let next = await running.next();
  for (; !next.done; next = await running.next()) news.push(next.value);
  const said = news.flatMap((item) => (item.type === "notice" ? [item] : []));
  return {
    isGpu: next.value.gpu !== undefined,
    codes: said.map(({ level, code }) => `${level} ${code}`).join(", "),
    text: said.map(({ text }) => text).join("; "),
    measured: news.flatMap((item) => (item.type === "device-status" ? [item.measured] : [])),
  };
}

const throwing = (failure: Error): Partial<GpuTools> => ({
  tryOut: async () => {
    throw failure;
  },
});
const wrong = { error: { loss: 0.02, gradient: 1e-6, weights: 1e-4 } };
const slow = { stepMs: 200 };

const cases: readonly [Case, isGpu: boolean, codes: string][] = [
  [{}, true, "info gpu-used"],
  [{ wish: "native", ...{ found: {} } }, false, ""],
  [{ tools: { isLikely: () => false } }, false, ""],
  [{ wish: "gpu", tools: { isLikely: () => false } }, true, "info gpu-used"],
  [{ found: slow }, false, "info gpu-slower"],
  [{ found: slow, wish: "gpu" }, true, "warning gpu-slower"],
  [{ found: wrong }, false, "warning gpu-wrong"],
  [{ found: wrong, wish: "gpu" }, false, "warning gpu-wrong"],
  [{ found: { repeats: false } }, true, "info gpu-used, info gpu-not-exact"],
  [{ tools: throwing(missing) }, false, "info gpu-missing"],
  [{ tools: throwing(missing), wish: "gpu" }, false, "warning gpu-missing"],
  [{ tools: throwing(new Error("out of memory")) }, false, "warning gpu-failed"],
  [{ known: [30, 3], tools: throwing(new Error("not asked")) }, false, "info gpu-slower"],
  [{ known: [3, 30] }, true, "info gpu-used"],
];

test.each(cases)("chooseDevice() of %j is a GPU: %s, saying '%s'", async (about, isGpu, codes) => {
  expect(await chosen(about)).toMatchObject({ isGpu, codes });
});

test("chooseDevice() tells what it measured, in numbers and in words", async () => {
  const { text, measured } = await chosen({});
  expect(measured).toMatchObject([
    [
      { runtime: MADE_UP_GPU, batchSize: 4, stepMs: 2, recipe: recipeKey(model) },
      { runtime: PROCESSOR, batchSize: 4, stepMs: 20, recipe: recipeKey(model) },
    ],
  ]);
  expect(text).toBe(
    "the GPU computes: a step takes 2.0 ms, on the processor 20 ms; it agrees with the processor's (loss off by 1e-7, gradients by 1e-6)",
  );
});

test("otherDeviceNews() says that a run goes on by something else, and nothing where it does not", () => {
  expect([
    ...otherDeviceNews(PROCESSOR, PROCESSOR),
    ...otherDeviceNews(undefined, PROCESSOR),
  ]).toEqual([]);
  expect([...otherDeviceNews(MADE_UP_GPU, PROCESSOR)]).toMatchObject([
    { code: "other-device", text: expect.stringContaining("no longer be bit for bit") },
  ]);
});
