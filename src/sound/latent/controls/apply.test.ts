import { describe, expect, it } from "vitest";
import { describeSpectra } from "../../audio/descriptors/spectral.ts";
import { BIN_COUNT, TEXTURE_BANDS } from "../../model/bands.ts";
import { hasMoves, type Moves, moveFrames, noMoves } from "./apply.ts";

const FRAMES = 4;

/** Partials of 140 Hz that fall by 2 dB an octave, 35 dB over the valleys between them. */
function notes(): Float32Array {
  return Float32Array.from({ length: FRAMES * BIN_COUNT }, (_, i) => {
    const bin = i % BIN_COUNT;
    const slope = -2 * Math.log2(Math.max(1, bin) / 6);
    const away = Math.abs(bin / 6 - Math.round(bin / 6)) * 6;
    return Math.max(-96, Math.min(0, slope) - Math.min(35, 6 * away * away));
  });
}

function described(levels: Float32Array) {
  const data = levels.map((level) => 10 ** (level / 20));
  const power = data.reduce((sum, value) => sum + value * value, 0);
  return {
    ...describeSpectra({ frameCount: FRAMES, binCount: BIN_COUNT, data }),
    loudness: 10 * Math.log10(power),
  };
}

function moved(by: Partial<Moves>) {
  const levels = notes();
  const texture = new Float32Array(TEXTURE_BANDS);
  moveFrames({ levels, texture, framesPerLatent: FRAMES }, { ...noMoves, ...by });
  return { ...described(levels), texture };
}

const before = described(notes());

describe("moveFrames()", () => {
  it.each([
    ["brightness", 0.5],
    ["brightness", -0.5],
    ["width", 0.2],
    ["width", -0.2],
    ["body", 4],
    ["body", -4],
  ] as const)("moves %s by %d and holds the others", (name, by) => {
    const after = moved({ [name]: by });
    expect((after[name] - before[name]) / by).toBeGreaterThan(0.8);
    expect((after[name] - before[name]) / by).toBeLessThan(1.2);
    const held = { brightness: 0.1, width: 0.1, body: 1, noisiness: 1.5, loudness: 0.3 };
    for (const [other, most] of Object.entries(held)) {
      if (other === name) continue;
      const key = other as keyof typeof held;
      expect(Math.abs(after[key] - before[key]), other).toBeLessThan(most);
    }
  });

  it("fills valleys with noise, and deepens them", () => {
    const noisy = moved({ noisiness: 6 });
    expect(noisy.noisiness - before.noisiness).toBeGreaterThan(3);
    expect(noisy.texture.some((share) => share > 0.2)).toBe(true);
    const clear = moved({ noisiness: -3 });
    expect(clear.noisiness - before.noisiness).toBeLessThan(-1.5);
    expect(Math.abs(noisy.brightness - before.brightness)).toBeLessThan(0.1);
    expect(Math.abs(clear.loudness - before.loudness)).toBeLessThan(0.5);
  });

  it("leaves silence silent and finite", () => {
    const levels = new Float32Array(FRAMES * BIN_COUNT).fill(-96);
    moveFrames({ levels, framesPerLatent: FRAMES }, { ...noMoves, brightness: 1, noisiness: 5 });
    expect(levels.every((level) => Number.isFinite(level) && level < -60)).toBe(true);
  });

  it("stays finite where it cannot reach what is asked", () => {
    for (const by of [-8, 8]) {
      const after = moved({ brightness: by, body: 40, width: -by, noisiness: 50 });
      expect(
        Object.values(after)
          .flat()
          .every((value) => Number.isFinite(Number(value)) || value instanceof Float32Array),
      ).toBe(true);
    }
  });
});

describe("hasMoves()", () => {
  it("tells which stage has something to do", () => {
    expect(hasMoves(noMoves, "frames")).toBe(false);
    expect(hasMoves({ ...noMoves, decay: 1 }, "time")).toBe(true);
    expect(hasMoves({ ...noMoves, decay: 1 }, "samples")).toBe(false);
  });
});
