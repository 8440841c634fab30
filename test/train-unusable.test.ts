/** Folders that cannot be learned from, as a person meets them. */

import { access, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endOf, eventsOf, startEtude } from "./support/etude-process.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude unusable ä "));
  await mkdir(join(folder, "empty"));
  await mkdir(join(folder, "garbage"));
  await writeFile(join(folder, "garbage", "a.wav"), "no sound at all");
  await writeFile(join(folder, "garbage", "b.flac"), new Uint8Array(3000).fill(7));
  // Builds once, so that no test below pays for it.
  await endOf(startEtude(["--version"], folder));
});
afterAll(() => rm(folder, { recursive: true }));

function isThere(...path: string[]): Promise<boolean> {
  return access(join(folder, ...path)).then(
    () => true,
    () => false,
  );
}

describe("etude train on a folder without a usable sound", () => {
  test.each([
    { corpus: "empty", says: "it holds no files" },
    { corpus: "garbage", says: "none of its 2 files can be used as sound" },
  ])("$corpus: one error, exit code 2, and nothing is left", async ({ corpus, says }) => {
    const words = ["train", corpus, "-o", join("new", "runs", "one")];
    const { exitCode, stdout, stderr } = await endOf(startEtude(words, folder));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr.split(says)).toHaveLength(2);
    expect(stderr).toMatch(
      /failed: at step 0 after [^:]*\netude: Cannot use [^\n]*\n {2}Put [^\n]*\n$/,
    );
    expect(await isThere("new")).toBe(false);
  });

  test("leaves a folder that was there, and what is in the one around it", async () => {
    await mkdir(join(folder, "mine", "run"), { recursive: true });
    for (const run of ["run", "other"]) {
      await endOf(startEtude(["train", "empty", "-o", join("mine", run)], folder));
    }
    expect(await readdir(join(folder, "mine"))).toEqual(["run"]);
    expect(await readdir(join(folder, "mine", "run"))).toEqual([]);
  });

  test("gives the reason in the last event with --json", async () => {
    const { stdout } = await endOf(startEtude(["train", "garbage", "-o", "r", "--json"], folder));
    expect(eventsOf(stdout).at(-1)).toMatchObject({
      type: "run-ended",
      outcome: "failed",
      reason: expect.stringContaining("none of its 2 files"),
    });
    expect(await isThere("r")).toBe(false);
  });
});
