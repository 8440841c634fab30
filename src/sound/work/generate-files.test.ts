import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { nodeClock } from "../../host.node.ts";
import { decodeBytes } from "../audio/codecs/decode.ts";
import { isMadeHere } from "../audio/corpus/made-here.ts";
import { modelIdentity } from "../model/model-identity.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { generateFiles } from "./generate-files.node.ts";
import { openSoundCrew } from "./sound-crew.node.ts";
import { readSoundRecord } from "./sound-record.ts";
import type { SoundRequest } from "./sound-request.ts";

const model = tinyModel({ train: [], validation: [], totalSeconds: 1 });
const request: SoundRequest = {
  version: 1,
  seed: 2 ** 32 - 1,
  sampleRate: 44_100,
  quality: "draft",
  length: 4410,
};

let folder: string;
let runtime: Runtime;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude sounds 🎻 "));
  runtime = await openRuntime({ threads: 1 });
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test("writes what makes a sound again beside it, and never over a file of the same stem", async () => {
  await writeFile(join(folder, "tiny-0.mp3"), "mine");
  const options = {
    folder,
    count: 2,
    request,
    file: { format: "wav", encoding: "int16" },
  } as const;
  const made = await generateFiles(model, options, { runtime, clock: nodeClock });
  expect((await readdir(folder)).toSorted()).toEqual([
    ...["tiny-0-take2.json", "tiny-0-take2.wav", "tiny-0.mp3"],
    ...["tiny-4294967295.json", "tiny-4294967295.wav"],
  ]);
  const [first, second] = await Promise.all(
    made.map(async ({ sidecar }) =>
      readSoundRecord(JSON.parse(await readFile(sidecar, "utf8")), sidecar),
    ),
  );
  expect(first).toMatchObject({
    model: { name: "tiny", sha256: await modelIdentity(model) },
    request,
    engine: { runtime: runtime.kind, threads: 1 },
    audio: { sampleRate: 44_100, channels: 1, length: 4410, durationSeconds: 0.1 },
    file: { name: "tiny-4294967295.wav", format: "wav", encoding: "int16" },
  });
  expect(second?.request.seed).toBe(0);
});

test("writes the format that is asked for, with tags, and says so beside it", async () => {
  const where = join(folder, "formats");
  for (const format of ["flac", "aiff", "mp3", "ogg", "opus"] as const) {
    const options = {
      folder: where,
      count: 1,
      request: { ...request, sampleRate: 48_000, seed: 3 },
      file: { format, tags: { title: "Rain — 🌧" } },
    };
    const [file] = await generateFiles(model, options, { runtime, clock: nodeClock });
    const bytes = new Uint8Array(await readFile(file!.path));
    expect(file).toMatchObject({ format, sampleRate: 48_000, durationSeconds: 4410 / 48_000 });
    expect(file!.path.endsWith(`.${format}`)).toBe(true);
    const outcome = await decodeBytes(bytes);
    expect(outcome).toMatchObject({ ok: true, sound: { sampleRate: 48_000 } });
    expect(isMadeHere(bytes)).toBe(true);
    const record = readSoundRecord(JSON.parse(await readFile(file!.sidecar, "utf8")), "it");
    expect(record.file).toEqual({
      name: basename(file!.path),
      format,
      ...(["flac", "aiff"].includes(format) && { encoding: "int24" }),
    });
  }
});

test("says what a format cannot hold before anything is made", async () => {
  const where = join(folder, "none");
  const options = {
    folder: where,
    count: 1,
    request: { ...request, sampleRate: 96_000 },
    file: { format: "mp3" },
  } as const;
  await expect(generateFiles(model, options, { runtime, clock: nodeClock })).rejects.toMatchObject({
    code: "format-unfit",
    exitCode: 2,
  });
  await expect(readdir(where)).rejects.toThrow();
});

test("does not begin what the disk will not hold", async () => {
  const options = {
    folder,
    count: 10_000,
    request: { ...request, sampleRate: 96_000, length: 1e9 },
  };
  await expect(generateFiles(model, options, { runtime, clock: nodeClock })).rejects.toThrow(
    /^Cannot write 10000 sounds into ".*": found .* free, need about 40\sTB$/,
  );
});

test("writes loops that say their tempo", async () => {
  const loop = { bars: 1, bpm: 240, beatsPerBar: 3, beatUnit: 4 };
  const options = { folder: join(folder, "loops"), count: 1, request: { ...request, loop } };
  const [made] = await generateFiles(model, options, { runtime, clock: nodeClock });
  const bytes = await readFile(made!.path);
  const outcome = await decodeBytes(bytes);
  expect(outcome.ok && outcome.sound.channels[0]!.length).toBe(33_075);
  for (const name of ["smpl", "acid", "cue "]) expect(bytes.includes(name)).toBe(true);
});

test("makes the same sounds in several threads, in order, and says what one cannot make", async () => {
  const crew = await openSoundCrew(model, runtime, 2);
  try {
    const batch = { count: 5, request: { ...request, seed: 7 } };
    const shares: number[] = [];
    const onProgress = (done: number): number => shares.push(done);
    const alone = await generateFiles(
      model,
      { ...batch, folder: join(folder, "alone") },
      { runtime, clock: nodeClock },
    );
    const together = await generateFiles(
      model,
      { ...batch, folder: join(folder, "together") },
      { runtime, clock: nodeClock, crew, onProgress },
    );
    expect(together.map(({ seed }) => seed)).toEqual([7, 8, 9, 10, 11]);
    for (const [i, { path }] of together.entries()) {
      expect(await readFile(path)).toEqual(await readFile(alone[i]!.path));
    }
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    const started = { ...batch, request: { ...request, controls: { brightness: 3 } } };
    await expect(
      generateFiles(model, { ...started, folder }, { runtime, clock: nodeClock, crew }),
    ).rejects.toMatchObject({ code: "controls-unmeasured", exitCode: 2 });
  } finally {
    await crew.close();
  }
});
