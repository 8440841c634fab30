import { expect, test } from "vitest";
import { seededRandom } from "../../random.ts";
import type { GestureCorpus } from "./gesture-path.ts";
import type { Gesture } from "./gestures.ts";
import { phrase, speaksInPhrases } from "./phrase.ts";

const PER_SECOND = 20;

/** Recordings whose gestures begin every `spacing` vectors. */
function corpusOf(counts: readonly number[], spacing: number): GestureCorpus {
  const gestures: Gesture[] = [];
  let start = 0;
  for (const [file, count] of counts.entries()) {
    for (let i = 0; i < count; i += 1) {
      const untilNext = i + 1 < count ? spacing : undefined;
      gestures.push({
        file,
        start,
        length: spacing - 2,
        peak: 1,
        hasOnset: true,
        hasEnd: true,
        untilNext,
      });
      start += spacing;
    }
  }
  const random = seededRandom(1);
  return {
    vectors: Float32Array.from({ length: 2 * start }, () => random.next()),
    size: 2,
    gestures,
  };
}

test("sentences and bars are phrases; single strokes and long takes are not", () => {
  expect(speaksInPhrases(corpusOf([4, 3, 5], 8), PER_SECOND)).toBe(true);
  expect(speaksInPhrases(corpusOf([1, 1, 4], 8), PER_SECOND)).toBe(false);
  expect(speaksInPhrases(corpusOf([60, 60, 60], 8), PER_SECOND)).toBe(false);
});

test("a phrase has the gestures of one recording at their own times", () => {
  const corpus = corpusOf([4, 3, 5], 8);
  const lead = corpus.gestures[5]!;
  const placed = phrase(corpus, { lead, latentsPerSecond: PER_SECOND, random: seededRandom(1) });
  expect(placed.map(({ lead: { file } }) => file)).toEqual([1, 1, 1]);
  expect(placed.map(({ atSeconds }) => atSeconds)).toEqual([0, 0.4, 0.8]);
});

test("of a long take it is some seconds from where it was drawn", () => {
  const corpus = corpusOf([60], 8);
  const lead = corpus.gestures[30]!;
  const placed = phrase(corpus, { lead, latentsPerSecond: PER_SECOND, random: seededRandom(1) });
  expect(placed[0]!.lead).toBe(lead);
  expect(placed.at(-1)!.atSeconds).toBeLessThanOrEqual(8);
  expect(placed.length).toBeGreaterThan(10);
});
