/**
 * ONNX Runtime in a browser, by WebAssembly, for a worker: it blocks the thread it runs in.
 *
 * The page's policy must allow `wasm-unsafe-eval`, and nothing more.
 */

import threadUrl from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as ort from "onnxruntime-web/wasm";
import { type OrtModule, runtimeOf } from "../../../sound/tensor/ort.ts";
import type { Runtime } from "../../../sound/tensor/runtime.ts";

export interface BrowserRuntimeOptions {
  /** Its WebAssembly. @default fetched */
  readonly wasm?: ArrayBuffer | undefined;
  /** One, where the page is not isolated from others; no model that is played gains by more. @default 1 */
  readonly threads?: number;
}

export async function openRuntime(options: BrowserRuntimeOptions = {}): Promise<Runtime> {
  const { wasm } = options;
  const threads = crossOriginIsolated ? (options.threads ?? 1) : 1;
  const { env } = ort;
  env.wasm.numThreads = threads;
  if (wasm === undefined) {
    // What the other threads begin with is a script of its own.
    const mjs = threads > 1 ? { mjs: absolute(threadUrl) } : {};
    env.wasm.wasmPaths = { wasm: absolute(wasmUrl), ...mjs };
  } else env.wasm.wasmBinary = wasm;
  return runtimeOf(ort as unknown as OrtModule, { name: "onnxruntime-web", kind: "wasm", threads });
}

function absolute(url: string): string {
  return new URL(url, import.meta.url).href;
}
