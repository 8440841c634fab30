/** A sound to start from, as a request holds it: its latents. */

import { UserError } from "../../errors.ts";
import { decodeBytes } from "../audio/codecs/decode.ts";
import { durationSeconds, type Sound } from "../audio/sound.ts";
import type { Codec } from "../latent/codec.ts";
import { modelMono } from "../latent/sound-model.ts";
import type { Model } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import { framesOfSound } from "../model/sound-frames.ts";
import type { StartRequest } from "./sound-request.ts";

/** A model that hears. */
interface Listener {
  readonly codec: Codec;
  readonly model: Model;
}

const SECONDS_MOST = 30;

/**
 * Encodes a sound of any rate and number of channels, for `SoundRequest.from`.
 *
 * @param name What people know it by: the name of its file.
 * @throws UserError "start-unfit" (exit code 2).
 */
export async function startOfSound(
  sound: Sound,
  name: string,
  { codec, model }: Listener,
): Promise<StartRequest> {
  const seconds = durationSeconds(sound);
  if (seconds > SECONDS_MOST) {
    throw unfit(name, `it lasts ${seconds.toFixed(1)} s, need at most ${SECONDS_MOST}`);
  }
  const isHeard = sound.channels.some((samples) => samples.some((value) => value !== 0));
  if (!isHeard) throw unfit(name, "it is silent");
  const { means } = await codec.encode(model, framesOfSound(modelMono(sound)));
  return { name, model: await modelIdentity(model), rows: textOfRows(means) };
}

/**
 * The same of a file's bytes, in any format that étude reads by itself.
 *
 * @throws UserError "start-not-read" and those of `startOfSound` (exit code 2).
 */
export async function startOfBytes(
  bytes: Uint8Array,
  name: string,
  listener: Listener,
): Promise<StartRequest> {
  const outcome = await decodeBytes(bytes);
  if (outcome.ok) return startOfSound(outcome.sound, name, listener);
  throw new UserError({
    code: "start-not-read",
    message: `Cannot start from "${name}": ${outcome.message}`,
    hint: "Give a recording, such as a WAV or FLAC file.",
    exitCode: 2,
  });
}

/**
 * What `generate` starts from.
 *
 * @throws UserError "start-other-model" (exit code 2), for the latents of one model mean nothing in
 *   another; "start-unfit" for damaged ones.
 */
export async function rowsOfStart(
  { name, model: made, rows }: StartRequest,
  { codec, model }: Listener,
): Promise<Float32Array> {
  if ((await modelIdentity(model)) !== made) {
    throw new UserError({
      code: "start-other-model",
      message: `Cannot start from "${name}": it was encoded by another model, ${made.slice(0, 12)}`,
      hint: `Give the recording again: --from ${name}.`,
      exitCode: 2,
    });
  }
  const values = rowsOfText(rows);
  const isWhole = values.length > 0 && values.length % codec.latentSize === 0;
  if (isWhole && values.every(Number.isFinite)) return values;
  throw unfit(name, "what was kept of it is damaged");
}

function unfit(name: string, found: string): UserError {
  return new UserError({
    code: "start-unfit",
    message: `Cannot start from "${name}": ${found}`,
    hint: "Give one sound, or a phrase of a few.",
    exitCode: 2,
  });
}

/** Base64 of little-endian 32-bit floats. */
function textOfRows(rows: Float32Array): string {
  const view = new DataView(new ArrayBuffer(rows.length * 4));
  for (const [i, value] of rows.entries()) view.setFloat32(4 * i, value, true);
  let text = "";
  for (const byte of new Uint8Array(view.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}

function rowsOfText(text: string): Float32Array {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) =>
    view.getFloat32(4 * i, true),
  );
}
