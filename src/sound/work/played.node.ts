/** Adds recordings of live playing to the history. */

import { UserError } from "../../errors.ts";
import { programName } from "../../package-name.node.ts";
import { decodeBytes } from "../audio/codecs/decode.ts";
import type { HistoryFacts } from "../library/history-entry.ts";
import { rememberSound, requireTitle } from "./history.node.ts";
import { audioFacts, type ModelReference, type SoundRecord } from "./sound-record.ts";
import type { SoundRequest } from "./sound-request.ts";

export interface Played {
  /** A file of sound. */
  readonly bytes: Uint8Array;
  readonly title: string;
  /** That it was played on. */
  readonly model: ModelReference;
  /** Where its controls and its seed stood in the end: what one goes on from. */
  readonly request: SoundRequest;
}

/**
 * Keeps what was played, as it was heard.
 *
 * @throws UserError "played-not-read", "sound-title" (exit code 2), and those of writing.
 */
export async function rememberPlayed(
  history: string,
  { bytes, title, model, request }: Played,
  madeWallMs: number,
): Promise<HistoryFacts> {
  const outcome = await decodeBytes(bytes);
  if (!outcome.ok) {
    throw new UserError({
      code: "played-not-read",
      message: `Cannot keep what was played: ${outcome.message}`,
      hint: "Record it again.",
    });
  }
  const { sound } = outcome;
  const name = requireTitle(title);
  const record: SoundRecord = {
    format: "etude-sound",
    version: 1,
    program: await programName(),
    model,
    request,
    title: name,
    isPlayed: true,
    // The page plays by WebAssembly.
    engine: { runtime: "wasm", threads: 1 },
    madeWallMs,
    audio: await audioFacts(sound),
    file: { name: `${name}.wav`, format: "wav", encoding: "float32" },
  };
  return rememberSound(history, { sound, record });
}
