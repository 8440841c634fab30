/** Messages between the decoder pool and its workers. */

import type { PreparedOutcome } from "../corpus/prepare.ts";
import type { DecodeFailure, DecodeOutcome } from "./decode-outcome.ts";

/** A file's name as text, or as the bytes that the disk holds, which need not be UTF-8. */
export type FilePath = string | Uint8Array;

export interface DecodeJob {
  readonly task: "decode" | "prepare";
  readonly path: FilePath;
  /** Rate of the prepared signal, in hertz. Unused when decoding. */
  readonly toHz: number;
}

/** Sent before a file is decoded, so that a long one is given more time. */
export interface SoundAhead {
  /** How long the sound lasts according to the file's header, if it says so. */
  readonly soundSeconds: number;
}

/** Sent while a long file is decoded and resampled. */
export interface ShareDone {
  readonly share: number;
}

/** The outcome of a job, and the size of the file (0 if it could not be read). */
export type JobReply<Outcome extends DecodeOutcome | PreparedOutcome> = {
  readonly bytes: number;
  readonly outcome: Outcome | DecodeFailure;
};
