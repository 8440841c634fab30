import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readSound } from "../audio/codecs/read-sound.node.ts";
import { writeWav } from "../audio/codecs/wav-write.ts";
import { isMadeHere, originOf, pickedMark } from "../audio/corpus/made-here.ts";
import { readHistory } from "../library/history-store.node.ts";
import { recordingsFolder } from "../library/recordings.node.ts";
import { rememberSound } from "./history.node.ts";
import { pickSounds } from "./pick-sounds.node.ts";
import { audioFacts, type SoundRecord } from "./sound-record.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude picked 🎻 "));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const sound = { sampleRate: 48_000, channels: [Float32Array.of(0, 0.1234567, -0.5, 0.25)] };

test("a picked sound is taken in with its origin, every sample as it was made", async () => {
  const [history, datasets] = [join(folder, "history"), join(folder, "datasets")];
  const record: SoundRecord = {
    ...{ format: "etude-sound", version: 1, program: "etude 0.0.0", madeWallMs: 1 },
    model: { name: "rain 🌧", sha256: "a".repeat(64) },
    request: { version: 1, seed: 7, sampleRate: 48_000, quality: "draft" },
    engine: { runtime: "wasm", threads: 1 },
    audio: await audioFacts(sound),
    file: { name: "rain-7.flac", format: "flac" },
  };
  await rememberSound(history, { sound, record });
  const [entry] = await readHistory(history);
  const id = entry?.id ?? "";
  const places = {
    settings: { paths: { history, datasets, models: join(folder, "models") } },
    workingFolder: folder,
  };
  const { signal } = new AbortController();
  const [path = ""] = await pickSounds(places, {
    dataset: "better",
    ids: [id.slice(0, 5)],
    signal,
  });
  expect(path).toBe(`history/rain-7-${id}.wav`);
  expect(await readSound(join(recordingsFolder(datasets, "better"), path))).toEqual(sound);
});

test("the mark of a picked sound is no mark of a made one", () => {
  const origin = "history 3fa2, model rain 🌧, seed 7";
  const picked = writeWav(sound, { chunks: [pickedMark(origin)] });
  expect([isMadeHere(picked), originOf(picked)]).toEqual([false, origin]);
  expect(originOf(writeWav(sound, { madeHere: true }))).toBeUndefined();
  expect(originOf(writeWav(sound))).toBeUndefined();
});
