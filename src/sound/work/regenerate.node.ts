/** Makes a sound again from what is known of it. */

import { readFile } from "node:fs/promises";
import { join, parse } from "node:path";
import { messageOf, UserError } from "../../errors.ts";
import { programName } from "../../package-name.node.ts";
import type { Sound } from "../audio/sound.ts";
import { openCodec } from "../latent/codec.ts";
import { modelPaths, readModels } from "../library/model-library.node.ts";
import type { Model } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { type FoundModel, findModel, type ModelPlaces, openFoundModel } from "./find-model.node.ts";
import { makeSound } from "./make-sound.ts";
import { audioHash, readSoundRecord, type SoundRecord } from "./sound-record.ts";
import { unknownFields } from "./sound-request.ts";

export interface Regenerated {
  readonly sound: Sound;
  readonly model: Model;
  /** Whether every sample is the same as when it was first made. */
  readonly isSame: boolean;
  /** Why it is another sound: phrases without a full stop; empty if it is the same. */
  readonly reasons: readonly string[];
}

export interface RegenerateTools {
  /** Where its model is looked for. */
  readonly places: ModelPlaces;
  /** Another model than the one it was made with: a name, an id, a run folder or a file. */
  readonly model?: string;
  readonly signal: AbortSignal;
  onProgress?(share: number): void;
}

/**
 * On the runtime and number of threads that made it, so that it comes out the same.
 *
 * @throws UserError "sound-needs-newer" where the request asks for what this program does not know,
 *   "sound-model-gone", and those of opening models.
 */
export async function regenerate(
  record: SoundRecord,
  { places, model: given, signal, onProgress }: RegenerateTools,
): Promise<Regenerated> {
  requireKnown(record);
  const found =
    given === undefined ? modelOfRecord(record, places) : await findModel(places, given);
  const { runtime: kind, threads } = record.engine;
  const runtime = await openRuntime({ kind, threads }).catch(() => openRuntime({ threads }));
  const model = await openFoundModel(found, { runtime, signal });
  const codec = await openCodec(runtime, model.recipe, model.layout);
  try {
    const sound = await makeSound({ codec, model }, record.request, onProgress);
    const isSame = (await audioHash(sound)) === record.audio.sha256;
    const reasons = isSame ? [] : await differences(record, model, runtime);
    return { sound, model, isSame, reasons };
  } finally {
    await codec.release();
  }
}

/**
 * What lies beside a sound.
 *
 * @param path The sound, or its NAME.json.
 * @throws UserError "sound-record-missing", and those of `readSoundRecord` (exit code 2).
 */
export async function recordBeside(path: string): Promise<SoundRecord> {
  const { dir, name, ext } = parse(path);
  const sidecar = ext.toLowerCase() === ".json" ? path : join(dir, `${name}.json`);
  const text = await readFile(sidecar, "utf8").catch((cause: unknown) => {
    throw new UserError({
      code: "sound-record-missing",
      message: `Cannot read what is known of "${path}": ${messageOf(cause)}`,
      hint: "Give a sound that étude made, with its NAME.json beside it, or that file.",
      exitCode: 2,
      cause,
    });
  });
  return readSoundRecord(parsed(text), sidecar);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function requireKnown({ request, program, isPlayed }: SoundRecord): void {
  if (isPlayed) {
    throw new UserError({
      code: "sound-played",
      message: "Cannot make the sound again: it was played by hand, and what was played is gone",
      hint: "Play it again with `etude studio`.",
    });
  }
  const unknown = unknownFields(request);
  if (unknown.length === 0) return;
  throw new UserError({
    code: "sound-needs-newer",
    message: `Cannot make the sound again: it was made by ${program} with ${unknown.join(", ")}, which this version does not know`,
    hint: "Update etude.",
  });
}

/** @throws UserError "sound-model-gone" where it is not in the library (exit code 2). */
export function modelOfRecord({ model }: SoundRecord, { settings }: ModelPlaces): FoundModel {
  const library = settings.paths.models;
  const manifest = readModels(library).find(({ sha256 }) => sha256 === model.sha256);
  if (manifest !== undefined) return { path: modelPaths(library, manifest.id).model, manifest };
  throw new UserError({
    code: "sound-model-gone",
    message: `Cannot make the sound again: its model "${model.name}" (${model.sha256.slice(0, 12)}) is not in the library`,
    hint: "Take it in with `etude model import`, or name it with --model.",
    exitCode: 2,
  });
}

async function differences(
  { model: made, program, engine }: SoundRecord,
  model: Model,
  runtime: Runtime,
): Promise<string[]> {
  const reasons: string[] = [];
  const identity = await modelIdentity(model);
  if (identity !== made.sha256) {
    reasons.push(`it was made with another model, ${made.sha256.slice(0, 12)} ("${made.name}")`);
  }
  const now = await programName();
  if (now !== program) reasons.push(`it was made by ${program}, this is ${now}`);
  if (runtime.kind !== engine.runtime) {
    reasons.push(`it was made by the ${engine.runtime} runtime, this is ${runtime.kind}`);
  }
  if (runtime.threads !== engine.threads) {
    reasons.push(`it was made by ${engine.threads} threads, these are ${runtime.threads}`);
  }
  if (reasons.length === 0) reasons.push("this processor, or this build of it, rounds differently");
  return reasons;
}
