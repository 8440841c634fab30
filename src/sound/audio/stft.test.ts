import fc from "fast-check";
import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { defaultStft, frameCountOf, type StftShape } from "./spectrogram.ts";
import { hannWindow, istft, magnitudes, stft } from "./stft.ts";

const noise = (length: number, seed = 1): Float32Array =>
  fillNormal(seededRandom(seed), new Float32Array(length)).map((value) => value / 4);

function largestGap(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  let gap = 0;
  for (let i = 0; i < a.length; i += 1) gap = Math.max(gap, Math.abs(a[i]! - b[i]!));
  return gap;
}

const shapes: readonly StftShape[] = [
  defaultStft,
  { frameLength: 1024, hopLength: 341 },
  { frameLength: 1024, hopLength: 256 },
  { frameLength: 64, hopLength: 17 },
  { frameLength: 8, hopLength: 1 },
];

test.each(shapes)("istft() undoes stft() at any length, %o", (shape) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3 * shape.frameLength }),
      fc.integer(),
      (length, seed) => {
        const samples = noise(length, seed);
        const restored = istft(stft(samples, shape), { shape, length });
        expect(largestGap(restored, samples)).toBeLessThan(1e-6);
      },
    ),
    { numRuns: 40, seed: 1 },
  );
});

test.each([0, 1, 2, 511, 512, 513, 2047, 2048, 2049])(
  "istft() undoes stft() of %i samples",
  (length) => {
    const samples = noise(length);
    expect(largestGap(istft(stft(samples), { length }), samples)).toBeLessThan(1e-6);
  },
);

test("stft() has one frame per hop and one bin per half sample of the frame", () => {
  const { frameCount, binCount, re, im } = stft(noise(48_000));
  expect([frameCount, binCount]).toEqual([94, 1025]);
  expect(frameCount).toBe(frameCountOf(48_000, defaultStft));
  expect([re.length, im.length]).toEqual([94 * 1025, 94 * 1025]);
});

test("stft() centres frame i on sample i * hopLength", () => {
  const click = new Float32Array(4096);
  click[3 * 512] = 1;
  const { data } = magnitudes(click);
  // The window is 1 at its centre, 1/2 a quarter of a frame away, 0 half a frame away.
  [0, 0, 0.5, 1, 0.5, 0, 0, 0, 0].forEach((level, frame) => {
    expect(data[frame * 1025 + 100]).toBeCloseTo(level, 6);
  });
});

test("magnitudes() of a full-scale sine peaks at a quarter of the frame length", () => {
  const sine = Float32Array.from({ length: 8192 }, (_, t) =>
    Math.sin((2 * Math.PI * 64 * t) / 2048),
  );
  const { data, binCount } = magnitudes(sine);
  const frame = data.subarray(8 * binCount, 9 * binCount);
  expect(frame[64]).toBeCloseTo(512, 3);
  expect(frame[63]).toBeCloseTo(256, 3);
  expect(frame[70]).toBeLessThan(1e-3);
});

test("magnitudes() are those of stft()", () => {
  const samples = noise(3000);
  const { re, im } = stft(samples);
  const { data } = magnitudes(samples);
  for (let i = 0; i < data.length; i += 97)
    expect(data[i]).toBeCloseTo(Math.hypot(re[i]!, im[i]!), 4);
});

test("hannWindow() is periodic: shifted by half its length it adds up to one", () => {
  const window = hannWindow(16);
  for (let i = 0; i < 8; i += 1) expect(window[i]! + window[i + 8]!).toBeCloseTo(1, 14);
});

test.each([
  [{ frameLength: 1000, hopLength: 250 }, "frameLength must be a power of two from 4 up"],
  [{ frameLength: 1024, hopLength: 342 }, "hopLength must be a whole number from 1 to 341"],
  [{ frameLength: 1024, hopLength: 0 }, "hopLength must be a whole number from 1 to 341"],
])("stft() refuses %o", (shape, message) => {
  expect(() => stft(noise(100), shape)).toThrow(message);
});

test("istft() says what it got and what it needs", () => {
  const spectra = stft(noise(100), { frameLength: 64, hopLength: 16 });
  expect(() => istft(spectra, { length: 100 })).toThrow(
    "Cannot turn spectra of 33 bins into sound: frames of 2048 samples have 1025",
  );
});
