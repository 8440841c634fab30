/**
 * The thread that makes sounds: models stay open between two sounds, and whoever waits for one
 * never waits for another's computation.
 */

import { stat } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf, UserError } from "../../errors.ts";
import { nodeClock } from "../../host.node.ts";
import { type Codec, openCodec } from "../latent/codec.ts";
import type { Model } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { openModel } from "../train/open-model.node.ts";
import { runPaths } from "../train/run-folder.node.ts";
import { analyzeFile } from "./analyze-file.node.ts";
import { aboutSounds } from "./generate-files.node.ts";
import { makeSound } from "./make-sound.ts";
import type {
  MadeSamples,
  MakerEngine,
  MakerFailure,
  MakerJob,
  MakerReply,
  ModelPlace,
  VoiceFacts,
} from "./maker-jobs.ts";

interface OpenVoice {
  /** Another one where the file has changed. */
  readonly stamp: string;
  readonly model: Model;
  readonly codec: Codec;
  readonly runtime: Runtime;
}

/** Models of some megabytes each. */
const OPEN_MAX = 4;

const voices = new Map<string, Promise<OpenVoice>>();
const cancelled = new Set<number>();
let runtime: Promise<Runtime> | undefined;
/** One after the other: two at once would only take turns. */
let turn: Promise<void> = Promise.resolve();

parentPort?.on("message", (job: MakerJob) => {
  if (job.kind === "cancel") {
    cancelled.add(job.id);
    return;
  }
  turn = turn.then(() => answer(job));
});

async function answer(job: Exclude<MakerJob, { kind: "cancel" }>): Promise<void> {
  const { id } = job;
  try {
    requireWanted(id);
    const voice = await voiceOf(job.model);
    requireWanted(id);
    if (job.kind === "analyze") {
      const { signal } = new AbortController();
      await analyzeFile(
        job.model.path,
        {},
        {
          runtime: voice.runtime,
          signal,
          onProgress: (share) => {
            requireWanted(id);
            tell({ id, share });
          },
        },
      );
      tell({ id, described: await factsOf(await voiceOf(job.model)) });
      return;
    }
    if (job.kind === "describe") {
      tell({ id, described: await factsOf(voice) });
      return;
    }
    const startedMs = nodeClock.nowMs();
    const sound = await makeSound(voice, job.request, (share) => {
      requireWanted(id);
      tell({ id, share });
    });
    const channels = sound.channels.map((samples) => new Float32Array(samples));
    const tookMs = Math.round(nodeClock.nowMs() - startedMs);
    const about = await aboutSounds(voice.model, voice.runtime);
    const made: MadeSamples = { about, sampleRate: sound.sampleRate, channels, tookMs };
    tell(
      { id, made },
      channels.map(({ buffer }) => buffer),
    );
  } catch (error) {
    tell({ id, failure: failureOf(error) });
  } finally {
    cancelled.delete(id);
  }
}

function requireWanted(id: number): void {
  if (!cancelled.has(id)) return;
  throw new UserError({
    code: "making-cancelled",
    message: "The sound is not made: it was cancelled",
    hint: "Ask for it again.",
  });
}

async function voiceOf({ path, name }: ModelPlace): Promise<OpenVoice> {
  const stamp = await stampOf(path);
  const known = voices.get(path);
  const kept = await known?.catch(() => undefined);
  if (kept?.stamp === stamp) return named(kept, name);
  voices.delete(path);
  await kept?.codec.release();
  const opening = open(path, stamp);
  voices.set(path, opening);
  opening.catch(() => voices.delete(path));
  const [oldest] = voices.keys();
  if (voices.size > OPEN_MAX && oldest !== undefined) {
    const old = await voices.get(oldest);
    voices.delete(oldest);
    await old?.codec.release();
  }
  return named(await opening, name);
}

async function open(path: string, stamp: string): Promise<OpenVoice> {
  const { device: kind, threads } = workerData as MakerEngine;
  runtime ??= openRuntime({ kind, threads });
  const opened = await runtime;
  const { signal } = new AbortController();
  const model = await openModel(path, { runtime: opened, signal });
  return {
    stamp,
    model,
    codec: await openCodec(opened, model.recipe, model.layout),
    runtime: opened,
  };
}

function named(voice: OpenVoice, name: string | undefined): OpenVoice {
  if (name === undefined) return voice;
  const { model } = voice;
  return { ...voice, model: { ...model, description: { ...model.description, name } } };
}

/** Of the file that the model would be read from. */
async function stampOf(path: string): Promise<string> {
  const { model, best } = runPaths(path);
  for (const file of [model, best, path]) {
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined) return `${file} ${found.size} ${found.mtimeMs}`;
  }
  return "";
}

async function factsOf({ model, codec }: OpenVoice): Promise<VoiceFacts> {
  const { description, analysis } = model;
  return {
    description,
    sha256: await modelIdentity(model),
    ...(analysis && { analysis }),
    hasPitch: codec.conditions.includes("pitch"),
  };
}

function tell(reply: MakerReply, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(reply, transfer);
}

function failureOf(error: unknown): MakerFailure {
  const message = messageOf(error);
  if (error instanceof UserError) {
    const { code, hint, exitCode } = error;
    return { message, user: { code, hint, exitCode } };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  return { message, ...(stack !== undefined && { stack }) };
}
