/** A thread of the pool that makes the sounds of a batch. */

import { parentPort, workerData } from "node:worker_threads";
import { openCodec } from "../latent/codec.ts";
import { readModel } from "../model/model-file.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { RuntimeKind } from "../tensor/runtime.ts";
import { type BatchSound, batchSound } from "./batch-sound.ts";
import type { Maker } from "./make-sound.ts";
import type { SoundRequest } from "./sound-request.ts";
import { failureOf, type ThreadFailure } from "./thread-failure.ts";

/** What a thread is started with. */
export interface SoundCrewWork {
  /** Of a model file. */
  readonly bytes: Uint8Array;
  readonly kind: RuntimeKind;
  readonly threads: number;
}

export type SoundCrewAsk = { readonly id: number; readonly request: SoundRequest };
export type SoundCrewAnswer = { readonly id: number } & (
  | { readonly share: number }
  | { readonly made: BatchSound }
  | { readonly failure: ThreadFailure }
);

const { bytes, kind, threads } = workerData as SoundCrewWork;

async function openMaker(): Promise<Maker> {
  const model = await readModel(bytes, "the model");
  const codec = await openCodec(await openRuntime({ kind, threads }), model.recipe, model.layout);
  return { codec, model };
}

const maker = openMaker();
// Whoever asks is told; until then it waits.
maker.catch(() => undefined);

function answer(message: SoundCrewAnswer): void {
  parentPort?.postMessage(message);
}

parentPort?.on("message", async ({ id, request }: SoundCrewAsk) => {
  try {
    const onProgress = (share: number): void => answer({ id, share });
    answer({ id, made: await batchSound(await maker, request, onProgress) });
  } catch (error) {
    answer({ id, failure: failureOf(error) });
  }
});
