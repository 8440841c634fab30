import { expect, test } from "vitest";
import { BIN_COUNT, TEXTURE_BANDS } from "../model/bands.ts";
import { unpitched } from "../model/conditions.ts";
import type { Codec } from "./codec.ts";
import { corpusLatents } from "./corpus-latents.ts";

/** One frame a latent; the latent is the level of bin 100, which it decodes into all bins. */
const levelCodec: Codec = {
  latentSize: 1,
  conditions: [],
  framesPerLatent: 1,
  contextLatents: 2,
  encode: async (_model, { levels }) => {
    const latentCount = levels.length / BIN_COUNT;
    const means = Float32Array.from(
      { length: latentCount },
      (_, i) => levels[i * BIN_COUNT + 100] ?? Number.NaN,
    );
    return { means, logVariances: means, latentCount };
  },
  decode: async (_model, means, frameCount) =>
    Float32Array.from(
      { length: frameCount * BIN_COUNT },
      (_, i) => means[Math.floor(i / BIN_COUNT)] ?? Number.NaN,
    ),
  release: async () => {},
};

const voice = { weights: new Float32Array(0), statistics: new Float32Array(0) };

test("corpusLatents() keeps recordings apart that share a tape", async () => {
  const recordings = [3, 700, 5, 90].map((frames, file) =>
    new Float32Array(frames * BIN_COUNT).fill(-10 * (file + 1)),
  );
  const { means, lengths, texture, references } = await corpusLatents(
    levelCodec,
    voice,
    recordings.map((levels, file) => ({
      levels,
      conditions: unpitched(levels.length / BIN_COUNT),
      reference: 2 ** file,
    })),
  );
  expect(references).toEqual([1, 2, 4, 8]);
  expect(lengths).toEqual([3, 700, 5, 90]);
  const levels = [3, 700, 5, 90].flatMap((frames, file) =>
    new Array<number>(frames).fill(-10 * (file + 1)),
  );
  expect([...means]).toEqual(levels);
  expect(texture).toHaveLength(798 * TEXTURE_BANDS);
  expect(Math.max(...texture)).toBe(0); // decoded just as it was
});
