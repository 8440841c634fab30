/**
 * A GPU that is the processor behind the interface of one: its memory is an object, and it can be
 * told to fail.
 */

import type { DeviceMemory, Kept, Runtime, Values } from "../../src/sound/tensor/runtime.ts";
import type { GpuTools } from "../../src/sound/train/device-choice.ts";

export const MADE_UP_GPU = "made up 1.0, webgpu, GPU";

/** @param onRun Called before each program runs; what it throws is how the GPU fails. */
export function madeUpGpu(processor: Runtime, onRun: () => void): Runtime {
  const held = new WeakMap<Kept, Values>();
  const device: DeviceMemory = {
    compile: async (model, names) => {
      const program = await processor.compile(model);
      return {
        run: async (inputs) => {
          onRun();
          const given = Object.entries(inputs).map(([name, input]) => [
            name,
            "data" in input ? input : held.get(input),
          ]);
          const results = Object.entries(await program.run(Object.fromEntries(given)));
          const kept = results.flatMap(([name, values]) => {
            if (!names.includes(name)) return [];
            const { shape, data } = values;
            const one = { shape, read: async () => data, release: () => held.delete(one) };
            held.set(one, values);
            return [[name, one] as const];
          });
          return {
            kept: Object.fromEntries(kept),
            values: Object.fromEntries(results.filter(([name]) => !names.includes(name))),
          };
        },
        release: () => program.release(),
      };
    },
  };
  return { ...processor, description: MADE_UP_GPU, device };
}

export type TrialOf = Partial<Awaited<ReturnType<GpuTools["tryOut"]>>>;

/** A machine that has `gpu`, and what a trial of it finds. */
export function gpuToolsOf(gpu: () => Promise<Runtime>, found: TrialOf = {}): GpuTools {
  return {
    isLikely: () => true,
    tryOut: async ({ batchSize }) => ({
      device: MADE_UP_GPU,
      stepMs: 2,
      processor: { device: "onnxruntime-node 1.30.0, cpu, 1 thread", stepMs: 20 },
      batchSize,
      error: { loss: 1e-7, gradient: 1e-6, weights: 1e-4 },
      repeats: true,
      ...found,
    }),
    open: gpu,
  };
}
