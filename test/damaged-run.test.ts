/** Runs whose files were damaged or changed: by the built command line, in the folder of one run. */

import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeModel } from "../src/sound/model/model-file.ts";
import { readTensorFile, writeTensorFile } from "../src/sound/model/safetensors.ts";
import { etudeHere } from "./support/command-here.ts";
import {
  type Ended,
  endOf,
  eventsOf,
  expectRefused,
  ofType,
  startEtude,
  writePlucks,
} from "./support/etude-process.ts";
import { tinyModel } from "./support/tiny-model.ts";

const SMALL =
  "--model mel --latent 4 --chunk-seconds 0.2 --batch-size 1 --threads 1 --seed 7 --preview-every 0 --no-analysis".split(
    " ",
  );

let folder: string;

const run = (words: readonly string[]): Promise<Ended> => endOf(startEtude(words, folder));
/** What is refused before any thread begins needs no process of its own. */
const refused = (words: readonly string[]): Promise<Ended> => etudeHere(words, folder);
const inRun = (name: string, file: string): string => join(folder, name, file);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude damaged 🎻 "));
  await writePlucks(join(folder, "sounds"), 4);
  const words = ["train", "sounds", "-o", "whole", ...SMALL, "--epochs", "1", "--json"];
  expect(await run(words)).toMatchObject({ exitCode: 0 });
});

afterAll(() => rm(folder, { recursive: true }));

/** A copy of the run, with one of its files changed. */
async function copyWith(
  name: string,
  file: string,
  change: (text: string) => string,
): Promise<string> {
  await cp(join(folder, "whole"), join(folder, name), { recursive: true });
  const path = inRun(name, file);
  await writeFile(path, change(await readFile(path, "utf8")));
  return name;
}

test("a resume exports all rows that can be read of a damaged log, and says what cannot", async () => {
  const steps = eventsOf(await readFile(inRun("whole", "events.jsonl"), "utf8")).filter(
    ({ type }) => type === "step-done",
  );
  expect(steps).toHaveLength(8);
  const name = await copyWith("damaged log", "events.jsonl", (text) => {
    const lines = text.split("\n");
    const at = lines.findIndex((line) => line.includes('"step-done"'));
    return [...lines.slice(0, at), '{"type":"step-do', ...lines.slice(at), '{"cut'].join("\n");
  });
  const words = [
    "resume",
    "--no-analysis",
    name,
    "--epochs",
    "2",
    "--export",
    "csv=rows.csv",
    "--json",
  ];
  const { exitCode, stderr } = await run(words);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stderr).toMatch(
    /^warning: 1 line of .*events\.jsonl" could not be read and was left out/m,
  );
  expect(stderr).toContain("is cut short and was left out");
  const rows: { step: string }[] = parse(await readFile(join(folder, "rows.csv")), {
    columns: true,
  });
  const told = new Set(rows.map(({ step }) => step));
  for (let step = 1; step <= 16; step += 1) expect(told).toContain(String(step));
});

test("a run whose log has no whole line goes on, and leaves no lock", async () => {
  const name = await copyWith("no log", "events.jsonl", () => '{"type":"run-sta');
  const { exitCode, stdout } = await run([
    "resume",
    "--no-analysis",
    name,
    "--epochs",
    "2",
    "--json",
  ]);
  expect(exitCode).toBe(0);
  expect(eventsOf(stdout)[0]).toMatchObject({ type: "run-started", resumedAtStep: 8, seq: 0 });
  expect(await readdir(join(folder, name))).not.toContain("lock");
});

test("a run of an earlier étude, without checksum of its record, goes on with a notice", async () => {
  const name = await copyWith("earlier", "run.json", (text) => {
    const { sha256: _, ...record } = JSON.parse(text);
    return JSON.stringify(record);
  });
  const checkpoints = inRun(name, "checkpoints");
  for (const file of await readdir(checkpoints)) {
    if (!file.startsWith("step-")) continue;
    const path = join(checkpoints, file);
    const { tensors, metadata } = await readTensorFile(await readFile(path), path);
    const { record: _, ...earlier } = metadata;
    await writeFile(path, await writeTensorFile({ tensors, metadata: earlier }));
  }
  const { exitCode, stdout } = await run([
    "resume",
    "--no-analysis",
    name,
    "--epochs",
    "2",
    "--json",
  ]);
  expect(exitCode).toBe(0);
  const codes = ofType(eventsOf(stdout), "notice").map(({ code }) => code);
  expect(codes).toContain("record-unsealed");
});

const SWAPPED = { train: "validation", validation: "train" } as Record<string, string>;

test.each([
  {
    what: "another learning rate",
    change: (text: string) => text.replace(/"learningRate": [^,]+/, '"learningRate": 0.0123'),
  },
  {
    what: "swapped sides",
    change: (text: string) =>
      text.replace(/"side": "(\w+)"/g, (_, side: string) => `"side": "${SWAPPED[side]}"`),
  },
])(
  "a run.json with $what is not resumed, with or without its checksum",
  async ({ what, change }) => {
    for (const isSealed of [true, false]) {
      const name = await copyWith(`${what} ${isSealed}`, "run.json", (text) => {
        const changed = change(text);
        expect(changed).not.toBe(text);
        const { sha256, ...record } = JSON.parse(changed);
        return JSON.stringify(isSealed ? { ...record, sha256 } : record);
      });
      const before = (await readdir(inRun(name, "checkpoints"))).toSorted();
      const ended = await refused(["resume", "--no-analysis", name, "--epochs", "2", "--json"]);
      expectRefused(
        ended,
        isSealed ? "was changed since" : "is not the one that the checkpoint",
        1,
      );
      expect((await readdir(inRun(name, "checkpoints"))).toSorted()).toEqual(before);
      expect(await readdir(join(folder, name))).not.toContain("lock");
    }
  },
);

test("a recording given as a model is called one, with the way to a model", async () => {
  const [file = ""] = await readdir(join(folder, "sounds"));
  const ended = await refused(["generate", join("sounds", file), "-o", "made"]);
  expectRefused(ended, "as a model: it is a recording");
  expect(ended.stderr).toContain("etude train FOLDER");
});

test("a model whose weights are beyond all measure makes no silent files", async () => {
  const { recipe: _, ...model } = tinyModel({ train: [], validation: [], totalSeconds: 3 });
  const weights = model.weights.map(() => 3e38);
  await writeFile(join(folder, "huge.etude"), await writeModel({ ...model, weights }));
  const ended = await run(["generate", "huge.etude", "-o", "silent", "--seed", "1", "--json"]);
  expectRefused(ended, 'Cannot generate with the model "tiny"', 1);
  const made = await readdir(join(folder, "silent"));
  expect(made.filter((file) => file !== ".gitignore")).toEqual([]);
});

test("a model that is shared tells neither where its recordings lay nor what they were called", async () => {
  const model = await readFile(inRun("whole", "model.etude"), "latin1");
  const names = await readdir(join(folder, "sounds"));
  expect(names.length).toBeGreaterThan(0);
  for (const private_ of [...names, folder, tmpdir()]) {
    expect(model).not.toContain(Buffer.from(private_).toString("latin1"));
  }
});
