/**
 * The GPU of this machine, for a training in the browser. Its runtime is a program of its own, twice
 * as large as the one for the processor: it is fetched only where a GPU was found.
 */

import gpuWasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import { UserError } from "../../../errors.ts";
import { browserClock } from "../../../host.browser.ts";
import { type OrtModule, runtimeOf, tryOut } from "../../../sound/tensor/ort.ts";
import type { Runtime } from "../../../sound/tensor/runtime.ts";
import type { GpuTools } from "../../../sound/train/device-choice.ts";
import { tryDevice } from "../../../sound/train/device-trial.ts";
import { openRuntime } from "../live/runtime.browser.ts";

interface Adapter {
  readonly info?: { readonly vendor: string; readonly architecture: string };
}

/** What browsers have of WebGPU that is asked here; the compiler does not know it. */
const { gpu: webGpu } = navigator as unknown as {
  readonly gpu?: { requestAdapter(): Promise<Adapter | null> };
};

export const gpuTools: GpuTools = {
  isLikely: () => webGpu !== undefined,
  tryOut: async (wanted) =>
    tryDevice(
      { gpu: await open(), processor: await openRuntime({ threads: wanted.threads }) },
      wanted,
      browserClock,
    ),
  open,
};

let opened: Runtime | undefined;

async function open(): Promise<Runtime> {
  opened ??= await newRuntime();
  return opened;
}

async function newRuntime(): Promise<Runtime> {
  const adapter = await webGpu?.requestAdapter();
  if (!adapter) {
    throw new UserError({
      code: "gpu-missing",
      message: "Cannot use a GPU: this browser gives none",
      hint: "Switch hardware acceleration on in its settings; in Chromium, chrome://gpu says more.",
    });
  }
  const ort = await import("onnxruntime-web/webgpu");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { wasm: new URL(gpuWasmUrl, import.meta.url).href };
  const { vendor = "", architecture = "" } = adapter.info ?? {};
  const runtime = runtimeOf(ort as unknown as OrtModule, {
    ...{ name: "onnxruntime-web", kind: "wasm", threads: 1 },
    gpu: `${vendor} ${architecture}`.trim() || "GPU",
  });
  await tryOut(runtime);
  return runtime;
}
