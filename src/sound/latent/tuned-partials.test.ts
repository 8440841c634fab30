import { expect, test } from "vitest";
import { seededRandom } from "../../random.ts";
import { magnitudes } from "../audio/stft.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { soundOfLevels } from "./render.ts";
import { tunedPartials } from "./tuned-partials.ts";

const layout = { latentSize: 3, conditions: ["pitch", "voicing"], framesPerLatent: 4 } as const;
const HZ = 523.25;
const GROUPS = 24;
const SPACING = HZ / (48_000 / 2048);

/** A path on one note. */
function pathOf(voicing: number): Float32Array {
  return Float32Array.from({ length: 3 * GROUPS }, (_, i) =>
    i % 3 === 1 ? Math.log2(HZ) : i % 3 === 2 ? voicing : 0,
  );
}

/** Levels of five partials, each leaning over by a slope. */
function leaning(dbPerBin: number): Float32Array {
  const tone = Float32Array.from({ length: 512 * 4 * GROUPS }, (_, i) => {
    let sum = 0;
    for (let k = 1; k <= 5; k += 1) sum += Math.sin((2 * Math.PI * k * HZ * i) / 48_000) / k;
    return 0.2 * sum;
  });
  const { data, frameCount } = magnitudes(tone);
  return Float32Array.from({ length: frameCount * BIN_COUNT }, (_, i) => {
    const bin = i % BIN_COUNT;
    const away = bin - Math.round(bin / SPACING) * SPACING;
    const slope = dbPerBin * Math.max(-4, Math.min(4, away));
    return Math.max(-96, 20 * Math.log10(data[i]! + 1e-9) - 50 + slope);
  });
}

/** How far the loudest tone within a semitone of the pitch is away from it, in cents. */
async function centsOff(levels: Float32Array): Promise<number> {
  const samples = await soundOfLevels(levels.slice(), {
    length: 4096 * 8,
    quality: "draft",
    random: seededRandom(1),
    framesPerLatent: 4,
  });
  const middle = samples.subarray(8192, 8192 + 16_384);
  let best = { cents: 0, power: 0 };
  for (let cents = -80; cents <= 80; cents += 2) {
    const step = (2 * Math.PI * HZ * 2 ** (cents / 1200)) / 48_000;
    let [re, im] = [0, 0];
    for (const [i, sample] of middle.entries()) {
      const windowed = sample * Math.sin((Math.PI * i) / middle.length) ** 2;
      re += windowed * Math.cos(step * i);
      im += windowed * Math.sin(step * i);
    }
    const power = re * re + im * im;
    if (power > best.power) best = { cents, power };
  }
  return best.cents;
}

test("tunedPartials() puts a partial whose lobe leans over back on its pitch", async () => {
  const levels = leaning(5);
  expect(Math.abs(await centsOff(levels))).toBeGreaterThan(10);
  expect(Math.abs(await centsOff(tunedPartials(levels, pathOf(1), layout)))).toBeLessThanOrEqual(3);
});

test("tunedPartials() leaves straight partials, noise, what is above them and what has no pitch", () => {
  const straight = leaning(0);
  const tuned = tunedPartials(straight.slice(), pathOf(1), layout);
  // Frames in the middle, around the first partial.
  const changes = Array.from({ length: 4 }, (_, i) => {
    const at = 40 * BIN_COUNT + 21 + i;
    return Math.abs(tuned[at]! - straight[at]!);
  });
  expect(Math.max(...changes)).toBeLessThan(0.3);
  const slanted = leaning(3);
  const above = (levels: Float32Array) => levels.slice(40 * BIN_COUNT + 131, 41 * BIN_COUNT);
  expect(above(tunedPartials(slanted.slice(), pathOf(1), layout))).toEqual(above(slanted));
  expect(tunedPartials(slanted.slice(), pathOf(0), layout)).toEqual(slanted);
  expect(
    tunedPartials(slanted.slice(), pathOf(1), { ...layout, latentSize: 3, conditions: [] }),
  ).toEqual(slanted);
  const noise = new Float32Array(96 * BIN_COUNT).fill(-30);
  expect(tunedPartials(noise.slice(), pathOf(1), layout)).toEqual(noise);
});
