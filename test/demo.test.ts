/** `etude demo` from start to end. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { endOf, startEtude, writePlucks } from "./support/etude-process.ts";

test("`demo --json` prints nothing but JSON lines: the run, then each new sound", async () => {
  const folder = await mkdtemp(join(tmpdir(), "etude demo "));
  await writePlucks(join(folder, "plucks"), 6);
  const words = ["demo", "plucks", "-o", "made", "--minutes", "0.01", "-n", "2", "--no-analysis"];
  const { exitCode, stdout, stderr } = await endOf(startEtude([...words, "--json"], folder));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  const sounds = lines.slice(-2).map((line) => JSON.parse(line));
  expect(sounds).toMatchObject([{ seed: 1 }, { seed: 2 }]);
  expect(await readFile(sounds[0].path)).not.toHaveLength(0);
  expect(
    lines
      .slice(0, -2)
      .map((line) => JSON.parse(line))
      .at(-1),
  ).toMatchObject({
    type: "run-ended",
    outcome: "finished",
  });
  await rm(folder, { recursive: true });
});
