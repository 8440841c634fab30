import { beforeAll, expect, test } from "vitest";
import { noteRows, pitchedModel } from "../../../test/support/pitched-model.ts";
import { seededRandom } from "../../random.ts";
import { trackPitch } from "../audio/pitch/pitch.ts";
import { resample } from "../audio/resample.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { Model } from "../model/model-file.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { type Codec, openCodec } from "./codec.ts";
import { generate } from "./generate.ts";
import { blended } from "./gesture-path.ts";
import { openGroupDecoder } from "./live/group-decoder.ts";
import { octavesOfNote, pitchOfPath, stretched, transposed, withNote } from "./path-pitch.ts";
import { render } from "./render.ts";

const runtime = await openRuntime({ threads: 1 });
const model: Model = pitchedModel();
const ROWS = 16;
let codec: Codec;

beforeAll(async () => {
  codec = await openCodec(runtime, model.recipe, model.layout);
});

/** What the tracker hears in the middle of a rendered path, log2 of hertz. */
async function heardPitch(path: Float32Array): Promise<number> {
  const sound = await render(codec, model, {
    path,
    sampleRate: MODEL_RATE_HZ,
    length: MODEL_RATE_HZ / 2,
    quality: "normal",
    random: seededRandom(1),
  });
  return medianPitch(sound.channels[0] ?? new Float32Array(0));
}

function medianPitch(samples: Float32Array): number {
  const { hz, voicing } = trackPitch(samples);
  const voiced = [...hz].filter((_, frame) => (voicing[frame] ?? 0) > 0.5);
  expect(voiced.length).toBeGreaterThan(0.8 * hz.length - 8);
  const sorted = voiced.toSorted((a, b) => a - b);
  return Math.log2(sorted[sorted.length >> 1] ?? Number.NaN);
}

const cents = (a: number, b: number): number => Math.abs(1200 * (a - b));

test.each([36, 48, 60, 72, 84])("note %d sounds as it was asked for", async (note) => {
  const path = withNote(noteRows(Math.log2(300), ROWS), codec, note);
  expect(cents(await heardPitch(path), octavesOfNote(note))).toBeLessThan(10);
});

test.each([-12, -7, 5, 12])("transposed by %d semitones, a path sounds so", async (semitones) => {
  const path = transposed(noteRows(octavesOfNote(60), ROWS), codec, semitones);
  expect(cents(await heardPitch(path), octavesOfNote(60 + semitones))).toBeLessThan(10);
});

test("a blend of two notes is one note between", async () => {
  const [low, high] = [octavesOfNote(57), octavesOfNote(64)];
  const vectors = new Float32Array([...noteRows(low, ROWS), ...noteRows(high, ROWS)]);
  const gesture = (start: number) => ({
    ...{ file: 0, start, length: ROWS, peak: 0, hasOnset: true, hasEnd: true },
    untilNext: undefined,
  });
  const { latentSize: size, conditions } = codec;
  const path = blended(
    { vectors, size, conditions, gestures: [] },
    { lead: gesture(0), other: gesture(ROWS), share: 0.5 },
  );
  expect(cents(pitchOfPath(path, codec) ?? 0, (low + high) / 2)).toBeLessThan(1);
  expect(cents(await heardPitch(path), (low + high) / 2)).toBeLessThan(10);
  // From the first row on: nothing glides.
  expect(cents(path[size - 2] ?? 0, (low + high) / 2)).toBeLessThan(1);
});

test("a decoder of one row at a time gives the frames of the whole path", async () => {
  const path = noteRows(octavesOfNote(62), 9).map(
    (value, at) => value + (at % 6 === 4 ? at / 500 : 0),
  );
  const whole = await codec.decode(model, path, 9 * codec.framesPerLatent);
  const decoder = await openGroupDecoder(runtime, model);
  const size = codec.latentSize;
  const { reach } = decoder;
  const middle = await decoder.decode(path.slice((4 - reach) * size, (5 + reach) * size));
  const from = 4 * codec.framesPerLatent * 1025;
  const differences = middle.map((value, i) => Math.abs(value - (whole[from + i] ?? 0)));
  expect(Math.max(...differences.slice(0, 2000))).toBeLessThan(1e-2);
  await decoder.release();
});

test("a path without a voiced row keeps its pitch", () => {
  const silent = noteRows(8, 3).map((value, at) => (at % 6 === 5 ? 0 : value));
  expect(pitchOfPath(silent, codec)).toBeUndefined();
  expect(withNote(silent, codec, 90)).toEqual(Float32Array.from(silent));
});

test("stretched() keeps the ends", () => {
  expect([...stretched(Float32Array.of(0, 1, 2), 1, 5 / 3)]).toEqual([0, 0.5, 1, 1.5, 2]);
});

test("generate() plays a note, and moves it with and without the formants", async () => {
  const latents = {
    means: noteRows(octavesOfNote(50), 24),
    lengths: [24],
    texture: new Float32Array(24 * 16),
    loudness: new Float32Array(24).fill(-20),
    references: [1],
  };
  const voice = { ...model, latents };
  const options = { seed: 1, sampleRate: 44_100, quality: "draft" } as const;
  for (const [asked, note] of [
    [{ note: 64 }, 64],
    [{ note: 64, transpose: -5 }, 59],
    [{ transpose: 7 }, 57],
    [{ transpose: 7, formants: "move" }, 57],
  ] as const) {
    const sound = await generate(codec, voice, { ...options, ...asked, length: 30_000 });
    expect(sound.sampleRate).toBe(44_100);
    expect(sound.channels[0]).toHaveLength(30_000);
    const samples = resample(sound.channels[0] ?? new Float32Array(0), 44_100, MODEL_RATE_HZ);
    expect(cents(medianPitch(samples), octavesOfNote(note))).toBeLessThan(12);
  }
});
