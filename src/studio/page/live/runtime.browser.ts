/**
 * ONNX Runtime in a browser, by WebAssembly, for a worker: it blocks the thread it runs in.
 *
 * The page's policy must allow `wasm-unsafe-eval`, and nothing more.
 */

import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import * as ort from "onnxruntime-web/wasm";
import { type OrtModule, runtimeOf } from "../../../sound/tensor/ort.ts";
import type { Runtime } from "../../../sound/tensor/runtime.ts";

/** @param wasm Its WebAssembly; fetched where it is left out. */
export async function openRuntime(wasm?: ArrayBuffer): Promise<Runtime> {
  // More threads need a page that is isolated from others, and no model that is played gains by them.
  ort.env.wasm.numThreads = 1;
  if (wasm === undefined) ort.env.wasm.wasmPaths = { wasm: new URL(wasmUrl, import.meta.url).href };
  else ort.env.wasm.wasmBinary = wasm;
  return runtimeOf(ort as unknown as OrtModule, {
    name: "onnxruntime-web",
    kind: "wasm",
    threads: 1,
  });
}
