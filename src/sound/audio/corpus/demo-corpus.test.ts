import { describe, expect, test } from "vitest";
import { fitSine } from "../../../../test/support/tones.ts";
import { seededRandom } from "../../../random.ts";
import { durationSeconds } from "../sound.ts";
import { DEMO_PEAK, demoCorpus, type NamedSound } from "./demo-corpus.ts";
import { pluck } from "./demo-voices.ts";

describe("demoCorpus()", () => {
  const corpus = demoCorpus(1);

  test("is 24 sounds with names of their own, 40 to 60 s together", () => {
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(24);
    for (const { name } of corpus) expect(name).toMatch(/^[a-z0-9-]+$/);
    const total = corpus.reduce((sum, { sound }) => sum + durationSeconds(sound), 0);
    expect(total).toBeGreaterThan(40);
    expect(total).toBeLessThan(60);
  });

  test.each(corpus)(
    "$name peaks at -3 dB, begins and ends in silence, lasts 0.3 to 4 s",
    ({ sound }) => {
      const samples = sound.channels[0]!;
      const peak = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
      const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
      expect(peak).toBeCloseTo(DEMO_PEAK, 5);
      expect(Math.abs(mean)).toBeLessThan(0.002);
      expect(Math.abs(samples[0] ?? 1)).toBe(0);
      expect(Math.max(...samples.slice(-48).map(Math.abs))).toBeLessThan(0.001);
      expect(durationSeconds(sound)).toBeGreaterThanOrEqual(0.3);
      expect(durationSeconds(sound)).toBeLessThanOrEqual(4);
    },
  );

  test("is the same for the same seed and another for another", () => {
    // As bytes: the matcher of arrays takes its time over two million samples.
    const bytesOf = ({ sound }: NamedSound) => Buffer.from(sound.channels[0]!.buffer);
    const [again, other] = [demoCorpus(1), demoCorpus(2)];
    for (const [index, sound] of corpus.entries()) {
      expect(bytesOf(again[index] as NamedSound).equals(bytesOf(sound))).toBe(true);
      expect(bytesOf(other[index] as NamedSound).equals(bytesOf(sound))).toBe(false);
    }
  });
});

test.each([82.41, 146.83, 440, 1046.5])("pluck() is in tune at %d Hz", (pitchHz) => {
  const samples = pluck(seededRandom(3), {
    pitchHz,
    seconds: 1,
    brightness: 0.5,
    decaySeconds: 20,
  });
  const strength = (cents: number) =>
    fitSine(samples, pitchHz * 2 ** (cents / 1200), 48_000).amplitude;
  const strongest = [-6, -4, -2, 0, 2, 4, 6].toSorted((a, b) => strength(b) - strength(a))[0];
  expect(strongest).toBe(0);
});
