/** A thread of the pool that measures a model's controls. */

import { parentPort, workerData } from "node:worker_threads";
import type { PhaseQuality } from "../audio/phase.ts";
import { openCodec } from "../latent/codec.ts";
import { type AnalysisTask, doTask, openBench, type TaskResult } from "../latent/controls/tasks.ts";
import { readModel } from "../model/model-file.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime } from "../tensor/runtime.ts";

/** What a thread is started with. */
export interface AnalysisWork {
  /** Of a model file. */
  readonly bytes: Uint8Array;
  readonly kind: Runtime["kind"];
  readonly quality: PhaseQuality;
}

export type AnalysisAsk = { readonly id: number; readonly task: AnalysisTask };
export type AnalysisAnswer = { readonly id: number; readonly result: TaskResult };

const { bytes, kind, quality } = workerData as AnalysisWork;

async function benchOf(): ReturnType<typeof openBench> {
  const runtime = await openRuntime({ kind, threads: 1 });
  const model = await readModel(bytes, "the model");
  return openBench(await openCodec(runtime, model.recipe, model.layout), model, quality);
}

const bench = benchOf();

parentPort?.on("message", async ({ id, task }: AnalysisAsk) => {
  const result = await doTask(await bench, task, async () => {});
  parentPort?.postMessage({ id, result } satisfies AnalysisAnswer);
});
