import { expect, test } from "vitest";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { deepenValleys } from "./raised-valleys.ts";

/** A note with partials 10 bins apart, recorded an octave lower: old ones are left in between. */
const note = (): Float32Array =>
  Float32Array.from({ length: BIN_COUNT }, (_, bin) => {
    if (bin % 10 === 0) return bin === 0 ? -60 : 0;
    return bin % 5 === 0 ? -20 : -40;
  });
const pitch = Math.log2((10 * MODEL_RATE_HZ) / defaultStft.frameLength);

test("of a note that was raised an octave, the old partials go and the new ones stay", () => {
  const levels = note();
  deepenValleys(levels, { pitch, voicing: 1, raisedBy: 1 });
  expect(levels[5]).toBeLessThan(-44);
  expect(levels[15]).toBeLessThan(-30);
  expect([10, 20, 500].map((bin) => levels[bin])).toEqual([0, 0, 0]);
  expect([9, 11].map((bin) => levels[bin])).toEqual([-40, -40]);
});

test.each([
  ["at its own pitch", { pitch, voicing: 1 }],
  ["lowered", { pitch, voicing: 1, raisedBy: -1 }],
  ["without pitch", { pitch, voicing: 0, raisedBy: 1 }],
])("what is %s stays as it is", (_, of) => {
  const levels = note();
  deepenValleys(levels, of);
  expect(levels).toEqual(note());
});

test("noise keeps its level: there is no valley in it", () => {
  const noise = Float32Array.from({ length: BIN_COUNT }, (_, bin) => -30 + 3 * Math.sin(bin));
  const levels = noise.slice();
  deepenValleys(levels, { pitch, voicing: 1, raisedBy: 1 });
  expect(levels).toEqual(noise);
});
