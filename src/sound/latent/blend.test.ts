import { expect, test } from "vitest";
import { BIN_COUNT, TEXTURE_BANDS } from "../model/bands.ts";
import { blendedComposition } from "./blend.ts";
import type { Composition } from "./composition.ts";

/** A gesture of one partial in a floor, whose level falls evenly. */
function compositionOf(bin: number, latents: number, topDb: number): Composition {
  const frames = 4 * latents + 1;
  const levels = new Float32Array(frames * BIN_COUNT).fill(-90);
  for (let frame = 0; frame < frames; frame += 1) {
    levels[frame * BIN_COUNT + bin] = topDb - (30 * frame) / (frames - 1);
  }
  const gesture = {
    levels,
    texture: new Float32Array(latents * TEXTURE_BANDS).fill(latents),
    framesPerLatent: 4,
    lead: { hasOnset: true, hasEnd: true },
    reference: 1,
    atSeconds: 0,
  };
  return { gestures: [gesture], randomState: 7, sampleRate: 48_000 };
}

test("blendedComposition() has both partials, in the mean of their lengths", () => {
  const { gestures, randomState } = blendedComposition([
    { composition: compositionOf(100, 10, 0), weight: 0.5 },
    { composition: compositionOf(300, 20, 0), weight: 0.5 },
  ]);
  const [{ levels, texture } = gestures[0]!] = gestures;
  const frames = levels.length / BIN_COUNT;
  expect(frames).toBe(15 * 4 + 1);
  expect(texture.length).toBe(15 * TEXTURE_BANDS);
  expect(texture[0]).toBe(15);
  expect(randomState).toBe(7);
  const level = (frame: number, bin: number) => levels[frame * BIN_COUNT + bin]!;
  for (const bin of [100, 300]) {
    // Well above what is around, and falling as both fall.
    expect(level(0, bin) - level(0, bin + 40)).toBeGreaterThan(15);
    expect(level(0, bin) - level(frames - 1, bin)).toBeGreaterThan(27);
    expect(level(0, bin) - level(frames - 1, bin)).toBeLessThan(31);
    // Half the loudness, and half the power of the partial in its band.
    expect(level(0, bin)).toBeGreaterThan(-14.5);
    expect(level(0, bin)).toBeLessThan(-12);
  }
});

test("blendedComposition() with all the weight on one gives that one back", () => {
  const one = compositionOf(100, 10, -5);
  const { gestures } = blendedComposition([
    { composition: one, weight: 1 },
    { composition: compositionOf(300, 20, 0), weight: 0 },
  ]);
  for (const [i, level] of gestures[0]!.levels.entries()) {
    if (Math.abs(level - one.gestures[0]!.levels[i]!) > 1e-3) expect([i, level]).toEqual([]);
  }
});

test("blendedComposition() takes the moments of the first, and gestures of others in turn", () => {
  const twice = compositionOf(100, 10, 0);
  const later = { ...twice.gestures[0]!, atSeconds: 1 };
  const { gestures } = blendedComposition([
    { composition: { ...twice, gestures: [twice.gestures[0]!, later] }, weight: 0.5 },
    { composition: compositionOf(300, 10, 0), weight: 0.5 },
  ]);
  expect(gestures.map(({ atSeconds }) => atSeconds)).toEqual([0, 1]);
  expect(gestures[1]!.levels).toEqual(gestures[0]!.levels);
});
