import { chmod, mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultConfig } from "../library/config.node.ts";
import { defaultOutside, requireOutside } from "./outside-corpus.node.ts";

let root: string;
let corpus: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "etude outside 🎻 ")));
  corpus = join(root, "music", "recordings");
  await mkdir(join(corpus, "deep"), { recursive: true });
});

afterEach(async () => {
  await chmod(join(root, "music"), 0o700);
  await rm(root, { recursive: true });
});

/** As for somebody who is in that folder. */
function runsFrom(workingFolder: string): Promise<string> {
  const environment = { XDG_DATA_HOME: join(root, "data") };
  const { settings } = defaultConfig({ workingFolder, environment });
  return defaultOutside(settings.paths.runs, corpus, { settings });
}

describe("defaultOutside()", () => {
  test("leaves a folder alone that lies outside of the corpus", async () => {
    expect(await runsFrom(root)).toBe(join(root, "runs"));
    expect(await runsFrom(join(root, "music"))).toBe(join(root, "music", "runs"));
  });

  test("goes beside the corpus for whoever is in it", async () => {
    expect(await runsFrom(corpus)).toBe(join(root, "music", "runs"));
    expect(await runsFrom(join(corpus, "deep"))).toBe(join(root, "music", "runs"));
  });

  test("sees through links into the corpus", async () => {
    await symlink(corpus, join(root, "linked"));
    expect(await runsFrom(join(root, "linked"))).toBe(join(root, "music", "runs"));
  });

  test.skipIf(process.getuid?.() === 0)(
    "goes into the data folder where nothing can be written beside the corpus",
    async () => {
      await chmod(join(root, "music"), 0o500);
      expect(await runsFrom(corpus)).toBe(join(root, "data", "etude", "runs"));
    },
  );

  test("goes beside the part of a dataset that it would lie in", async () => {
    const dataset = join(root, "library", "all");
    await mkdir(dataset, { recursive: true });
    await symlink(corpus, join(dataset, "recordings"));
    const { settings } = defaultConfig({ workingFolder: corpus, environment: {} });
    const runs = await defaultOutside(settings.paths.runs, dataset, { settings });
    expect(runs).toBe(join(root, "music", "runs"));
    await requireOutside(runs, dataset, "runs");
  });
});

test("requireOutside() refuses the corpus, what is in it, and a link that leads there", async () => {
  await symlink(corpus, join(root, "linked"));
  for (const folder of [corpus, join(corpus, "new", "run"), join(root, "linked", "run")]) {
    await expect(requireOutside(folder, corpus, "runs")).rejects.toMatchObject({
      code: "inside-corpus",
      exitCode: 2,
    });
  }
  await requireOutside(`${corpus}-runs`, corpus, "runs");
});
