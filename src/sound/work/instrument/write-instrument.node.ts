/** An instrument into a folder: its samples, and a file for each kind of sampler. */

import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, makePrivateFolder, notWritten, replaceFile } from "../../../files.node.ts";
import { sha256Of } from "../../../sha256.ts";
import { decodeBytes } from "../../audio/codecs/decode.ts";
import { instrumentChunk, samplerChunk } from "../../audio/codecs/wav-music-chunks.ts";
import { writeAudio } from "../../audio/codecs/write-audio.ts";
import { decentSamplerText } from "../../audio/instrument/decent-sampler.ts";
import { MULTISAMPLE_XML, multisampleText } from "../../audio/instrument/multisample.ts";
import type { MappedSample, SampleMap } from "../../audio/instrument/sample-map.ts";
import { soundFont } from "../../audio/instrument/sf2.ts";
import { sfzText } from "../../audio/instrument/sfz.ts";
import { zipStore } from "../../audio/instrument/zip-store.ts";
import { openCodec } from "../../latent/codec.ts";
import type { Model } from "../../model/model-file.ts";
import { modelIdentity } from "../../model/model-identity.ts";
import type { Runtime } from "../../tensor/runtime.ts";
import { fileSafe } from "../file-safe.ts";
import { requireLatents } from "../make-sound.ts";
import { type FinishedSample, finishedSamples } from "./finished-samples.node.ts";
import {
  type InstrumentFormat,
  type PlannedSample,
  planInstrument,
  type WriteInstrumentOptions,
  type WrittenInstrument,
} from "./instrument-plan.ts";
import { type RenderedSample, requestOf, sampleRenderer } from "./render-samples.ts";

export interface InstrumentTools {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  /** @param kept How many of them were there already. */
  onSample?(done: number, total: number, kept: number): void;
}

/** Time that a note takes to die away after its key. */
const RELEASE_SECONDS = 0.25;
const SAMPLE_FOLDER = "samples";
/** Another number where the same request gives other samples. */
const RECIPE = 2;

/**
 * Writes an instrument. Where it is stopped, what was finished stays, and is not made again.
 *
 * @throws UserError "model-unfinished", "model-mute", those of writing files; the signal's reason
 *   when it aborts.
 */
export async function writeInstrument(
  model: Model,
  options: WriteInstrumentOptions,
  { runtime, signal, onSample }: InstrumentTools,
): Promise<WrittenInstrument> {
  requireLatents(model);
  const plan = planInstrument(options);
  const sampleFolder = join(options.folder, SAMPLE_FOLDER);
  await makePrivateFolder(options.folder).catch((cause: unknown) => {
    throw notWritten(options.folder, cause);
  });
  await makeFolder(sampleFolder);
  const identity = await modelIdentity(model);
  const finished = await finishedSamples(sampleFolder);
  const codec = await openCodec(runtime, model.recipe, model.layout);
  const samples: MappedSample[] = [];
  let kept = 0;
  try {
    const renderer = sampleRenderer({ codec, model }, options);
    for (const planned of plan) {
      signal.throwIfAborted();
      const key = await sampleKey(planned, options, identity);
      const known = finished.get(planned.file, key);
      if (known !== undefined) kept += 1;
      const made = known ?? {
        ...(await writeSample(sampleFolder, await renderer.render(planned), options)),
        key,
      };
      if (known === undefined) await finished.add(made);
      samples.push(mapped(planned, made, options));
      onSample?.(samples.length, plan.length, kept);
    }
  } finally {
    await codec.release();
    await finished.close();
  }
  const { name, roundRobins } = options;
  const map: SampleMap = { name, roundRobins, releaseSeconds: RELEASE_SECONDS, samples };
  const files: string[] = [];
  for (const format of options.formats) {
    signal.throwIfAborted();
    const path = join(options.folder, `${fileSafe(name)}.${format}`);
    await writers[format](path, map, sampleFolder);
    files.push(path);
  }
  return { folder: options.folder, samples: samples.length, kept, files };
}

/** What a sample is made of: the same key, the same sample. */
async function sampleKey(
  planned: PlannedSample,
  options: WriteInstrumentOptions,
  identity: string,
): Promise<string> {
  const { velocities, loops, secondsMax, encoding, request } = options;
  const made = { identity, recipe: RECIPE, request: requestOf(options, planned.roundRobin) };
  const shape = { velocities, loops, secondsMax, encoding, sampleRate: request.sampleRate };
  return sha256Of(new TextEncoder().encode(JSON.stringify({ ...made, ...shape, planned })));
}

async function writeSample(
  folder: string,
  { planned, samples, loop }: RenderedSample,
  { request, encoding, name }: WriteInstrumentOptions,
): Promise<Omit<FinishedSample, "key">> {
  const { sampleRate } = request;
  const { rootKey, file } = planned;
  const bytes = await writeAudio(
    { sampleRate, channels: [samples] },
    {
      format: "wav",
      encoding,
      tags: { title: file.replace(/\.wav$/, ""), artist: "étude", album: name },
      chunks: [
        samplerChunk(sampleRate, { rootKey }, loop ? [loop] : []),
        instrumentChunk({ ...planned, rootKey }),
      ],
    },
  );
  await replaceFile(join(folder, file), bytes);
  return { file, bytes: bytes.length, length: samples.length, ...(loop && { loop }) };
}

function mapped(
  planned: PlannedSample,
  { length, loop }: Omit<FinishedSample, "key">,
  { request }: WriteInstrumentOptions,
): MappedSample {
  const { layer: _, ...place } = planned;
  return { ...place, sampleRate: request.sampleRate, length, ...(loop && { loop }) };
}

type WriteFormat = (path: string, map: SampleMap, sampleFolder: string) => Promise<void>;

const writers: { readonly [F in InstrumentFormat]: WriteFormat } = {
  sfz: (path, map) => replaceFile(path, sfzText(map, SAMPLE_FOLDER)),
  dspreset: (path, map) => replaceFile(path, decentSamplerText(map, SAMPLE_FOLDER)),
  multisample: writeZip,
  sf2: async (path, map, sampleFolder) =>
    replaceFile(path, await soundFont(map, ({ file }) => samplesOf(join(sampleFolder, file)))),
};

async function samplesOf(path: string): Promise<Float32Array> {
  const outcome = await decodeBytes(await readFile(path));
  if (!outcome.ok) throw new Error(`Cannot read the sample "${path}": ${outcome.message}`);
  return outcome.sound.channels[0] ?? new Float32Array(0);
}

/** One sample after another: all of them together may not fit into memory. */
async function writeZip(path: string, map: SampleMap, sampleFolder: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      const zip = zipStore();
      const put = async (parts: readonly Uint8Array[]): Promise<void> => {
        for (const part of parts) await file.writeFile(part);
      };
      await put(zip.add(MULTISAMPLE_XML, new TextEncoder().encode(multisampleText(map))));
      for (const sample of map.samples) {
        await put(zip.add(sample.file, await readFile(join(sampleFolder, sample.file))));
      }
      await put(zip.end());
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw notWritten(path, cause);
  }
}
