/**
 * The thread that makes sounds: models stay open between two sounds, and
 * the server stays responsive.
 */

import { stat } from "node:fs/promises";
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { UserError } from "../../errors.ts";
import { nodeClock } from "../../host.node.ts";
import { type Codec, openCodec } from "../latent/codec.ts";
import { usualModeOf } from "../latent/generate.ts";
import { type Model, writeModel } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { newestModelIn, openModel, rememberedFrames } from "../train/open-model.node.ts";
import { analyzeFile } from "./analyze-file.node.ts";
import { ancestorsOf } from "./ancestors.ts";
import { aboutSounds } from "./generate-files.node.ts";
import { writeInstrument } from "./instrument/write-instrument.node.ts";
import { makeSound } from "./make-sound.ts";
import type {
  MadeSamples,
  MakerEngine,
  MakerJob,
  MakerReply,
  ModelPlace,
  VoiceFacts,
} from "./maker-jobs.ts";
import type { SoundRequest } from "./sound-request.ts";
import { startOfBytes } from "./start-sound.ts";
import { failureOf } from "./thread-failure.ts";

interface OpenVoice {
  /** Another one where the file has changed. */
  readonly stamp: string;
  readonly model: Model;
  readonly codec: Codec;
  readonly runtime: Runtime;
}

/** As nice as a program that runs in the background. */
const PATIENT = 10;

/** Models of some megabytes each. */
const OPEN_MAX = 4;

const { device: kind, threads, isPatient = false } = workerData as MakerEngine;
const voices = new Map<string, Promise<OpenVoice>>();
const learnedFrames = rememberedFrames();
const cancelled = new Map<number, AbortController>();
let runtime: Promise<Runtime> | undefined;
/** One after the other: two at once would only take turns. */
let turn: Promise<void> = Promise.resolve();

// On Linux each thread has a priority of its own; elsewhere the whole program would be slowed down.
if (isPatient && process.platform === "linux") setPriority(PATIENT);

type Work = Exclude<MakerJob, { kind: "cancel" }>;

parentPort?.on("message", (job: MakerJob) => {
  if (job.kind === "cancel") {
    cancelled.get(job.id)?.abort(notMade());
    return;
  }
  const stop = new AbortController();
  cancelled.set(job.id, stop);
  turn = turn.then(() => answer(job, stop.signal));
});

async function answer(job: Work, signal: AbortSignal): Promise<void> {
  const { id } = job;
  try {
    signal.throwIfAborted();
    const voice = await voiceOf(job.model, signal);
    signal.throwIfAborted();
    const onProgress = (share: number): void => {
      signal.throwIfAborted();
      post({ id, share });
    };
    await work(job, voice, { signal, onProgress });
  } catch (error) {
    post({ id, failure: failureOf(error) });
  } finally {
    cancelled.delete(id);
  }
}

interface WorkTools {
  readonly signal: AbortSignal;
  onProgress(share: number): void;
}

async function work(job: Work, voice: OpenVoice, tools: WorkTools): Promise<void> {
  const { id } = job;
  const { runtime: on, model } = voice;
  switch (job.kind) {
    case "describe":
      post({ id, described: await factsOf(voice) });
      return;
    case "analyze":
      await analyzeFile(job.model.path, {}, { runtime: on, ...job.by, ...tools });
      post({ id, described: await factsOf(await voiceOf(job.model, tools.signal)) });
      return;
    case "file": {
      const file = await writeModel(model);
      post({ id, file }, [file.buffer]);
      return;
    }
    case "hear":
      post({ id, heard: await startOfBytes(job.bytes, job.name, voice) });
      return;
    case "ancestors":
      post({ id, ancestors: await ancestorsOf(job.sound, voice, job.names) });
      return;
    case "instrument": {
      const onSample = (done: number, total: number): void => tools.onProgress(done / total);
      const { signal } = tools;
      const instrument = await writeInstrument(model, job.options, {
        runtime: on,
        signal,
        onSample,
      });
      post({ id, instrument });
      return;
    }
    case "make": {
      const made = await madeOf(voice, job.request, tools);
      post(
        { id, made },
        made.channels.map(({ buffer }) => buffer),
      );
    }
  }
}

async function madeOf(
  voice: OpenVoice,
  request: SoundRequest,
  { onProgress }: WorkTools,
): Promise<MadeSamples> {
  const startedMs = nodeClock.nowMs();
  const sound = await makeSound(voice, request, onProgress);
  const channels = sound.channels.map((samples) => new Float32Array(samples));
  const tookMs = Math.round(nodeClock.nowMs() - startedMs);
  const about = await aboutSounds(voice.model, voice.runtime);
  return { about, sampleRate: sound.sampleRate, channels, tookMs };
}

function notMade(): UserError {
  return new UserError({
    code: "making-cancelled",
    message: "The sound is not made: it was cancelled",
    hint: "Ask for it again.",
  });
}

async function voiceOf({ path, name }: ModelPlace, signal: AbortSignal): Promise<OpenVoice> {
  const stamp = await stampOf(path);
  const known = voices.get(path);
  const kept = await known?.catch(() => undefined);
  if (kept?.stamp === stamp) return named(kept, name);
  voices.delete(path);
  await kept?.codec.release();
  const opening = open(path, { stamp, signal });
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

async function open(
  path: string,
  { stamp, signal }: { readonly stamp: string; readonly signal: AbortSignal },
): Promise<OpenVoice> {
  runtime ??= openRuntime({ kind, threads });
  const opened = await runtime;
  const model = await openModel(path, { runtime: opened, signal, learnedFrames });
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
  const file = (await newestModelIn(path)) ?? path;
  const found = await stat(file).catch(() => undefined);
  return found === undefined ? "" : `${file} ${found.size} ${found.mtimeMs}`;
}

async function factsOf({ model, codec }: OpenVoice): Promise<VoiceFacts> {
  const { description, analysis } = model;
  return {
    description,
    sha256: await modelIdentity(model),
    ...(analysis && { analysis }),
    hasPitch: codec.conditions.includes("pitch"),
    usualMode: await usualModeOf(codec, model),
  };
}

function post(reply: MakerReply, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(reply, transfer);
}
