/** Makes a sound again from what is known of it. */

import { readFile } from "node:fs/promises";
import { join, parse } from "node:path";
import { messageOf, UserError } from "../../errors.ts";
import { programName } from "../../package-name.node.ts";
import type { Sound } from "../audio/sound.ts";
import type { Model } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime } from "../tensor/runtime.ts";
import type { ModelPlaces } from "./find-model.node.ts";
import { openMaker } from "./maker-of-record.node.ts";
import { audioHash, readSoundRecord, type SoundRecord } from "./sound-record.ts";
import { unknownFields } from "./sound-request.ts";

export interface Regenerated {
  readonly sound: Sound;
  /** Whether every sample is the same as when it was first made. */
  readonly isSame: boolean;
  /** Why it is another sound: phrases without a full stop; empty if it is the same. */
  readonly reasons: readonly string[];
}

export interface RegenerateTools {
  /** Where its model is looked for. */
  readonly places: ModelPlaces;
  /** Another model than the one it was made with; a blend has its own. See `openMaker`. */
  readonly model?: string;
  readonly signal: AbortSignal;
  onProgress?(share: number): void;
}

/**
 * On the runtime and number of threads that made it, so that it comes out the same.
 *
 * @throws UserError "sound-needs-newer" where the request asks for what this program does not know,
 *   and those of `openMaker`.
 */
export async function regenerate(
  record: SoundRecord,
  { places, model, signal, onProgress }: RegenerateTools,
): Promise<Regenerated> {
  requireKnown(record);
  const { runtime: kind, threads } = record.engine;
  const runtime = await openRuntime({ kind, threads }).catch(() => openRuntime({ threads }));
  const opening = { places, runtime, signal, ...(model !== undefined && { model }) };
  const maker = await openMaker(record, opening);
  try {
    const sound = await maker.make(record.request, onProgress);
    const isSame = (await audioHash(sound)) === record.audio.sha256;
    const reasons = isSame ? [] : await differences(record, maker.model, runtime);
    return { sound, isSame, reasons };
  } finally {
    await maker.release();
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
      message: `Cannot read the record of "${path}": ${messageOf(cause)}`,
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
