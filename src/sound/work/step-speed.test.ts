import { expect, test } from "vitest";
import { tinyShape } from "../../../test/support/tiny-model.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Program, Runtime } from "../tensor/runtime.ts";
import { measureStepSpeed } from "./step-speed.ts";

/** A clock that says of each step how long it took, and nothing of the first, which is not measured. */
function clockOf(tookMs: readonly number[]): { nowMs(): number } {
  const times = [0, ...tookMs.flatMap((ms, i) => [i * 10_000, i * 10_000 + ms])];
  return { nowMs: () => times.shift() ?? Number.NaN };
}

/** A runtime that counts the programs' runs. */
async function countingRuntime(): Promise<{
  readonly runtime: Runtime;
  readonly runs: () => number;
}> {
  const runtime = await openRuntime({ threads: 1 });
  let runs = 0;
  const compile = async (model: Uint8Array): Promise<Program> => {
    const program = await runtime.compile(model);
    return {
      run: (inputs) => {
        runs += 1;
        return program.run(inputs);
      },
      release: () => program.release(),
    };
  };
  return { runtime: { ...runtime, compile }, runs: () => runs };
}

test.each([
  { name: "five steps after the first", tookMs: [40, 10, 30, 20, 50], stepMs: 30, steps: 6 },
  { name: "fewer where they are slow", tookMs: [600, 900, 1, 1, 1], stepMs: 900, steps: 3 },
])(
  "measureStepSpeed() gives the median of real steps: $name",
  async ({ tookMs, stepMs, steps }) => {
    const { runtime, runs } = await countingRuntime();
    const model = { name: "spectral", shape: tinyShape } as const;
    const options = { runtime, clock: clockOf(tookMs), model, batchSize: 2 };
    const seconds = (2 * tinyShape.exampleFrames * defaultStft.hopLength) / MODEL_RATE_HZ;
    expect(await measureStepSpeed(options)).toEqual({
      batchSize: 2,
      stepMs,
      audioSecondsPerSecond: seconds / (stepMs / 1000),
      recipe: JSON.stringify(model),
    });
    expect(runs()).toBe(steps);
  },
);
