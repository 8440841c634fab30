/** `etude dataset` as two processes see it, and the datasets wherever a folder can stand. */

import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ended, endOf, startEtude, writePlucks } from "./support/etude-process.ts";

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "etude dataset 🎻 ")));
  await writePlucks(join(folder, "one"), 2);
  await writePlucks(join(folder, "two"), 3);
  // Builds once, before two processes ask for it.
  expect((await etude("--version")).exitCode).toBe(0);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function etude(...words: string[]): Promise<Ended> {
  return endOf(startEtude(words, folder));
}

test("two processes add to one dataset, and it can stand for a folder until it is removed", async () => {
  const added = await Promise.all(
    ["one", "two"].map((path) => etude("dataset", "add", "both", path)),
  );
  expect(added.map(({ exitCode }) => exitCode)).toEqual([0, 0]);

  const { stdout } = await etude("dataset", "list", "--json");
  const { datasets } = JSON.parse(stdout) as { datasets: { name: string; sources: object[] }[] };
  expect(datasets.map(({ name, sources }) => [name, sources.length])).toEqual([["both", 2]]);

  const report = JSON.parse((await etude("corpus", "@both", "--json")).stdout) as object;
  expect(report).toMatchObject({ counts: { total: 5, used: 3, duplicates: 2 } });

  const inside = await etude("corpus", "@both", "--export-augmented", "one/examples");
  expect(inside).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("lies in the corpus"),
  });

  expect((await etude("dataset", "remove", "both")).exitCode).toBe(0);
  expect((await readdir(join(folder, "one"))).length).toBe(2);
  const gone = await etude("corpus", "@both");
  expect(gone).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('called "both"') });
});

test("a part that has gone is named", async () => {
  await writePlucks(join(folder, "passing"), 1);
  expect((await etude("dataset", "add", "passing", "passing")).exitCode).toBe(0);
  await rm(join(folder, "passing"), { recursive: true });
  const { exitCode, stderr } = await etude("train", "@passing");
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("no longer there"),
  });
  expect((await etude("dataset", "info", "passing")).stdout).toContain("(no longer there)");
});
