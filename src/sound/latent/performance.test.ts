import { expect, test } from "vitest";
import { toneCodec } from "../../../test/support/tone-codec.ts";
import { seededRandom } from "../../random.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { TEXTURE_BANDS } from "../model/bands.ts";
import { decodeGestures, type PlacedGesture, perform } from "./performance.ts";

function gesture(file: number, atSeconds: number, hasEnd = true): PlacedGesture {
  const length = 10;
  const lead = { file, start: 0, length, peak: 0, hasOnset: true, hasEnd, untilNext: undefined };
  return { path: new Float32Array(length).fill(-6), lead, atSeconds };
}

async function performed(
  gestures: readonly PlacedGesture[],
  references: readonly number[],
): Promise<Float32Array> {
  const decoded = await decodeGestures(gestures, {
    codec: toneCodec,
    model: { weights: new Float32Array(0), statistics: new Float32Array(0) },
    references,
    textureAlong: (path) => new Float32Array(path.length * TEXTURE_BANDS),
  });
  return perform(decoded, { quality: "draft", random: seededRandom(1) });
}

/** Root of the mean square from one second to another. */
function level(sound: Float32Array, from: number, to: number): number {
  const part = sound.subarray(from * MODEL_RATE_HZ, to * MODEL_RATE_HZ);
  return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);
}

test("perform() lets every gesture begin on its sample and sound to its end", async () => {
  const sound = await performed([gesture(0, 0), gesture(0, 1)], []);
  expect(sound).toHaveLength(MODEL_RATE_HZ + 10 * 4 * 512);
  expect(level(sound, 0.5, 0.99)).toBe(0);
  expect(level(sound, 1.05, 1.3)).toBeGreaterThan(0);
});

test("perform() keeps a quiet recording quiet beside a loud one", async () => {
  const sound = await performed([gesture(0, 0), gesture(1, 1)], [1, 0.1]);
  expect(level(sound, 1.05, 1.3) / level(sound, 0.05, 0.3)).toBeCloseTo(0.1, 2);
});

test("perform() takes recordings that are not known as equally loud", async () => {
  const sound = await performed([gesture(0, 0), gesture(1, 1)], []);
  expect(level(sound, 1.05, 1.3) / level(sound, 0.05, 0.3)).toBeCloseTo(1, 2);
});

test("perform() lets a gesture that is cut go softly", async () => {
  const cut = await performed([gesture(0, 0, false)], []);
  const whole = await performed([gesture(0, 0)], []);
  expect(level(cut, 0.38, 0.41)).toBeLessThan(0.5 * level(whole, 0.38, 0.41));
});
