/** The outcome of decoding a file: a sound with warnings, or a reason why not. */

import type { Sound } from "../sound.ts";
import type { AudioFormat } from "./sniff.ts";

export type DecodeOutcome = DecodeSuccess | DecodeFailure;

export interface DecodeSuccess {
  readonly ok: true;
  readonly format: AudioFormat;
  readonly sound: Sound;
  /** What was odd but did not stop us. */
  readonly warnings: readonly DecodeWarning[];
}

export interface DecodeFailure {
  readonly ok: false;
  readonly code: DecodeFailureCode;
  /** A sentence without a full stop, starting in lower case: "the file is empty". */
  readonly message: string;
  /** Missing when the content was not recognised. */
  readonly format?: AudioFormat;
}

/** Stable, for scripts and tests; the wording of the message may change, these may not. */
export type DecodeFailureCode =
  /** No bytes at all. */
  | "empty"
  /** étude made it: a corpus is made of recordings. */
  | "made-here"
  /** The content is no known sound format. */
  | "not-audio"
  /** Sound, but in a container or a codec that is not decoded here. */
  | "unsupported-format"
  /** A header, and no sample after it. */
  | "no-samples"
  /** Cut off, and less than 50 ms of it are left. */
  | "truncated"
  /** More than 1 % of the samples are not numbers. */
  | "not-finite"
  | "zero-channels"
  | "zero-rate"
  /** A sample rate outside 1 to 768 kHz. */
  | "rate-out-of-range"
  /** Louder than 8 times full scale: bytes that were never samples, or a decoder out of sync. */
  | "absurd-peak"
  /** The decoder refused the content. */
  | "damaged"
  | "decoder-crashed"
  | "decoder-timeout"
  /** More bytes than can be decoded in memory. */
  | "too-large"
  /** The operating system refused access to the file. */
  | "unreadable";

export interface DecodeWarning {
  readonly code: DecodeWarningCode;
  /** A sentence without a full stop, starting in lower case. */
  readonly message: string;
}

export type DecodeWarningCode =
  /** The file is cut off; what is there is used. */
  | "truncated"
  /** Some samples were not numbers; they became 0. */
  | "not-finite"
  /** Stretches of the file are damaged and left out; the rest is used. */
  | "damaged"
  /** Read by the FFmpeg on the PATH: étude has no decoder for it. */
  | "by-ffmpeg"
  /** Rate or channels change inside the file. */
  | "format-change"
  /** A channel has reversed polarity, and was inverted before mixing. */
  | "reversed"
  /** The channels would cancel each other in a mix; the loudest one is used. */
  | "one-channel"
  /** A constant offset was taken out. */
  | "offset"
  /** Overdriven: flat at full scale. */
  | "clipped"
  /** Never louder than -60 dB. */
  | "quiet";

export function decodeFailure(
  code: DecodeFailureCode,
  message: string,
  format?: AudioFormat,
): DecodeFailure {
  return { ok: false, code, message, ...(format !== undefined && { format }) };
}

/** Thrown inside a reader that knows exactly what is wrong; `decodeBytes` turns it into a failure. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly code: DecodeFailureCode;

  constructor(code: DecodeFailureCode, message: string) {
    super(message);
    this.code = code;
  }
}
