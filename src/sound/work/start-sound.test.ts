import { afterAll, beforeAll, expect, test } from "vitest";
import { noteRows, pitchedModel } from "../../../test/support/pitched-model.ts";
import { writeWav } from "../audio/codecs/wav-write.ts";
import { type Codec, openCodec } from "../latent/codec.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { makeSound } from "./make-sound.ts";
import type { SoundRequest } from "./sound-request.ts";
import { rowsOfStart, startOfBytes, startOfSound } from "./start-sound.ts";

const rows = noteRows(Math.log2(440), 24);
const plain = pitchedModel();
const model = { ...plain, latents: { ...plain.latents, means: rows } };
const request: SoundRequest = { version: 1, seed: 1, sampleRate: 48_000, quality: "draft" };

let codec: Codec;

beforeAll(async () => {
  codec = await openCodec(await openRuntime({ threads: 1 }), model.recipe, model.layout);
});

afterAll(() => codec.release());

function tone(seconds: number, gain = 0.5) {
  const samples = Float32Array.from(
    { length: seconds * 44_100 },
    (_, i) => gain * Math.sin((2 * Math.PI * 330 * i) / 44_100),
  );
  return { sampleRate: 44_100, channels: [samples, samples] };
}

test("a sound to start from keeps what the model hears in it, and makes the same sound again", async () => {
  const from = await startOfSound(tone(0.5), "tone.wav", { codec, model });
  const heard = await rowsOfStart(from, { codec, model });
  expect(heard.length / codec.latentSize).toBe(12);
  // Its own pitch, not that of the recordings.
  expect(2 ** heard[6 * codec.latentSize + 4]!).toBeCloseTo(330, 0);
  const asked = JSON.parse(JSON.stringify({ ...request, from, evolution: 0 }));
  const [once, twice] = [
    await makeSound({ codec, model }, asked),
    await makeSound({ codec, model }, asked),
  ];
  expect(once.channels).toEqual(twice.channels);
  expect(once.channels[0]?.length).toBe(12 * 4 * 512);
  const away = await makeSound({ codec, model }, { ...asked, evolution: 1 });
  expect(away.channels).not.toEqual(once.channels);
});

test("a file to start from is heard like its sound, and refused where there is none in it", async () => {
  const sound = tone(0.2);
  const wav = writeWav(sound, { encoding: "float32" });
  const heard = await startOfBytes(wav, "tone.wav", { codec, model });
  expect(heard).toEqual(await startOfSound(sound, "tone.wav", { codec, model }));
  const text = new TextEncoder().encode("no sound at all, only words");
  await expect(startOfBytes(text, "x.txt", { codec, model })).rejects.toThrow(
    'Cannot start from "x.txt": the content is not a sound file',
  );
});

test.each([
  [tone(0.2, 0), "it is silent"],
  [tone(31), "it lasts 31.0 s, need at most 30"],
])("refuses to start from what is no start %#", async (sound, found) => {
  await expect(startOfSound(sound, "x.wav", { codec, model })).rejects.toThrow(
    `Cannot start from "x.wav": ${found}`,
  );
});

test("refuses what another model heard, loops and drifting sounds", async () => {
  const from = await startOfSound(tone(0.2), "x.wav", { codec, model });
  const other = { ...from, model: "0".repeat(64) };
  const made = (extra: Partial<SoundRequest>) =>
    makeSound({ codec, model }, { ...request, from, ...extra });
  await expect(made({ from: other })).rejects.toThrow("encoded by another model");
  await expect(made({ mode: "walk" })).rejects.toThrow("found a drifting sound");
  const loop = { bars: 1, bpm: 240, beatsPerBar: 4, beatUnit: 4 };
  await expect(made({ loop })).rejects.toThrow("found a loop");
});

test("refuses a loop whose formants move, which would change its length", async () => {
  const loop = { bars: 1, bpm: 240, beatsPerBar: 4, beatUnit: 4 };
  const asked: SoundRequest = { ...request, loop, formants: "move", transpose: 3 };
  await expect(makeSound({ codec, model }, asked)).rejects.toThrow("need --formants keep");
});
