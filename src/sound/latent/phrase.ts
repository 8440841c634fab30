/**
 * A phrase: the gestures of one recording at their own times, each of them new. A sentence stays a
 * sentence that way, and a bar a bar, where a gesture is a syllable or a stroke.
 */

import type { Random } from "../../random.ts";
import { median } from "../audio/median.ts";
import { type GestureCorpus, newGesture } from "./gesture-path.ts";
import type { Gesture } from "./gestures.ts";
import type { PlacedGesture } from "./performance.ts";

/** Recordings that go on for longer are no phrase: one begins somewhere in them. */
const SECONDS_MOST = 8;

/** Whether most recordings are phrases: several gestures, and no more than one can take in. */
export function speaksInPhrases(corpus: GestureCorpus, latentsPerSecond: number): boolean {
  const files = byFile(corpus);
  const seconds = files.map((gestures) => secondsOf(gestures, latentsPerSecond));
  return median(files.map(({ length }) => length)) >= 2 && median(seconds) <= SECONDS_MOST;
}

export interface PhraseOptions {
  /** Some gesture of the recording that is followed. */
  readonly lead: Gesture;
  readonly latentsPerSecond: number;
  readonly random: Random;
}

/** @returns In order of time, the first at 0. */
export function phrase(
  corpus: GestureCorpus,
  { lead, latentsPerSecond, random }: PhraseOptions,
): PlacedGesture[] {
  const all = corpus.gestures.filter(({ file }) => file === lead.file);
  const isLong = secondsOf(all, latentsPerSecond) > SECONDS_MOST;
  const own = isLong ? all.slice(all.indexOf(lead)) : all;
  const from = own[0]!.start;
  return own.flatMap((gesture) => {
    const atSeconds = (gesture.start - from) / latentsPerSecond;
    return atSeconds > SECONDS_MOST ? [] : [{ ...newGesture(corpus, gesture, random), atSeconds }];
  });
}

// --- internal ---

function byFile({ gestures }: GestureCorpus): Gesture[][] {
  const files = new Map<number, Gesture[]>();
  for (const gesture of gestures) {
    const known = files.get(gesture.file) ?? [];
    known.push(gesture);
    files.set(gesture.file, known);
  }
  return [...files.values()];
}

function secondsOf(gestures: readonly Gesture[], latentsPerSecond: number): number {
  const [first, last] = [gestures[0]!, gestures.at(-1)!];
  return (last.start + last.length - first.start) / latentsPerSecond;
}
