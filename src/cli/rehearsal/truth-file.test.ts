import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Truth } from "../../rehearsal/incidents/truth.ts";
import { openTruthFile } from "./truth-file.node.ts";

const header: Truth = {
  type: "truth",
  version: 2,
  source: "simulated",
  scene: "llm_pretraining",
  title: "a run",
  seed: 1,
  program: "etude 0.0.0",
  wallMs: 1.79e12,
};
const end: Truth = { type: "run-over", outcome: "finished", atMs: 9000, step: 4 };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude-truth-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("holds what it is told, in order, and no clock that nobody looks at", async () => {
  expect(await written(undefined, [0, 5000, 9000])).toEqual([header, end]);
});

test("looks at both clocks at the start of a run and every two seconds, where somebody watches", async () => {
  const clock = { ms: 5e11 };
  const lines = await written(() => {
    clock.ms += 700;
    return clock.ms;
  }, [0, 1000, 2000, 3000, 4000]);
  expect(lines).toEqual([
    header,
    { type: "clock", atMs: 0, shownWallMs: 5e11 + 700 },
    { type: "clock", atMs: 3000, shownWallMs: 5e11 + 2800 },
    end,
  ]);
});

test("makes the folders on the way, as exports do", async () => {
  const path = join(folder, "some", "where", "truth.jsonl");
  await (await openTruthFile(path)).close();
  expect(await readFile(path, "utf8")).toBe("");
});

test("says which file it could not make, and why", async () => {
  const inTheWay = join(folder, "file");
  await writeFile(inTheWay, "");
  await expect(openTruthFile(join(inTheWay, "truth.jsonl"))).rejects.toMatchObject({
    code: "file-not-written",
    message: expect.stringMatching(/truth\.jsonl": a file is where a folder is needed$/),
  });
});

test.runIf(existsSync("/dev/full"))("says that the disk is full, and what to do then", async () => {
  const file = await openTruthFile("/dev/full");
  file.add(header);
  await expect(file.close()).rejects.toMatchObject({
    code: "disk-full",
    hint: expect.stringContaining("Free some space"),
  });
});

async function written(wallMs: (() => number) | undefined, times: readonly number[]) {
  const path = join(folder, "truth.jsonl");
  const file = await openTruthFile(path, wallMs);
  file.add(header);
  for (const atMs of times) file.passed(atMs);
  file.add(end);
  await file.close();
  const text = await readFile(path, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
