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

/** What browsers have of WebGPU that is asked here; the compiler does not know it. */
interface Adapter {
  readonly info?: {
    readonly vendor: string;
    readonly architecture: string;
    readonly description?: string;
    readonly isFallbackAdapter?: boolean;
  };
}

const { gpu: webGpu } = navigator as unknown as {
  readonly gpu?: { requestAdapter(): Promise<Adapter | null> };
};

/** @param takesSoftware Also a GPU that is a program: right, and many times slower than no GPU. */
export function gpuToolsHere(takesSoftware: boolean): GpuTools {
  let opened: Promise<Runtime> | undefined;
  const open = (): Promise<Runtime> => {
    opened ??= newRuntime(takesSoftware);
    return opened;
  };
  return {
    isLikely: () => webGpu !== undefined,
    tryOut: async (wanted) =>
      tryDevice(
        { gpu: await open(), processor: await openRuntime({ threads: wanted.threads }) },
        wanted,
        browserClock,
      ),
    open,
  };
}

async function newRuntime(takesSoftware: boolean): Promise<Runtime> {
  const adapter = await webGpu?.requestAdapter();
  if (!adapter) throw missing("this browser gives none");
  const {
    vendor = "",
    architecture = "",
    description = "",
    isFallbackAdapter,
  } = adapter.info ?? {};
  const name = `${vendor} ${architecture}`.trim() || "GPU";
  const isSoftware = isFallbackAdapter || SOFTWARE.test(`${name} ${description}`);
  if (isSoftware && !takesSoftware)
    throw missing(`this browser has a software one alone (${name})`);
  const ort = await import("onnxruntime-web/webgpu");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { wasm: new URL(gpuWasmUrl, import.meta.url).href };
  const runtime = runtimeOf(ort as unknown as OrtModule, {
    ...{ name: "onnxruntime-web", kind: "wasm", threads: 1 },
    gpu: name,
  });
  await tryOut(runtime);
  return runtime;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

function missing(why: string): UserError {
  return new UserError({
    code: "gpu-missing",
    message: `Cannot use a GPU: ${why}`,
    hint: "Switch hardware acceleration on in its settings; in Chromium, chrome://gpu says more.",
  });
}
