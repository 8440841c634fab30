import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { saveCheckpoint } from "../../sound/train/checkpoints.ts";
import { folderStore } from "../../sound/train/folder-store.node.ts";
import { progressAtStart } from "../../sound/train/progress.ts";
import { writeRecord } from "../../sound/train/record-file.ts";
import { lockRun, runPaths } from "../../sound/train/run-folder.node.ts";
import { completeSettings } from "../../sound/train/settings.ts";
import type { CommandContext } from "../context.ts";
import { list, prune } from "./runs.node.ts";

let folder: string;
let said: { stdout: string; stderr: string };
let context: CommandContext;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude runs 🎻 "));
  said = { stdout: "", stderr: "" };
  const outputTo = (name: keyof typeof said) => ({
    write: (text: string) => {
      said[name] += text;
    },
  });
  context = {
    stdout: outputTo("stdout"),
    stderr: outputTo("stderr"),
    json: false,
    workingFolder: folder,
    settings: { paths: { runs: join(folder, "runs") } },
  } as unknown as CommandContext;
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A run that was stopped after three checkpoints. */
async function makeRun(name: string, steps = [8, 16, 24]): Promise<string> {
  const path = join(folder, "runs", name);
  await mkdir(runPaths(path).checkpoints, { recursive: true });
  await writeRecord(folderStore(path), {
    format: "etude-run",
    version: 1,
    program: "etude test",
    name,
    corpusFolder: "/sounds",
    createdWallMs: 5,
    settings: completeSettings(3, {}),
    device: "auto",
    threads: 1,
    files: [{ path: "a.wav", bytes: 3, sha256: "5a".repeat(32), frameCount: 1, side: "both" }],
  });
  const numbers = new Float32Array(50);
  for (const step of steps) {
    await saveCheckpoint(folderStore(path), {
      learner: {
        weights: numbers,
        moment: numbers,
        variance: numbers,
        average: numbers,
        statistics: numbers,
      },
      data: { random: 1, deck: [0] },
      progress: { ...progressAtStart(9), step },
    });
  }
  return path;
}

const kept = (path: string): Promise<string[]> => readdir(runPaths(path).checkpoints);
const json = (): CommandContext => ({ ...context, json: true });

describe("etude runs list", () => {
  test("tells each run with its state and size", async () => {
    await makeRun("new", []);
    const path = await makeRun("rain");
    const working = await makeRun("wind");
    await writeFile(runPaths(await makeRun("sea")).model, "model");
    await mkdir(join(folder, "runs", "no run"));
    const lock = await lockRun(working);
    expect(await list(json(), { folder: undefined })).toBe(0);
    await lock.release();
    const { runs } = JSON.parse(said.stdout);
    expect(runs.map(({ name, state }: { name: string; state: string }) => [name, state])).toEqual([
      ["new", "not-begun"],
      ["rain", "stopped"],
      ["sea", "finished"],
      ["wind", "at-work"],
    ]);
    const files = [
      runPaths(path).record,
      ...(await kept(path)).map((name) => join(runPaths(path).checkpoints, name)),
    ];
    const sizes = await Promise.all(files.map(async (file) => (await readFile(file)).length));
    expect(runs[1]).toMatchObject({
      folder: path,
      createdWallMs: 5,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
    });
  });

  test("is for people too, and says so where there is none", async () => {
    await list(context, { folder: undefined });
    expect(said).toEqual({ stdout: "", stderr: expect.stringContaining("There is no run yet") });
    await makeRun("rain");
    await list(context, { folder: "runs" });
    // A pipe, so grep finds the size.
    expect(said.stdout).toMatch(/^runs.rain {2}stopped {4}[\d.]+ k?B\n$/);
  });

  test("warns of a run that cannot be read, and tells the others", async () => {
    await writeFile(runPaths(await makeRun("bad")).record, "{");
    await makeRun("rain");
    expect(await list(context, { folder: undefined })).toBe(0);
    expect(said.stderr).toContain("warning: Cannot open");
    expect(said.stdout).toContain("rain");
  });
});

describe("etude runs prune", () => {
  const values = { folder: undefined, dryRun: false };

  test("leaves the newest checkpoint of each run, and says what that freed", async () => {
    const paths = [await makeRun("rain"), await makeRun("sea", [8])];
    const before = (
      await readFile(join(runPaths(paths[0] ?? "").checkpoints, "step-00000008.safetensors"))
    ).length;
    expect(await prune(json(), values)).toBe(0);
    expect(await Promise.all(paths.map(kept))).toEqual([
      ["step-00000024.safetensors"],
      ["step-00000008.safetensors"],
    ]);
    const told = JSON.parse(said.stdout);
    expect(told).toMatchObject({ dryRun: false, runs: [{ folder: paths[0] }] });
    expect(told.runs[0].files).toContainEqual({
      path: join(runPaths(paths[0] ?? "").checkpoints, "step-00000008.safetensors"),
      bytes: before,
    });
    expect(told.bytes).toBe(told.runs[0].bytes);
    expect(await readdir(paths[0] ?? "")).not.toContain("lock");
    expect(await prune(context, values)).toBe(0);
    expect(said.stderr).toContain("There is nothing to delete.");
  });

  test("with --dry-run tells the same and deletes nothing", async () => {
    const path = await makeRun("rain");
    await prune({ ...context, json: true }, { ...values, dryRun: true });
    const { dryRun, ...would } = JSON.parse(said.stdout);
    expect(dryRun).toBe(true);
    expect(await kept(path)).toHaveLength(3);
    said.stdout = "";
    await prune(json(), values);
    const { dryRun: _, ...did } = JSON.parse(said.stdout);
    expect(did).toEqual(would);
  });

  test.each([true, false])(
    "leaves a run alone that somebody works on (dry run: %s)",
    async (dryRun) => {
      const path = await makeRun("rain");
      const lock = await lockRun(path);
      expect(await prune(context, { folder: join("runs", "rain"), dryRun })).toBe(1);
      await lock.release();
      expect(said.stderr).toContain("is working on it");
      expect(await kept(path)).toHaveLength(3);
    },
  );

  test("leaves every checkpoint where none is whole", async () => {
    const path = await makeRun("rain");
    for (const name of await kept(path)) await truncate(join(runPaths(path).checkpoints, name), 9);
    expect(await prune(context, values)).toBe(1);
    expect(await kept(path)).toHaveLength(3);
  });

  test("says so where there is no such folder", async () => {
    await expect(prune(context, { ...values, folder: "nowhere" })).rejects.toMatchObject({
      code: "runs-not-found",
      exitCode: 2,
    });
  });
});
