/**
 * ONNX Runtime on Node: the native build where it is installed, else WebAssembly.
 *
 * `run` of the native build blocks its thread, so training belongs in a worker.
 */

import { messageOf, UserError } from "../../errors.ts";
import { type OrtModule, runtimeOf, tryOut } from "./ort.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";

/**
 * Opens ONNX Runtime on the processor.
 *
 * @throws UserError "runtime-missing" if neither can be loaded, or "native" was asked for and cannot.
 * @example
 * const runtime = await openRuntime({ threads: 4 });
 * console.log(runtime.description);
 */
export async function openRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { kind = "auto", threads = 2 } = options;
  forbidTelemetry();
  if (kind !== "wasm") {
    try {
      const ort = (await import("onnxruntime-node")) as unknown as OrtModule;
      return runtimeOf(ort, { name: "onnxruntime-node", kind: "native", threads });
    } catch (cause) {
      if (kind === "native") throw missing("onnxruntime-node", cause);
    }
  }
  try {
    const ort = (await import("onnxruntime-web")) as unknown as OrtModule;
    ort.env.wasm.numThreads = threads;
    return runtimeOf(ort, { name: "onnxruntime-web", kind: "wasm", threads });
  } catch (cause) {
    throw missing("onnxruntime-web", cause);
  }
}

/**
 * Opens the WebGPU provider that comes with the native build, which computes by Vulkan, Metal or
 * Direct3D 12: all that it needs is the driver that the screen has.
 *
 * @throws UserError "gpu-missing"
 */
export async function openGpu(): Promise<Runtime> {
  forbidTelemetry();
  try {
    const ort = (await import("onnxruntime-node")) as unknown as OrtModule;
    const runtime = runtimeOf(ort, {
      name: "onnxruntime-node",
      kind: "native",
      threads: 1,
      gpu: "GPU",
    });
    await tryOut(runtime);
    return runtime;
  } catch (cause) {
    const [reason = ""] = messageOf(cause).split(" was false. ").slice(-1);
    throw new UserError({
      code: "gpu-missing",
      message: `Cannot use a GPU: ${reason.trim()}`,
      hint: gpuHint(),
      cause,
    });
  }
}

/** What to do where no GPU is found. */
export function gpuHint(): string {
  if (process.platform === "linux") {
    return "Install the Vulkan driver of your GPU (mesa-vulkan-drivers, or that of NVIDIA), and try vulkaninfo.";
  }
  if (process.platform === "win32") return "Install the newest driver of your GPU from its maker.";
  return "macOS has the driver; ONNX Runtime brings its WebGPU provider for Apple silicon only.";
}

/**
 * The official builds of ONNX Runtime, from 1.29 on, send telemetry about each session to
 * Microsoft, and keep an identifier and unsent data in the home folder. This variable, read when
 * the runtime is loaded, disables all of it. A worker thread has its own copy of the environment,
 * which native code does not see: call this on the main thread before a worker opens a runtime.
 *
 * Source: pull request 27379 of ONNX Runtime.
 */
export function forbidTelemetry(): void {
  process.env["ORT_DISABLE_TELEMETRY"] = "1";
}

function missing(name: string, cause: unknown): UserError {
  return new UserError({
    code: "runtime-missing",
    message: `Cannot load ${name}: ${messageOf(cause)}`,
    hint: "Run `npm ci` again, or train by WebAssembly with --device wasm.",
    cause,
  });
}
