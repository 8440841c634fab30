import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listFiles } from "../audio/corpus/list-files.node.ts";
import {
  addToDataset,
  listDatasets,
  missingSources,
  readDataset,
  removeDataset,
} from "./datasets.node.ts";
import { withLock } from "./lock.node.ts";

let folder: string;
let library: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "etude datasets 🎻 ")));
  library = join(folder, "library");
  for (const path of ["rain/a.wav", "rain/deep/b.wav", "wind/a.wav", ".hidden/c.wav", "one.wav"]) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), path);
  }
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const at = (path: string): string => join(folder, path);

async function filesOf(name: string): Promise<string[]> {
  return (await listFiles((await readDataset(library, name)).folder)).map(({ path }) => path);
}

describe("a dataset", () => {
  test("of one folder is that folder", async () => {
    const dataset = await addToDataset(library, "rain", [at("rain")]);
    expect(dataset).toEqual({
      name: "rain",
      sources: [{ kind: "folder", path: at("rain") }],
      folder: at("rain"),
    });
    expect(await readdir(library)).toEqual(["rain.json"]);
  });

  test("of several parts is a folder that leads to all of them, hidden ones too", async () => {
    await addToDataset(library, "all", [at("rain"), at("one.wav"), at(".hidden")]);
    expect(await filesOf("all")).toEqual([
      "hidden/c.wav",
      "one.wav",
      "rain/a.wav",
      "rain/deep/b.wav",
    ]);
  });

  test("keeps parts of the same name apart, and takes each part once", async () => {
    await mkdir(at("other/rain"), { recursive: true });
    await writeFile(at("other/rain/z.wav"), "z");
    await addToDataset(library, "all", [at("rain"), at("other/rain"), at("rain/../rain")]);
    expect(await filesOf("all")).toEqual(["rain 2/z.wav", "rain/a.wav", "rain/deep/b.wav"]);
  });

  test("grows by what is added later, without what was there", async () => {
    await addToDataset(library, "all", [at("rain")]);
    const { sources } = await addToDataset(library, "all", [at("wind"), at("rain")]);
    expect(sources.map(({ path }) => basename(path))).toEqual(["rain", "wind"]);
    expect(await filesOf("all")).toEqual(["rain/a.wav", "rain/deep/b.wav", "wind/a.wav"]);
  });

  test("keeps the fields that it does not know", async () => {
    await addToDataset(library, "rain", [at("rain")]);
    const path = join(library, "rain.json");
    const manifest = JSON.parse(await readFile(path, "utf8")) as object;
    await writeFile(path, JSON.stringify({ ...manifest, colour: "blue", nested: { deep: [1] } }));
    await addToDataset(library, "rain", [at("wind")]);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({
      colour: "blue",
      nested: { deep: [1] },
      sources: [{ path: at("rain") }, { path: at("wind") }],
    });
  });

  test("can be removed: the name goes, recordings and other datasets stay", async () => {
    await addToDataset(library, "all", [at("rain"), at("one.wav")]);
    await addToDataset(library, "wind", [at("wind")]);
    await removeDataset(library, "all");
    expect(await readdir(library)).toEqual(["wind.json"]);
    expect((await listFiles(folder)).map(({ path }) => path)).toEqual([
      "library/wind.json",
      "one.wav",
      "rain/a.wav",
      "rain/deep/b.wav",
      "wind/a.wav",
    ]);
  });

  test("that somebody put a file into keeps that file when it is removed", async () => {
    await addToDataset(library, "all", [at("rain"), at("one.wav")]);
    await writeFile(join(library, "all", "mine.wav"), "mine");
    await removeDataset(library, "all");
    expect(await readdir(join(library, "all"))).toEqual(["mine.wav"]);
  });

  test("knows which of its parts have gone", async () => {
    const dataset = await addToDataset(library, "all", [at("rain"), at("one.wav")]);
    expect(await missingSources(dataset)).toEqual([]);
    await rm(at("one.wav"));
    expect(await missingSources(dataset)).toEqual([{ kind: "file", path: at("one.wav") }]);
  });
});

test.each(["", "../x", "a/b", "-a", ".a", "a b", "x".repeat(65), "a\n"])(
  "a dataset cannot be called %j",
  async (name) => {
    const refused = { code: "dataset-name", exitCode: 2 };
    await expect(addToDataset(library, name, [at("rain")])).rejects.toMatchObject(refused);
    await expect(removeDataset(library, name)).rejects.toMatchObject(refused);
  },
);

test("addToDataset() names a part that is not there, and makes nothing", async () => {
  const adding = addToDataset(library, "all", [at("rain"), at("nothing")]);
  await expect(adding).rejects.toMatchObject({
    code: "dataset-source-missing",
    message: expect.stringContaining(at("nothing")),
  });
  await expect(readDataset(library, "all")).rejects.toMatchObject({ code: "dataset-not-found" });
});

test("listDatasets() gives them by name, and tells of one that is damaged", async () => {
  await addToDataset(library, "b", [at("rain")]);
  await addToDataset(library, "a", [at("wind")]);
  await writeFile(join(library, "c.json"), "{");
  await writeFile(
    join(library, "d.json"),
    JSON.stringify({ format: "etude-dataset", version: 99, sources: [] }),
  );
  const damaged: string[] = [];
  const found = await listDatasets(library, ({ code }) => damaged.push(code));
  expect(found.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(damaged).toEqual(["dataset-damaged", "dataset-newer"]);
  expect(await listDatasets(join(library, "absent"), () => undefined)).toEqual([]);
});

test("many at once lose nothing", async () => {
  const paths = ["rain", "wind", ".hidden", "one.wav", "rain/a.wav", "rain/deep"].map(at);
  await Promise.all(paths.map((path) => addToDataset(library, "all", [path])));
  const { sources } = await readDataset(library, "all");
  expect(sources.map(({ path }) => path).toSorted()).toEqual(paths.toSorted());
  expect(await readdir(library)).not.toContain("lock");
});

describe("withLock()", () => {
  test("takes over the lock of a process that is gone", async () => {
    await mkdir(library);
    // No process has this number: it is above the largest that systems give.
    await writeFile(join(library, "lock"), JSON.stringify({ pid: 2 ** 30, host: hostname() }));
    expect(await withLock(join(library, "lock"), async () => "done")).toBe("done");
    expect(await readdir(library)).toEqual([]);
  });

  test("lets go when the work fails", async () => {
    const failing = withLock(join(library, "lock"), () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(await readdir(library)).toEqual([]);
  });
});
