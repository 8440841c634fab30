import { describe, expect, it } from "vitest";
import { describeSound } from "../../audio/descriptors/describe.ts";
import { levelMover } from "./level-mover.ts";

const RATE = 48_000;

function tone(modulation: (t: number) => number): Float32Array {
  return Float32Array.from({ length: 1.5 * RATE }, (_, i) => {
    const t = i / RATE;
    return 0.3 * 10 ** (modulation(t) / 20) * Math.sin(2 * Math.PI * 500 * t);
  });
}

function moved(samples: Float32Array, move: { modulation?: number; roughness?: number }) {
  levelMover({ modulation: 0, roughness: 0, ...move }, RATE).move(samples);
  const description = describeSound(samples, RATE);
  if (description === undefined) throw new Error("silent");
  return description;
}

const still = (): Float32Array => tone(() => 0);

describe("levelMover()", () => {
  it("adds a tremolo of so many dB, and no roughness", () => {
    const { modulation, roughness, modulationRate } = moved(still(), { modulation: 3 });
    expect(modulation).toBeGreaterThan(1.8);
    expect(modulation).toBeLessThan(4.5);
    expect(modulationRate).toBeCloseTo(5.5, 0);
    expect(roughness).toBeLessThan(0.6);
  });

  it("adds roughness, and no tremolo", () => {
    const { modulation, roughness } = moved(still(), { roughness: 3 });
    expect(roughness).toBeGreaterThan(1);
    expect(modulation).toBeLessThan(0.5);
  });

  it("takes a tremolo back", () => {
    const shaking = (): Float32Array => tone((t) => 4 * Math.sin(2 * Math.PI * 6 * t));
    const before = moved(shaking(), {}).modulation;
    expect(moved(shaking(), { modulation: -4 }).modulation).toBeLessThan(0.8 * before);
  });

  it("does the same in blocks as at once", () => {
    const [whole, parts] = [still(), still()];
    const move = { modulation: 2, roughness: 2 };
    levelMover(move, RATE).move(whole);
    const mover = levelMover(move, RATE);
    for (let at = 0; at < parts.length; at += 512) mover.move(parts.subarray(at, at + 512));
    expect(parts).toEqual(whole);
  });
});
