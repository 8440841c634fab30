import { expect, test } from "vitest";
import { tinyShape } from "../../../test/support/tiny-model.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { measureStepSpeed } from "./step-speed.ts";

test("measureStepSpeed() gives the median of real steps, after the first two", async () => {
  // A clock that says of each step how long it took: two slow ones, then 40, 10, 30, 20, 50 ms.
  const tookMs = [900, 500, 40, 10, 30, 20, 50];
  const times = tookMs.flatMap((ms, i) => [i * 1000, i * 1000 + ms]);
  const runtime = await openRuntime({ threads: 1 });
  let compiled = 0;
  let steps = 0;
  const counting = {
    ...runtime,
    compile: async (model: Uint8Array) => {
      compiled += 1;
      const program = await runtime.compile(model);
      return {
        ...program,
        run: (inputs: Parameters<typeof program.run>[0]) => {
          steps += 1;
          return program.run(inputs);
        },
      };
    },
  };
  const speed = await measureStepSpeed({
    runtime: counting,
    clock: { nowMs: () => times.shift() ?? Number.NaN },
    shape: tinyShape,
    batchSize: 2,
  });
  expect(compiled).toBeGreaterThan(0);
  expect(steps).toBe(7);
  expect(speed.stepMs).toBe(30);
  const seconds = (2 * tinyShape.exampleFrames * defaultStft.hopLength) / MODEL_RATE_HZ;
  expect(speed).toEqual({ batchSize: 2, stepMs: 30, audioSecondsPerSecond: seconds / 0.03 });
});
