import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { nodeClock } from "../../host.node.ts";
import { writeModel } from "../model/model-file.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { blendFiles } from "./blend-files.node.ts";
import { keepModel } from "./keep-model.node.ts";
import { blendedModels, openMaker } from "./maker-of-record.node.ts";
import { recordBeside, regenerate } from "./regenerate.node.ts";
import type { SoundRecord } from "./sound-record.ts";
import type { SoundRequest } from "./sound-request.ts";
import { varySound } from "./vary.node.ts";

const model = tinyModel({ train: [], validation: [], totalSeconds: 1 });
const other = { ...model, weights: model.weights.map((weight, i) => weight + 0.2 * Math.sin(i)) };
const file = { format: "wav" } as const;
const { signal } = new AbortController();

let folder: string;
let runtime: Runtime;
let path: string;
let record: SoundRecord;
const places = () => ({
  settings: { paths: { models: join(folder, "models") } },
  workingFolder: folder,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude blends again 🎻 "));
  runtime = await openRuntime({ threads: 1 });
  for (const [i, one] of [model, other].entries()) {
    const modelFile = join(folder, `${i}.etude`);
    await writeFile(modelFile, await writeModel(one));
    await keepModel(modelFile, { library: join(folder, "models"), nowWallMs: i });
  }
  const parts = [
    { model, weight: 0.75 },
    { model: other, weight: 0.25 },
  ];
  const request: SoundRequest = {
    ...{ version: 1, seed: 3, sampleRate: 48_000, quality: "draft", length: 4800 },
    space: { kind: "stereo", width: 1 },
  };
  const options = { folder: join(folder, "sounds"), count: 1, request, file };
  const [made] = await blendFiles({ parts, mode: "latent" }, options, {
    runtime,
    clock: nodeClock,
  });
  path = made?.path ?? "";
  record = await recordBeside(path);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test("a blend is made again, sample by sample, of the models of the library", async () => {
  expect(await regenerate(record, { places: places(), signal })).toMatchObject({ isSame: true });
  const parts = await blendedModels(record.request.blend!, { places: places(), runtime, signal });
  expect(parts.map(({ weight }) => weight)).toEqual([0.75, 0.25]);
});

test("a blend has neighbours, which are blends", async () => {
  const maker = await openMaker(record, { places: places(), runtime, signal });
  const options = { around: { count: 1, amount: 0.3 }, folder: join(folder, "around"), file };
  const { paths, sheet } = await varySound({ record, maker }, options, {
    ...{ runtime, signal },
    clock: nodeClock,
  });
  await maker.release();
  const near = await recordBeside(paths[0] ?? "");
  expect(near.request.blend).toEqual(record.request.blend);
  expect(near.audio.sha256).not.toBe(record.audio.sha256);
  expect((await readFile(sheet)).subarray(1, 4).toString()).toBe("PNG");
});

test("another model instead of those of a blend is refused", async () => {
  const given = { places: places(), signal, model: "0.etude" };
  await expect(regenerate(record, given)).rejects.toThrow("it is a blend of 2");
});
