/** Makes sounds in a thread of its own, in which models stay open from one sound to the next. */

import type { Worker } from "node:worker_threads";
import type { Sound } from "../audio/sound.ts";
import type { Ancestors } from "./ancestors.ts";
import type { WriteInstrumentOptions, WrittenInstrument } from "./instrument/instrument-plan.ts";
import type {
  AnalysisHelp,
  MadeSamples,
  MakerEngine,
  MakerJob,
  MakerReply,
  ModelPlace,
  VoiceFacts,
} from "./maker-jobs.ts";
import type { SoundRequest, StartRequest } from "./sound-request.ts";
import { startThread } from "./start-thread.node.ts";
import { errorOf } from "./thread-failure.ts";

export interface MakeTools {
  /** Stops the making; what was begun is thrown away. */
  readonly signal?: AbortSignal;
  onProgress?(share: number): void;
}

export interface SoundMaker {
  /** @throws UserError of opening models. */
  describe(model: ModelPlace): Promise<VoiceFacts>;
  /** Measures the controls of a model and writes them into its file, which takes a while. */
  analyze(model: ModelPlace, by: AnalysisHelp, tools?: MakeTools): Promise<VoiceFacts>;
  /** @throws UserError of opening models and making sounds, "making-cancelled". */
  make(model: ModelPlace, request: SoundRequest, tools?: MakeTools): Promise<MadeSamples>;
  /** The file of a model, with the latents of its recordings, also while it still learns. */
  file(model: ModelPlace, tools?: MakeTools): Promise<Uint8Array>;
  /** See `startOfBytes`. */
  hear(
    model: ModelPlace,
    file: { readonly bytes: Uint8Array; readonly name: string },
  ): Promise<StartRequest>;
  /** @param names Of recordings, by their SHA-256. */
  ancestors(
    model: ModelPlace,
    of: { readonly sound: Sound; readonly names: ReadonlyMap<string, string> },
  ): Promise<Ancestors>;
  /** See `writeInstrument`. */
  instrument(
    model: ModelPlace,
    options: WriteInstrumentOptions,
    tools?: MakeTools,
  ): Promise<WrittenInstrument>;
  close(): Promise<void>;
}

interface Waiting {
  settle(reply: Reply): void;
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
    const started = startThread("maker-worker.node", "make sounds", engine);
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
  ): Promise<Reply> {
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
    ...asking(ask),
    close: async () => {
      await worker?.terminate();
    },
  };
}

type Ask = (job: (id: number) => MakerJob, tools?: MakeTools) => Promise<Reply>;
type Reply = Exclude<MakerReply, { share: number }>;

function asking(ask: Ask): Omit<SoundMaker, "close"> {
  return {
    describe: async (model) => {
      const reply = await ask((id) => ({ id, kind: "describe", model }));
      return "described" in reply ? reply.described : somethingElse();
    },
    analyze: async (model, by, tools) => {
      const reply = await ask((id) => ({ id, kind: "analyze", model, by }), tools);
      return "described" in reply ? reply.described : somethingElse();
    },
    make: async (model, request, tools) => {
      const reply = await ask((id) => ({ id, kind: "make", model, request }), tools);
      return "made" in reply ? reply.made : somethingElse();
    },
    file: async (model, tools) => {
      const reply = await ask((id) => ({ id, kind: "file", model }), tools);
      return "file" in reply ? reply.file : somethingElse();
    },
    hear: async (model, file) => {
      const reply = await ask((id) => ({ id, kind: "hear", model, ...file }));
      return "heard" in reply ? reply.heard : somethingElse();
    },
    ancestors: async (model, of) => {
      const reply = await ask((id) => ({ id, kind: "ancestors", model, ...of }));
      return "ancestors" in reply ? reply.ancestors : somethingElse();
    },
    instrument: async (model, options, tools) => {
      const reply = await ask((id) => ({ id, kind: "instrument", model, options }), tools);
      return "instrument" in reply ? reply.instrument : somethingElse();
    },
  };
}

function somethingElse(): never {
  throw new Error("The thread that makes sounds answered something else");
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
