/** The recordings in test/fixtures/audio, put together and decoded. */

import { readFileSync } from "node:fs";
import type { DecodeOutcome, DecodeSuccess } from "../../src/sound/audio/codecs/decode-outcome.ts";

/** The bytes of a recording. */
export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/audio/${name}`, import.meta.url));
}

/** One after another, as `cat` would. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** @throws Error with the reason if there is no sound. */
export function decoded(outcome: DecodeOutcome): DecodeSuccess {
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`);
  return outcome;
}
