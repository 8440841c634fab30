import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { modelPaths } from "./model-library.node.ts";
import type { Preset } from "./preset.ts";
import {
  deletePresets,
  describePreset,
  findPreset,
  type NewPreset,
  readPresets,
  renamePresets,
  savePreset,
} from "./presets.node.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude presets 🎻 "));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const place = () => ({ library: folder, modelId: "a".repeat(12) });
const names = async (): Promise<string[]> => (await readPresets(place())).map(({ name }) => name);

function preset(name: string, changes: Partial<NewPreset> = {}): NewPreset {
  const model = { name: "tiny", sha256: "0".repeat(64) };
  return { name, description: "", model, scales: {}, request: { seed: 1 }, ...changes };
}

function save(name: string, replace = false, nowWallMs = 1): Promise<Preset> {
  return savePreset(place(), preset(name), { replace, nowWallMs });
}

test("saves, finds, renames, describes and deletes, in folders that come and go", async () => {
  expect(await names()).toEqual([]);
  for (const name of ["pads/glass 2", "pads/glass 10", "dark", "airs/dark"]) await save(name);
  expect(await names()).toEqual(["airs/dark", "dark", "pads/glass 2", "pads/glass 10"]);
  const all = await readPresets(place());
  expect(findPreset(all, "DARK").name).toBe("dark");
  expect(findPreset(all, "glass 2").name).toBe("pads/glass 2");
  expect(() => findPreset(all, "glas")).toThrow('Cannot find a preset "glas"');

  await renamePresets(place(), "pads/", "low/pads");
  await deletePresets(place(), ["dark"]);
  await renamePresets(place(), "airs/", "/");
  expect(await names()).toEqual(["dark", "low/pads/glass 2", "low/pads/glass 10"]);
});

test("gives no name twice, and puts nothing into a folder over another", async () => {
  const first = await save("dark");
  await save("airs/dark");
  await expect(save("Dark")).rejects.toMatchObject({ code: "preset-taken", exitCode: 2 });
  await expect(renamePresets(place(), "airs/", "/")).rejects.toMatchObject({
    code: "preset-taken",
  });
  await expect(renamePresets(place(), "none/", "a")).rejects.toMatchObject({ exitCode: 2 });
  expect(await names()).toEqual(["airs/dark", "dark"]);
  const again = await save("Dark", true, 9);
  expect(again).toMatchObject({ id: first.id, name: "Dark", createdWallMs: 1, changedWallMs: 9 });
  await expect(deletePresets(place(), ["dark", "gone"])).rejects.toThrow("gone");
  expect(await names()).toHaveLength(2);
  await deletePresets(place(), ["airs/dark"]);
  expect(await names()).toEqual(["Dark"]);
});

test.each(["", " a", "a//b", "/a", "a:b", "a\nb", "a\\b", "x".repeat(121)])(
  "refuses %j as a name",
  async (name) => {
    await expect(save(name)).rejects.toMatchObject({ code: "preset-name", exitCode: 2 });
  },
);

test("keeps what a newer program wrote, and passes over what is none, telling of it", async () => {
  const { id } = await save("dark");
  const path = join(modelPaths(folder, place().modelId).presets, `${id}.json`);
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), stars: 5 }));
  await describePreset(place(), "dark", "as under a bridge");
  await save("dark", true, 2);
  expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ stars: 5 });
  await writeFile(path.replace(id, "f".repeat(12)), "{");
  const problems: string[] = [];
  expect(await readPresets(place(), ({ code }) => problems.push(code))).toHaveLength(1);
  expect(problems).toEqual(["preset-damaged"]);
  expect(await readdir(modelPaths(folder, place().modelId).presets)).toHaveLength(2);
});
