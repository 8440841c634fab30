/** One recording from disk. */

import { readFile } from "node:fs/promises";
import { messageOf, UserError } from "../../../errors.ts";
import type { Sound } from "../sound.ts";
import { decodeBytes } from "./decode.ts";

/**
 * Reads a WAV, AIFF, CAF, FLAC, Ogg (Vorbis, Opus, FLAC) or MP3 file, whatever its name.
 *
 * It is decoded in this thread: of files from strangers, one that hangs a decoder hangs the program.
 *
 * @returns The channels at the file's own rate, nominally in [-1, 1].
 * @throws UserError "sound-not-read" (exit code 2).
 * @example
 * const { sampleRate, channels } = await readSound("bell.flac");
 */
export async function readSound(path: string): Promise<Sound> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw notRead(path, messageOf(cause), cause);
  });
  const outcome = await decodeBytes(bytes);
  if (!outcome.ok) throw notRead(path, outcome.message);
  return outcome.sound;
}

function notRead(path: string, reason: string, cause?: unknown): UserError {
  return new UserError({
    code: "sound-not-read",
    message: `Cannot read the recording "${path}": ${reason}`,
    hint: "Give a WAV, AIFF, CAF, FLAC, Ogg or MP3 file.",
    exitCode: 2,
    cause,
  });
}
