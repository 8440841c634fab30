import { expect, test } from "vitest";
import { levelMatched, samePosition } from "./level-match.ts";

const sampleRate = 8000;

function tone(gain: number, { silence = 0, channels = 1 } = {}) {
  const samples = Float32Array.from({ length: 8000 + silence }, (_, i) =>
    i < 8000 ? gain * Math.sin((2 * Math.PI * 440 * i) / sampleRate) : 0,
  );
  return { sampleRate, channels: Array.from({ length: channels }, () => samples) };
}

test("levelMatched() turns the louder one down, whatever silence is around it", () => {
  const { sounds, gainsDb } = levelMatched([tone(0.1), tone(0.4, { silence: 40_000 })]);
  expect(gainsDb[0]).toBeCloseTo(0, 9);
  expect(gainsDb[1]).toBeCloseTo(-20 * Math.log10(4), 6);
  expect(sounds[1]?.channels[0]?.[5]).toBeCloseTo(tone(0.1).channels[0]?.[5] ?? 0, 6);
});

test("levelMatched() counts the power of all channels, and leaves silence alone", () => {
  expect(levelMatched([tone(0.2), tone(0.2, { channels: 2 })]).gainsDb[1]).toBeCloseTo(-3.01, 2);
  expect(levelMatched([tone(0), tone(0.2)]).gainsDb).toEqual([0, 0]);
});

test("samePosition() is the same moment, as far as the other sound goes", () => {
  expect([0.3, 7, -1].map((seconds) => samePosition(seconds, tone(1)))).toEqual([0.3, 1, 0]);
});
