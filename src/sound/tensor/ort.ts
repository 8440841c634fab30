/**
 * ONNX Runtime behind our interface, whichever build of it was loaded.
 *
 * Sessions run sequentially, without the memory pattern (which costs 150 MB and gains no time) and
 * with a fixed number of threads, so that results repeat bit for bit. Threads that wait sleep: by
 * default they spin, which takes the core from whatever else the machine does, and from ourselves.
 */

import type * as Ort from "onnxruntime-common";
import { Graph } from "./graph.ts";
import { lower } from "./lower.ts";
import type { DeviceMemory, DeviceProgram, Kept, Program, Runtime, Values } from "./runtime.ts";

/** A build of ONNX Runtime, as it was loaded. */
export type OrtModule = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

export interface OrtBuild extends Pick<Runtime, "kind" | "threads"> {
  /** Of its package. */
  readonly name: string;
  /** Computes on the GPU; what it is called, as far as that is known. */
  readonly gpu?: string;
}

export function runtimeOf(ort: OrtModule, build: OrtBuild): Runtime {
  const { name, kind, threads, gpu } = build;
  const { common, node, web } = ort.env.versions;
  const version = (kind === "native" ? node : web) ?? common;
  const processor = kind === "native" ? "cpu" : "wasm";
  const provider = gpu === undefined ? processor : "webgpu";
  const what = gpu ?? `${threads} ${threads === 1 ? "thread" : "threads"}`;
  const open = (model: Uint8Array, more?: Ort.InferenceSession.SessionOptions) =>
    ort.InferenceSession.create(model, {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      enableMemPattern: false,
      logSeverityLevel: gpu === undefined ? 3 : 4,
      extra: { session: { intra_op: { allow_spinning: "0" } } },
      ...more,
    });
  return {
    description: `${name} ${version}, ${provider}, ${what}`,
    kind,
    threads,
    compile: async (model) => programOf(ort, await open(model)),
    ...(gpu !== undefined && { device: deviceMemoryOf(ort, open) }),
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

type OpenSession = (
  model: Uint8Array,
  more?: Ort.InferenceSession.SessionOptions,
) => Promise<Ort.InferenceSession>;

/**
 * A tensor on the device is read by a program that passes it through: in Node its own `getData`
 * ends the process.
 */
function deviceMemoryOf(ort: OrtModule, open: OpenSession): DeviceMemory {
  const readers = new Map<string, Promise<Ort.InferenceSession>>();
  const read = async (tensor: Ort.Tensor): Promise<Float32Array> => {
    const key = tensor.dims.join();
    const reader = readers.get(key) ?? open(passingOn(tensor.dims));
    readers.set(key, reader);
    const { read } = await (await reader).run({ kept: tensor });
    return read?.data as Float32Array;
  };
  const held = new WeakMap<Kept, Ort.Tensor>();
  const keep = (tensor: Ort.Tensor): Kept => {
    const kept: Kept = {
      shape: tensor.dims,
      read: () => read(tensor),
      release: () => tensor.dispose(),
    };
    held.set(kept, tensor);
    return kept;
  };
  return {
    compile: async (model, names): Promise<DeviceProgram> => {
      const staying = Object.fromEntries(names.map((name) => [name, "gpu-buffer"] as const));
      const session = await open(model, { preferredOutputLocation: staying });
      return {
        run: async (inputs) => {
          const feeds: Record<string, Ort.Tensor> = {};
          for (const [name, input] of Object.entries(inputs)) {
            feeds[name] =
              "data" in input
                ? new ort.Tensor("float32", input.data, input.shape)
                : tensorOf(held, input);
          }
          const results = Object.entries(await session.run(feeds));
          const isKept = ([name]: readonly [string, unknown]): boolean => names.includes(name);
          return {
            kept: Object.fromEntries(
              results.filter(isKept).map(([name, tensor]) => [name, keep(tensor)]),
            ),
            values: Object.fromEntries(
              results
                .filter((result) => !isKept(result))
                .map(([name, { dims, data }]) => [
                  name,
                  { shape: dims, data: data as Float32Array },
                ]),
            ),
          };
        },
        release: () => session.release(),
      };
    },
  };
}

/** Multiplies two numbers: where there is no GPU, that throws. */
export async function tryOut(runtime: Runtime): Promise<void> {
  const graph = new Graph();
  const a = graph.input("a", [1]);
  const program = await runtime.compile(lower(graph, { b: graph.mul(a, a) }));
  const { b } = await program.run({ a: { data: Float32Array.of(3), shape: [1] } });
  await program.release();
  if (b?.data[0] !== 9) throw new Error(`3 times 3 is ${b?.data[0]} on it`);
}

function tensorOf(held: WeakMap<Kept, Ort.Tensor>, kept: Kept): Ort.Tensor {
  const tensor = held.get(kept);
  if (tensor === undefined) throw new TypeError("Cannot use a tensor that another device keeps");
  return tensor;
}

function passingOn(shape: readonly number[]): Uint8Array {
  const graph = new Graph();
  return lower(graph, { read: graph.input("kept", shape) });
}
