import { expect, test } from "vitest";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT, TEXTURE_BANDS } from "../model/bands.ts";
import { keepFormants } from "./kept-formants.ts";
import { bandOfBin } from "./texture.ts";

const BIN_HZ = MODEL_RATE_HZ / defaultStft.frameLength;

/** Partials 20 bins apart, falling by 6 dB each, and deep silence between them. */
const recorded = Float32Array.from({ length: BIN_COUNT }, (_, bin) =>
  bin % 20 === 0 && bin > 0 ? Math.max(-70, -6 * (bin / 20 - 1)) : -70,
);
const lowered = { pitch: Math.log2(10 * BIN_HZ), voicing: 1, raisedBy: -1 };

const rough = () => new Float32Array(TEXTURE_BANDS).fill(1);

test("so low that partials are not told apart, it loses the noise that lay between its old ones", () => {
  const texture = rough();
  const low = { pitch: Math.log2(2.5 * BIN_HZ), voicing: 1, raisedBy: -3 };
  keepFormants({ levels: recorded.slice(), texture }, recorded, low);
  // Twelve partials are louder than what lies between them: 240 bins.
  expect(texture[bandOfBin[200]!]).toBe(0);
  expect(texture[bandOfBin[300]!]).toBe(1);
});

test("lowered by an octave, a note gets the partials between its old ones, and a first one", () => {
  const levels = recorded.slice();
  const texture = rough();
  keepFormants({ levels, texture }, recorded, lowered);
  // Partials 10 bins apart stand out, and keep noise off that way.
  expect(texture).toEqual(rough());
  expect(levels[10]).toBeCloseTo(0, 3);
  expect(levels[20]).toBeCloseTo(0, 3);
  expect(levels[30]).toBeCloseTo(-3, 3);
  expect(levels[50]).toBeCloseTo(-9, 3);
  expect(levels[45]).toBe(-70);
});

test("noise, what is not moved and what has no pitch stay as they are", () => {
  const noise = Float32Array.from({ length: BIN_COUNT }, (_, bin) => -30 + 3 * Math.sin(bin));
  for (const [source, of] of [
    [noise, lowered],
    [recorded, { ...lowered, raisedBy: 0 }],
    [recorded, { ...lowered, voicing: 0.1 }],
  ] as const) {
    const levels = source.slice();
    const texture = rough();
    keepFormants({ levels, texture }, source, of);
    expect(levels).toEqual(source);
    expect(texture).toEqual(rough());
  }
});
