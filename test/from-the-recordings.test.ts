/** Everything from within the folder of recordings, as a newcomer does it: nothing lands in there. */

import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ended, endOf, startAwayFromHome, writePlucks } from "./support/etude-process.ts";

const SMALL =
  "--model mel --latent 4 --chunk-seconds 0.2 --batch-size 1 --threads 1 --epochs 1 --preview-every 0 --no-analysis".split(
    " ",
  );

let root: string;
let recordings: string;
let before: readonly string[];

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "etude here 🎻 ")));
  recordings = join(root, "recordings");
  await writePlucks(recordings, 6);
  const [first = ""] = await readdir(recordings);
  const whole = await readFile(join(recordings, first));
  await writeFile(join(recordings, "tape.wav"), whole.subarray(0, whole.length * 0.6));
  before = await readdir(recordings, { recursive: true });
});

afterAll(() => rm(root, { recursive: true }));

const here = (words: readonly string[]): Promise<Ended> =>
  endOf(startAwayFromHome(words, recordings, join(root, "home")));

test("trains, generates and evaluates beside the recordings, and leaves them as they are", async () => {
  const trained = await here(["train", ".", ...SMALL, "--json"]);
  expect(trained.exitCode).toBe(0);
  expect(trained.stdout).toContain('1 file is cut off; what is there is used: \\"tape.wav\\"');
  const run = join(root, "runs", "recordings");
  expect(await readdir(run)).toContain("model.etude");

  const made = await here(["generate", run, "--duration", "0.2", "--json"]);
  expect(made.exitCode).toBe(0);
  expect(JSON.parse(made.stdout)[0].path).toContain(join(root, "generated"));

  const inside = await here(["generate", run, "--duration", "0.2", "-o", "mine"]);
  expect(inside).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("lies in the corpus"),
  });
  const kept = await here(["evaluate", run, ".", "--keep", "kept"]);
  expect(kept).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("lies in the corpus"),
  });

  expect(await readdir(recordings, { recursive: true })).toEqual(before);
});

test("keeps what it makes out of version control, and out of a corpus around it", async () => {
  for (const folder of [join(root, "runs", "recordings"), join(root, "generated")]) {
    expect(await readFile(join(folder, ".gitignore"), "utf8")).toBe("*\n");
  }
  const around = await here(["corpus", "..", "--json"]);
  const { counts } = JSON.parse(around.stdout);
  expect(counts.used).toBe(7);
  expect(counts.madeHere).toBeGreaterThan(0);
});
