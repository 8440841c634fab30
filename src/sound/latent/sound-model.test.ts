import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyModel, tinyShape } from "../../../test/support/tiny-model.ts";
import { sine } from "../../../test/support/tones.ts";
import { peakOfChannels } from "../audio/level.ts";
import { durationSeconds, lengthOf } from "../audio/sound.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { openSoundModel, type SoundModel } from "./sound-model.ts";

let model: SoundModel;

beforeAll(async () => {
  const corpus = { train: [], validation: [], totalSeconds: 0 };
  model = await openSoundModel(tinyModel(corpus), await openRuntime({ threads: 1 }));
});
afterAll(() => model.release());

const stereo = {
  sampleRate: 44_100,
  channels: [440, 660].map((hz) =>
    sine({ hz, rateHz: 44_100, length: 22_050 }).map((sample) => sample / 4),
  ),
};

describe("generate()", () => {
  test("makes a sound as long as asked for at the rate asked for, the same for the same seed", async () => {
    const options = {
      durationSeconds: 0.4,
      sampleRate: 44_100,
      seed: 3,
      quality: "draft",
    } as const;
    const sound = await model.generate(options);
    expect(sound.sampleRate).toBe(44_100);
    expect(lengthOf(sound)).toBe(17_640);
    expect(await model.generate(options)).toEqual(sound);
  });

  test.each([
    { options: { durationSeconds: 0 }, says: "durationSeconds is 0, need a number above 0" },
    { options: { durationSeconds: Number.NaN }, says: "durationSeconds is NaN" },
    { options: { evolution: 1.5 }, says: "evolution is 1.5, need a number from 0 to 1" },
    { options: { density: -1 }, says: "density is -1, need a number above 0" },
    { options: { sampleRate: 44_100.5 }, says: "sampleRate is 44100.5, need a whole number" },
    { options: { seed: -1 }, says: "seed is -1, need a whole number from 0 to 4294967295" },
  ])("says what is out of range: $says", async ({ options, says }) => {
    await expect(model.generate(options)).rejects.toThrow(RangeError);
    await expect(model.generate(options)).rejects.toThrow(says);
  });
});

describe("encode() and decode()", () => {
  test("take a sound of any rate and number of channels, and give one as long and as loud", async () => {
    const before = stereo.channels.map((samples) => samples.slice());
    const encoded = await model.encode(stereo);
    expect(stereo.channels).toEqual(before);
    expect(encoded.means).toHaveLength(encoded.latentCount * tinyShape.latentSize);
    const sound = await model.decode(encoded, { quality: "draft", sampleRate: 22_050 });
    expect(durationSeconds(sound)).toBeCloseTo(0.5, 6);
    expect(peakOfChannels(sound.channels)).toBeCloseTo(peakOfChannels(stereo.channels), 3);
  });

  test("refuse a sound without samples, and fewer vectors than the duration takes", async () => {
    const nothing = { sampleRate: 48_000, channels: [new Float32Array(0)] };
    await expect(model.encode(nothing)).rejects.toThrow("it has no samples");
    const encoded = await model.encode(stereo);
    const cut = { ...encoded, means: encoded.means.subarray(0, tinyShape.latentSize) };
    await expect(model.decode(cut)).rejects.toThrow("0.5 s take 12 vectors of 4");
  });
});
