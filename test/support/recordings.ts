/** The recordings in test/fixtures/audio, put together and decoded; short ones that are made. */

import { readFileSync } from "node:fs";
import type { DecodeOutcome, DecodeSuccess } from "../../src/sound/audio/codecs/decode-outcome.ts";
import { demoCorpus, type NamedSound } from "../../src/sound/audio/corpus/demo-corpus.ts";

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

/** Half a second of each of the first sounds of the demo: what is learned from them takes less. */
export function shortDemo(count: number): NamedSound[] {
  return demoCorpus(3)
    .slice(0, count)
    .map(({ name, sound: { sampleRate, channels } }) => {
      const cut = channels.map((channel) => channel.subarray(0, sampleRate / 2));
      return { name, sound: { sampleRate, channels: cut } };
    });
}
