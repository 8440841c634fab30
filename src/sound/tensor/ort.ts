/**
 * ONNX Runtime behind our interface, whichever build of it was loaded.
 *
 * Sessions run sequentially, without the memory pattern (which costs 150 MB and gains no time) and
 * with a fixed number of threads, so that results repeat bit for bit. Threads that wait sleep: by
 * default they spin, which takes the core from whatever else the machine does, and from ourselves.
 */

import type * as Ort from "onnxruntime-common";
import type { Program, Runtime, Values } from "./runtime.ts";

/** A build of ONNX Runtime, as it was loaded. */
export type OrtModule = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

export interface OrtBuild extends Pick<Runtime, "kind" | "threads"> {
  /** Of its package. */
  readonly name: string;
}

export function runtimeOf(ort: OrtModule, { name, kind, threads }: OrtBuild): Runtime {
  const { common, node, web } = ort.env.versions;
  const version = (kind === "native" ? node : web) ?? common;
  const provider = kind === "native" ? "cpu" : "wasm";
  return {
    description: `${name} ${version}, ${provider}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
    kind,
    threads,
    compile: async (model) => {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: [provider],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: "sequential",
        graphOptimizationLevel: "all",
        enableMemPattern: false,
        logSeverityLevel: 3,
        extra: { session: { intra_op: { allow_spinning: "0" } } },
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
