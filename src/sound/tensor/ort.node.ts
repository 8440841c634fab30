/**
 * ONNX Runtime on Node: the native build where it is installed, else WebAssembly.
 *
 * `run` of the native build blocks its thread, so training belongs in a worker.
 * Sessions run sequentially, without the memory pattern (which costs 150 MB and
 * gains no time) and with a fixed number of threads, so that results repeat bit for bit.
 */

import { createRequire } from "node:module";
import type * as Ort from "onnxruntime-common";
import { messageOf, UserError } from "../../errors.ts";
import type { Program, Runtime, Values } from "./runtime.ts";

export type RuntimeKind = "auto" | "native" | "wasm";

export interface RuntimeOptions {
  /** @default "auto": native where it loads, else WebAssembly */
  readonly kind?: RuntimeKind;
  /** @default 2 */
  readonly threads?: number;
}

/**
 * @throws UserError "runtime-missing" if neither can be loaded, or "native" was asked for and cannot.
 */
export async function openRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { kind = "auto", threads = 2 } = options;
  forbidTelemetry();
  if (kind !== "wasm") {
    try {
      return runtimeOf(
        (await import("onnxruntime-node")) as unknown as OrtModule,
        "native",
        threads,
      );
    } catch (cause) {
      if (kind === "native") throw missing("onnxruntime-node", cause);
    }
  }
  try {
    const ort = (await import("onnxruntime-web")) as unknown as OrtModule;
    ort.env.wasm.numThreads = threads;
    return runtimeOf(ort, "wasm", threads);
  } catch (cause) {
    throw missing("onnxruntime-web", cause);
  }
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

type OrtModule = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

function runtimeOf(ort: OrtModule, kind: "native" | "wasm", threads: number): Runtime {
  const name = kind === "native" ? "onnxruntime-node" : "onnxruntime-web";
  return {
    description: `${name} ${installedVersion(name)}, ${kind === "native" ? "cpu" : "wasm"}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
    kind,
    threads,
    compile: async (model) => {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: [kind === "native" ? "cpu" : "wasm"],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: "sequential",
        graphOptimizationLevel: "all",
        enableMemPattern: false,
        logSeverityLevel: 3,
      });
      return programOf(ort, session);
    },
  };
}

function programOf(ort: OrtModule, session: Ort.InferenceSession): Program {
  return {
    run: async (inputs) => {
      const feeds: Record<string, Ort.Tensor> = {};
      for (const [name, { data, shape }] of Object.entries(inputs)) {
        feeds[name] = new ort.Tensor("float32", data, shape);
      }
      const results = await session.run(feeds);
      const outputs: Record<string, Values> = {};
      for (const [name, tensor] of Object.entries(results)) {
        outputs[name] = { shape: tensor.dims, data: tensor.data as Float32Array };
      }
      return outputs;
    },
    release: () => session.release(),
  };
}

function installedVersion(name: string): string {
  const require = createRequire(import.meta.url);
  try {
    const { version } = require(`${name}/package.json`) as { version: string };
    return version;
  } catch {
    return "";
  }
}

function missing(name: string, cause: unknown): UserError {
  return new UserError({
    code: "runtime-missing",
    message: `Cannot load ${name}: ${messageOf(cause)}`,
    hint: "Run `npm ci` again, or train by WebAssembly with --device wasm.",
    cause,
  });
}
