import { mkdir, mkdtemp, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { renameModel, tagModel } from "../library/change-model.node.ts";
import { modelPaths, readManifest, readModels } from "../library/model-library.node.ts";
import { writeModel } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import { exportModel } from "./export-model.node.ts";
import { findModel } from "./find-model.node.ts";
import { keepModel } from "./keep-model.node.ts";
import { repairLibrary } from "./repair-library.node.ts";

const recording = { contentHash: "c".repeat(64) };
const model = tinyModel({
  train: [recording, recording],
  validation: [recording],
  totalSeconds: 9,
});

let folder: string;
let library: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude models 🎻 "));
  [library, file] = [join(folder, "models"), join(folder, "tiny.etude")];
  await writeFile(file, await writeModel(model));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const keep = () => keepModel(file, { library, nowWallMs: 5 });

test("fills in all that a file says, under the identity of what was learned", async () => {
  const { manifest } = await keep();
  const sha256 = await modelIdentity(model);
  expect(manifest).toMatchObject({
    sha256,
    id: sha256.slice(0, 12),
    name: "tiny",
    addedWallMs: 5,
    facts: {
      architecture: "spectral",
      parameters: model.weights.length,
      latentSize: 4,
      trainRecordings: 2,
      validationRecordings: 1,
      corpusSeconds: 9,
    },
  });
});

test("an exported model is the same model, and brings its name and tags along", async () => {
  const { manifest } = await keep();
  await renameModel(library, manifest.id, "glass 🎷");
  const about = await tagModel(library, manifest.id, { add: ["wet"], remove: [] });
  const target = join(folder, "out.etude");
  const from = modelPaths(library, manifest.id).model;
  await exportModel(from, target, { about, overwrite: false });
  await expect(exportModel(from, target, { about, overwrite: false })).rejects.toThrow(
    "there already",
  );
  const other = join(folder, "other");
  const { manifest: again } = await keepModel(target, { library: other, nowWallMs: 6 });
  expect(again).toMatchObject({ id: manifest.id, name: "glass 🎷", tags: ["wet"] });
});

test("a file or a run folder wins over a name, a path is nothing else", async () => {
  const { manifest } = await keep();
  const places = { settings: { paths: { models: library } }, workingFolder: folder };
  const kept = { path: modelPaths(library, manifest.id).model, manifest };
  expect(await findModel(places, "tin")).toEqual(kept);
  expect(await findModel(places, manifest.id)).toEqual(kept);
  expect(await findModel(places, "tiny.etude")).toEqual({ path: file });
  await mkdir(join(folder, "tiny"));
  expect(await findModel(places, "tiny")).toEqual(kept);
  await writeFile(join(folder, "tiny", "run.json"), "{}");
  expect(await findModel(places, "tiny")).toEqual({ path: join(folder, "tiny") });
  expect(await findModel(places, "./absent")).toEqual({ path: join(folder, "absent") });
  await expect(findModel(places, "tyny")).rejects.toMatchObject({
    code: "model-not-found",
    hint: 'Did you mean "tiny"?',
    exitCode: 2,
  });
});

test("names the ids where a word fits several", async () => {
  const { manifest } = await keep();
  const other = { ...model, weights: model.weights.map((weight) => weight / 2) };
  await writeFile(file, await writeModel(other));
  const second = (await keep()).manifest;
  const places = { settings: { paths: { models: library } }, workingFolder: folder };
  expect(second.name).toBe("tiny-2");
  expect((await findModel(places, "tiny")).manifest?.id).toBe(manifest.id);
  const refused = findModel(places, "tin");
  await expect(refused).rejects.toMatchObject({ code: "model-ambiguous", exitCode: 2 });
  await expect(refused).rejects.toThrow(`${manifest.id} (tiny)`);
  await expect(refused).rejects.toThrow(`${second.id} (tiny-2)`);
});

test("repair mends what a crash, a hand or a disk did, and says so", async () => {
  const { manifest } = await keep();
  const paths = modelPaths(library, manifest.id);
  expect(await repairLibrary(library, { dryRun: false, nowWallMs: 7 })).toEqual([]);

  await writeFile(paths.manifest, "{");
  const aside = join(library, ".adding-abc-1-0");
  await mkdir(aside);
  await utimes(aside, 1, 1);
  await mkdir(join(library, "0".repeat(12)));
  await rename(file, join(library, "stray.etude"));
  const nowWallMs = 1e12;
  const seen = await repairLibrary(library, { dryRun: true, nowWallMs });
  expect(await readdir(aside)).toEqual([]);
  expect(seen.map(({ remedy }) => remedy).toSorted()).toEqual([
    "deleted",
    "moved to the trash",
    "taken into the library",
    "written anew from the model file",
  ]);
  expect(await repairLibrary(library, { dryRun: false, nowWallMs })).toEqual(seen);
  expect(await repairLibrary(library, { dryRun: false, nowWallMs })).toEqual([]);
  expect(readModels(library)).toEqual([readManifest(library, manifest.id)]);
  expect(await readdir(paths.folder)).toContain("manifest.json.damaged");
});
