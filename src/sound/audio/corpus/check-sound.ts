/**
 * Checks every decoded sound: for damaged files, decoders silently return empty results, zero
 * rates, NaN and peaks of millions. Nothing leaves `decodeBytes` unchecked.
 */

import { DecodeError, type DecodeWarning } from "../codecs/decode-outcome.ts";
import { peakOfChannels } from "../level.ts";
import { durationSeconds, lengthOf, type Sound } from "../sound.ts";

/** A cut-off file is used if at least this much of it is left: a one-shot can be that short. */
const TRUNCATED_SECONDS_MIN = 0.05;

/** Up to this share of samples that are not numbers is repaired; more means a damaged file. */
const NOT_FINITE_SHARE_MAX = 0.01;

/** Floating-point files may exceed 1 by some decibels (here +18 dB) and still be sound. */
const PEAK_MAX = 8;

const RATE_HZ_MIN = 1000;
const RATE_HZ_MAX = 768_000;

/** What a decoder returned, and what the file's header stated. */
export interface RawSound {
  readonly sound: Sound;
  /** True if the file ends before the length that its header states. */
  readonly truncated: boolean;
  /** Further warnings of its reader. */
  readonly notes?: readonly DecodeWarning[];
}

export interface CheckedSound {
  readonly sound: Sound;
  readonly warnings: readonly DecodeWarning[];
}

/**
 * Refuses what cannot be used and repairs what can: single samples that are not numbers become 0,
 * in place.
 *
 * @throws DecodeError with the reason.
 */
export function checkSound({ sound, truncated, notes = [] }: RawSound): CheckedSound {
  const length = lengthOf(sound);
  if (sound.channels.length === 0) {
    throw new DecodeError("zero-channels", "the file has no channels");
  }
  if (sound.sampleRate === 0) throw new DecodeError("zero-rate", "the sample rate is 0 Hz");
  if (!(sound.sampleRate >= RATE_HZ_MIN && sound.sampleRate <= RATE_HZ_MAX)) {
    throw new DecodeError(
      "rate-out-of-range",
      `the sample rate is ${sound.sampleRate} Hz, outside ${RATE_HZ_MIN} to ${RATE_HZ_MAX} Hz`,
    );
  }
  const warnings: DecodeWarning[] = [...notes];
  if (truncated) warnings.push(checkTruncated(sound));
  if (length === 0) throw new DecodeError("no-samples", "the file holds a header and no samples");

  const mended = zeroNotFinite(sound);
  const total = length * sound.channels.length;
  if (mended > total * NOT_FINITE_SHARE_MAX) {
    throw new DecodeError(
      "not-finite",
      `${mended} of ${total} samples are not numbers (NaN or infinite)`,
    );
  }
  if (mended > 0) {
    const message = `${mended} of ${total} samples were not numbers and became 0`;
    warnings.push({ code: "not-finite", message });
  }
  const peak = peakOfChannels(sound.channels);
  if (peak > PEAK_MAX) {
    const times = peak.toPrecision(2);
    throw new DecodeError("absurd-peak", `the loudest sample is ${times} times full scale`);
  }
  return { sound, warnings };
}

function checkTruncated(sound: Sound): DecodeWarning {
  const seconds = durationSeconds(sound);
  if (seconds < TRUNCATED_SECONDS_MIN) {
    throw new DecodeError(
      "truncated",
      `the file is cut off: ${Math.round(seconds * 1000)} ms of sound are left of it`,
    );
  }
  return { code: "truncated", message: `the file is cut off after ${seconds.toFixed(2)} s` };
}

/** Returns how many samples were replaced. */
function zeroNotFinite(sound: Sound): number {
  let count = 0;
  for (const channel of sound.channels) {
    for (let i = 0; i < channel.length; i += 1) {
      if (!Number.isFinite(channel[i])) {
        channel[i] = 0;
        count += 1;
      }
    }
  }
  return count;
}
