/** Makes sounds in a thread of its own, in which models stay open from one sound to the next. */

import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { UserError } from "../../errors.ts";
import type {
  MadeSamples,
  MakerEngine,
  MakerFailure,
  MakerJob,
  MakerReply,
  ModelPlace,
  VoiceFacts,
} from "./maker-jobs.ts";
import type { SoundRequest } from "./sound-request.ts";

export interface MakeTools {
  /** Stops the making; what was begun is thrown away. */
  readonly signal?: AbortSignal;
  onProgress?(share: number): void;
}

export interface SoundMaker {
  /** @throws UserError of opening models. */
  describe(model: ModelPlace): Promise<VoiceFacts>;
  /** Measures the controls of a model and writes them into its file, which takes a while. */
  analyze(model: ModelPlace, tools?: MakeTools): Promise<VoiceFacts>;
  /** @throws UserError of opening models and making sounds, "making-cancelled". */
  make(model: ModelPlace, request: SoundRequest, tools?: MakeTools): Promise<MadeSamples>;
  close(): Promise<void>;
}

interface Waiting {
  settle(reply: Exclude<MakerReply, { share: number }>): void;
  fail(error: Error): void;
  onProgress?(share: number): void;
}

/** The thread starts with the first job, and again where it died. */
export function openSoundMaker(engine: MakerEngine): SoundMaker {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let count = 0;

  function workerNow(): Worker {
    if (worker !== undefined) return worker;
    const started = startWorker(engine);
    started.unref();
    started.on("message", (reply: MakerReply) => hear(reply, waiting));
    const over = (error: Error): void => {
      if (worker === started) worker = undefined;
      for (const one of waiting.values()) one.fail(error);
      waiting.clear();
    };
    started.on("error", over);
    started.on("exit", (code) =>
      over(new Error(`The thread that makes sounds ended with ${code}`)),
    );
    worker = started;
    return started;
  }

  function ask(
    job: (id: number) => MakerJob,
    { signal, onProgress }: MakeTools = {},
  ): Promise<Exclude<MakerReply, { share: number }>> {
    count += 1;
    const id = count;
    return new Promise((resolve, reject) => {
      const cancel = (): void => worker?.postMessage({ id, kind: "cancel" } satisfies MakerJob);
      const over = (): void => signal?.removeEventListener("abort", cancel);
      waiting.set(id, {
        settle: (reply) => {
          over();
          if ("failure" in reply) reject(errorOf(reply.failure));
          else resolve(reply);
        },
        fail: (error) => {
          over();
          reject(error);
        },
        ...(onProgress && { onProgress }),
      });
      workerNow().postMessage(job(id));
      signal?.addEventListener("abort", cancel, { once: true });
      if (signal?.aborted) cancel();
    });
  }

  return {
    describe: async (model) => {
      const reply = await ask((id) => ({ id, kind: "describe", model }));
      if ("described" in reply) return reply.described;
      throw new Error("The thread that makes sounds answered something else");
    },
    analyze: async (model, tools) => {
      const reply = await ask((id) => ({ id, kind: "analyze", model }), tools);
      if ("described" in reply) return reply.described;
      throw new Error("The thread that makes sounds answered something else");
    },
    make: async (model, request, tools) => {
      const reply = await ask((id) => ({ id, kind: "make", model, request }), tools);
      if ("made" in reply) return reply.made;
      throw new Error("The thread that makes sounds answered something else");
    },
    close: async () => {
      await worker?.terminate();
    },
  };
}

function hear(reply: MakerReply, waiting: Map<number, Waiting>): void {
  const asked = waiting.get(reply.id);
  if ("share" in reply) {
    asked?.onProgress?.(reply.share);
    return;
  }
  waiting.delete(reply.id);
  asked?.settle(reply);
}

function errorOf({ message, stack, user }: MakerFailure): Error {
  if (user !== undefined) return new UserError({ message, ...user });
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** Workers run compiled code: Node 20 cannot load TypeScript into one. */
function startWorker(engine: MakerEngine): Worker {
  const fromSource = import.meta.url.endsWith(".ts");
  const folder = fromSource ? "../../../program/" : "./";
  const url = new URL(`${folder}maker-worker.node.js`, import.meta.url);
  if (url.protocol === "file:" && !existsSync(url)) {
    throw new Error(`Cannot make sounds: "${url.pathname}" is missing, run the build`);
  }
  return new Worker(url, { workerData: engine });
}
