import { expect, test } from "vitest";
import { toneCodec } from "../../../test/support/tone-codec.ts";
import { seededRandom } from "../../random.ts";

import { durationSeconds, lengthOf } from "../audio/sound.ts";
import { truePeak } from "../audio/true-peak.ts";
import { TEXTURE_BANDS } from "../model/bands.ts";
import { type GenerateOptions, generate, type Voice } from "./generate.ts";

/** Four notes of 12 vectors that die away by 5 dB each, and 6 of silence. */
function notes(): Voice {
  const note = Array.from({ length: 18 }, (_, i) => (i < 12 ? -6 - 5 * i : -96));
  const means = Float32Array.from([note, note, note, note].flat());
  const random = seededRandom(1);
  for (let i = 0; i < means.length; i += 1) means[i] = means[i]! - random.next();
  return {
    weights: new Float32Array(0),
    statistics: new Float32Array(0),
    latents: {
      means,
      lengths: [18, 18, 18, 18],
      texture: new Float32Array(72 * TEXTURE_BANDS),
      loudness: new Float32Array(0),
      references: [],
    },
  };
}

const format = { seed: 1, sampleRate: 48_000, quality: "draft" } as const;

function generated(options: Partial<GenerateOptions>): ReturnType<typeof generate> {
  return generate(toneCodec, notes(), { ...format, ...options });
}

/** Root mean square of each hundredth of a second, in dB. */
function course(samples: Float32Array): number[] {
  return Array.from({ length: Math.floor(samples.length / 480) }, (_, i) => {
    const part = samples.subarray(i * 480, (i + 1) * 480);
    return 10 * Math.log10(part.reduce((sum, v) => sum + v * v, 0) / 480 + 1e-12);
  });
}

test("generate() without a length gives one gesture, as long as the recordings' are", async () => {
  const sound = await generated({});
  expect(durationSeconds(sound)).toBeGreaterThan(0.35);
  expect(durationSeconds(sound)).toBeLessThan(0.6);
  const levels = course(sound.channels[0]!);
  const loudest = Math.max(...levels);
  // It begins at once, does not begin again, and dies away.
  expect(levels.indexOf(loudest)).toBeLessThan(8);
  expect(levels.at(-1)).toBeLessThan(loudest - 30);
  for (const [i, level] of levels.slice(10).entries()) {
    expect(level).toBeLessThan(levels[i + 7]! + 3);
  }
});

test.each([
  { mode: "sequence" },
  { mode: "sustain" },
  { mode: "walk" },
  { mode: "gesture" },
] as const)(
  "generate() in the mode $mode has exactly the length that was asked for, its true peak at -1 dB",
  async ({ mode }) => {
    for (const length of [4800, 100_001]) {
      const sound = await generated({ mode, length });
      expect(lengthOf(sound)).toBe(length);
      expect(20 * Math.log10(truePeak(sound))).toBeCloseTo(-1, 3);
    }
  },
);

test("generate() gives the same sound for the same seed, and another for another", async () => {
  expect(await generated({})).toEqual(await generated({}));
  expect(await generated({})).not.toEqual(await generated({ seed: 2 }));
});

test("generate() lets go of what would sound on beyond the end: nothing is cut at full level", async () => {
  const held = notes();
  held.latents.means.fill(-6);
  const sound = await generate(toneCodec, held, { ...format, length: 24_000 });
  const levels = course(sound.channels[0]!);
  expect(levels.at(-1)).toBeLessThan(Math.max(...levels) - 20);
});

test("generate() gives the same sound for the same controls, whatever was moved before", async () => {
  const scales = [
    { name: "brightness", step: 0.2 },
    { name: "length", step: 0.1 },
  ];
  const analysis = { controls: scales, characters: [] } as unknown as NonNullable<
    Voice["analysis"]
  >;
  const voice = { ...notes(), analysis };
  const moved = (options: Partial<GenerateOptions>, of: Voice = { ...notes(), analysis }) =>
    generate(toneCodec, of, { ...format, ...options });
  const asked = [
    { controls: { brightness: 5 } },
    { controls: { brightness: -3, length: 4 } },
    { controls: { brightness: 5 }, quality: "normal" },
    { controls: { brightness: 5 }, seed: 2 },
    { controls: { brightness: 5 }, length: 9600 },
    { controls: { brightness: 5 } },
  ] as const;
  for (const options of asked) {
    expect(await moved(options, voice)).toEqual(await moved(options));
  }
  expect(await moved(asked[0], voice)).not.toEqual(await moved(asked[1], voice));
});

test("generate() with a model that remembers nothing says so", async () => {
  const none = notes();
  const empty = { ...none.latents, means: new Float32Array(0), lengths: [] };
  await expect(generate(toneCodec, { ...none, latents: empty }, format)).rejects.toThrow(
    "the model holds no latents of recordings",
  );
});
