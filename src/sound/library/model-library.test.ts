import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { manifestOf } from "../../../test/support/library-models.ts";
import type { UserError } from "../../errors.ts";
import { describeModel, renameModel, tagModel } from "./change-model.node.ts";
import {
  type AddedModel,
  addModel,
  emptyTrash,
  modelPaths,
  readManifest,
  readModels,
  restoreModel,
  trashFolder,
  trashModel,
} from "./model-library.node.ts";

let folder: string;
let library: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude library 🎻 "));
  library = join(folder, "models");
  await writeFile(join(folder, "a.etude"), "weights");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function add(n: number, name: string): Promise<AddedModel> {
  const { id: _, ...manifest } = manifestOf(n, { name });
  return addModel(library, { manifest, modelFile: join(folder, "a.etude") });
}

const ID = manifestOf(1).id;

test("holds nothing before the first model, and keeps all of it out of version control", async () => {
  expect(readModels(library)).toEqual([]);
  await add(1, "pad");
  expect((await readdir(library)).toSorted()).toEqual([ID, ".gitignore"].toSorted());
  expect(await readFile(modelPaths(library, ID).model, "utf8")).toBe("weights");
});

test("knows a model again, and gives no name twice", async () => {
  expect((await add(1, "pad")).isNew).toBe(true);
  expect(await add(1, "other")).toMatchObject({ isNew: false, manifest: { name: "pad" } });
  expect((await add(2, "PAD")).manifest.name).toBe("PAD-2");
  expect((await add(3, "pad")).manifest.name).toBe("pad-3");
  await expect(renameModel(library, ID, "Pad-3")).rejects.toThrow("is called so");
  expect((await renameModel(library, ID, "Pad")).name).toBe("Pad");
});

test.each(["", " pad", "a/b", "a\\b", "a\nb", "x".repeat(101)])(
  "refuses %j as a name",
  async (name) => {
    await add(1, "pad");
    expect(() => renameModel(library, ID, name)).toThrow("Cannot call a model");
  },
);

test("keeps what a newer program wrote into a manifest through every change", async () => {
  await add(1, "pad");
  const { manifest: path } = modelPaths(library, ID);
  const written = JSON.parse(await readFile(path, "utf8"));
  const later = { ...written, stars: 5, facts: { ...written.facts, key: "A" } };
  await writeFile(path, JSON.stringify(later));
  await renameModel(library, ID, "glass");
  await describeModel(library, ID, "cold");
  await tagModel(library, ID, { add: ["#wet", "dry", "wet "], remove: ["dry"] });
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual({
    ...later,
    name: "glass",
    description: "cold",
    tags: ["wet"],
  });
});

test("moves a model to the trash with all that is its own, and back under a free name", async () => {
  await add(1, "pad");
  await writeFile(join(modelPaths(library, ID).folder, "presets.json"), "mine");
  await trashModel(library, ID);
  expect(readModels(library)).toEqual([]);
  expect(readModels(trashFolder(library))).toHaveLength(1);
  await add(2, "pad");
  expect((await restoreModel(library, ID)).name).toBe("pad-2");
  expect(await readFile(join(modelPaths(library, ID).folder, "presets.json"), "utf8")).toBe("mine");
  await trashModel(library, ID);
  expect(await emptyTrash(library)).toMatchObject({ models: 1 });
  expect(await readdir(trashFolder(library))).toEqual([".gitignore"]);
});

describe("readModels()", () => {
  test.each([
    { says: "need JSON", change: () => "{" },
    { says: "name: found undefined", change: () => ({ name: undefined }) },
    { says: "it is of the model", change: () => ({ id: "000000000002" }) },
    { says: "version: found 2", change: () => ({ version: 2 }) },
  ])("passes over a manifest and tells of it: $says", async ({ says, change }) => {
    await add(1, "pad");
    await add(2, "bell");
    const { manifest: path } = modelPaths(library, ID);
    const changed = change();
    const whole = { ...readManifest(library, ID), ...Object(changed) };
    await writeFile(path, typeof changed === "string" ? changed : JSON.stringify(whole));
    const problems: UserError[] = [];
    const models = readModels(library, (problem) => problems.push(problem));
    expect(models.map(({ name }) => name)).toEqual(["bell"]);
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining(says)]);
  });
});
