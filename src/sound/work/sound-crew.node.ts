/** A pool of threads that make the sounds of a batch, one each at a time. */

import type { Worker } from "node:worker_threads";
import { type Model, writeModel } from "../model/model-file.ts";
import type { Runtime } from "../tensor/runtime.ts";
import type { BatchSound, SoundCrew } from "./batch-sound.ts";
import type { SoundCrewAnswer, SoundCrewAsk, SoundCrewWork } from "./sound-crew-worker.node.ts";
import { startThread } from "./start-thread.node.ts";
import { errorOf } from "./thread-failure.ts";

/** The same sounds as of a codec on `runtime`, to the bit. Whoever opens it closes it. */
export async function openSoundCrew(
  model: Model,
  { kind, threads }: Runtime,
  size: number,
): Promise<SoundCrew> {
  const work: SoundCrewWork = { bytes: await writeModel(model), kind, threads };
  const waiting = new Map<number, Waiting>();
  let count = 0;
  const members = Array.from({ length: size }, (): Member => {
    const worker = startThread("sound-crew-worker.node", "make sounds", work);
    const member = { worker, busy: 0 };
    const lost = (error: Error): void => {
      for (const one of waiting.values()) if (one.member === member) one.fail(error);
    };
    worker.on("error", lost);
    worker.on("exit", () => lost(new Error("A thread that makes sounds has ended")));
    worker.on("message", (message: SoundCrewAnswer) => {
      const asked = waiting.get(message.id);
      if ("share" in message) return asked?.onProgress(message.share);
      waiting.delete(message.id);
      member.busy -= 1;
      if ("made" in message) asked?.settle(message.made);
      else asked?.fail(errorOf(message.failure));
    });
    return member;
  });
  return {
    size,
    make: (request, onProgress) =>
      new Promise<BatchSound>((settle, fail) => {
        const member = members.reduce((least, one) => (one.busy < least.busy ? one : least));
        count += 1;
        member.busy += 1;
        waiting.set(count, { member, settle, fail, onProgress });
        member.worker.postMessage({ id: count, request } satisfies SoundCrewAsk);
      }),
    close: async () => {
      await Promise.all(members.map(({ worker }) => worker.terminate()));
    },
  };
}

interface Member {
  readonly worker: Worker;
  /** Sounds that it was asked for and has not made. */
  busy: number;
}

interface Waiting {
  readonly member: Member;
  settle(made: BatchSound): void;
  fail(error: Error): void;
  onProgress(share: number): void;
}
