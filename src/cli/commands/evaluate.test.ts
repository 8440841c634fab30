import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { learnedWeights } from "../../../test/support/learned-weights.ts";
import { tinyModel, tinyShape } from "../../../test/support/tiny-model.ts";
import { sine } from "../../../test/support/tones.ts";
import { writeWav } from "../../sound/audio/codecs/wav-write.ts";
import { defaultConfig } from "../../sound/library/config.node.ts";
import { writeModel } from "../../sound/model/model-file.ts";
import type { Evaluation } from "../../sound/work/evaluate.ts";
import type { CommandContext } from "../context.ts";
import { run } from "./evaluate.node.ts";

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "etude-evaluate-"));
  const tones = ["one.wav", "two.wav", "sub/three.wav", "sub/held.wav", "held.wav"];
  const identities = new Map<string, { contentHash: string }>();
  for (const [i, path] of tones.entries()) {
    const samples = sine({ hz: 300 * (i + 1), rateHz: 22_050, length: 6000 + 300 * i });
    const file = join(root, "sounds", path);
    await mkdir(dirname(file), { recursive: true });
    const bytes = writeWav({ sampleRate: 22_050, channels: [samples] });
    await writeFile(file, bytes);
    identities.set(path, { contentHash: createHash("sha256").update(bytes).digest("hex") });
  }
  const identitiesOf = (paths: readonly string[]) =>
    paths.flatMap((path) => identities.get(path) ?? []);
  await mkdir(join(root, "run"));
  const model = tinyModel({
    train: identitiesOf(["one.wav", "sub/three.wav", "two.wav"]),
    validation: identitiesOf(["held.wav", "sub/held.wav"]),
    totalSeconds: 2,
  });
  // Without latents there is nothing to generate from, which takes the longest.
  const latents = {
    means: new Float32Array(0),
    lengths: [],
    texture: new Float32Array(0),
    loudness: new Float32Array(0),
    references: [],
  };
  await writeFile(join(root, "run", "model.etude"), await writeModel({ ...model, latents }));
  const heard = [250, 400, 700, 1000, 1300, 1600].map((hz) =>
    sine({ hz, rateHz: 48_000, length: 12_000 }),
  );
  const learned = { ...model, latents, weights: await learnedWeights(model, heard) };
  await mkdir(join(root, "learned"));
  await writeFile(join(root, "learned", "model.etude"), await writeModel(learned));
});
afterAll(() => rm(root, { recursive: true }));

interface Said {
  readonly context: CommandContext;
  readonly stdout: () => string;
}

function said({ json, signal }: { readonly json: boolean; readonly signal?: AbortSignal }): Said {
  let text = "";
  const place = { isTerminal: false, columns: 80, colour: false, taken: () => undefined };
  const { settings } = defaultConfig({
    workingFolder: root,
    environment: { XDG_DATA_HOME: join(root, "data") },
  });
  return {
    stdout: () => text,
    context: {
      given: new Set(),
      isDeviceGiven: false,
      stdout: { ...place, write: (part) => (text += part) },
      stderr: { ...place, write: () => {} },
      clock: { nowMs: () => 0, wallMs: () => 0, sleep: async () => {} },
      signal: signal ?? new AbortController().signal,
      settings: { ...settings, hardware: { ...settings.hardware, threads: 1 } },
      config: { path: "", exists: false, problem: null },
      json,
      verbose: false,
      program: "etude 0.0.0",
      workingFolder: root,
    },
  };
}

const usual = {
  model: "run",
  folder: "sounds",
  split: "held-out",
  trainedOn: undefined,
  keep: undefined,
  threads: 1,
} as const;

describe("etude evaluate", () => {
  test("measures held-out files by every method and keeps what it heard", async () => {
    const { context, stdout } = said({ json: true });
    expect(await run(context, { ...usual, keep: "kept" })).toBe(0);
    const evaluation = JSON.parse(stdout()) as Evaluation;

    expect(evaluation.rows.map(({ path }) => path)).toEqual(["held.wav", "sub/held.wav"]);
    const names = ["model", "untrained", "pca", "copy"];
    expect(evaluation.methods.map(({ name }) => name)).toEqual(names);
    const perSecond = (tinyShape.latentSize * 48_000) / 512 / tinyShape.groupFrames;
    expect(evaluation.methods.map((method) => method.numbersPerSecond)).toEqual([
      perSecond,
      perSecond,
      perSecond,
      null,
    ]);
    const [model, untrained, pca, copy] = evaluation.methods.map(({ summary }) => summary);
    // The model has not taken a step; a file's own magnitudes beat everything.
    expect(model).toEqual(untrained);
    expect(copy?.melL1Db.worst).toBeLessThan(1);
    expect(pca?.melL1Db.mean).toBeGreaterThan(copy?.melL1Db.mean ?? Number.POSITIVE_INFINITY);
    expect(evaluation.training).toBe("nothing");
    expect(evaluation.novelty).toBeNull();
    expect(evaluation.notes).toEqual([]);

    expect((await readdir(join(root, "kept"))).sort()).toEqual(
      [".gitignore", ...names, "reference"].sort(),
    );
    for (const kind of [...names, "reference"]) {
      const kept = await readdir(join(root, "kept", kind));
      expect(kept.sort()).toEqual(["held.wav", "sub--held.wav"]);
    }
    const [reference, rebuilt] = await Promise.all(
      ["reference", "copy"].map((kind) => readFile(join(root, "kept", kind, "held.wav"))),
    );
    expect(rebuilt?.length).toBe(reference?.length);
  });

  test("tells what training was worth where the model has learned", async () => {
    const { context, stdout } = said({ json: true });
    expect(await run(context, { ...usual, model: "learned" })).toBe(0);
    const { training, gainOver, methods } = JSON.parse(stdout()) as Evaluation;
    const [model, untrained] = methods.map(({ summary }) => summary.melL1Db.mean);
    expect(training).toBe("better");
    expect(gainOver.untrained?.melL1Db).toBeGreaterThan(0.3);
    expect(gainOver.untrained?.melL1Db).toBeCloseTo(1 - (model ?? 0) / (untrained ?? 1), 6);
  });

  test("says in words what training was worth", async () => {
    const { context, stdout } = said({ json: false });
    expect(await run(context, { ...usual, model: "learned" })).toBe(0);
    expect(stdout().replace(/\s+/g, " ")).toContain("Training mel-L1");
  });

  test("knows a recording again under another name, and finds the others where it is told", async () => {
    await mkdir(join(root, "renamed"));
    const copies = { "one.wav": "x.wav", "held.wav": "y.wav" };
    for (const [from, to] of Object.entries(copies)) {
      await copyFile(join(root, "sounds", from), join(root, "renamed", to));
    }
    const { context, stdout } = said({ json: true });
    const values = { ...usual, folder: "renamed", trainedOn: "sounds" };
    expect(await run(context, values)).toBe(0);
    const evaluation = JSON.parse(stdout()) as Evaluation;
    expect(evaluation.rows.map(({ path }) => path)).toEqual(["y.wav"]);
    expect(evaluation.methods.map(({ name }) => name)).toContain("pca");
    expect(evaluation.notes.map(({ code }) => code)).toEqual([
      "held-out-missing",
      "training-elsewhere",
    ]);
  });

  test("says what it leaves out in a folder that the model does not know", async () => {
    await mkdir(join(root, "elsewhere"));
    const samples = sine({ hz: 5000, rateHz: 22_050, length: 6000 });
    const bytes = writeWav({ sampleRate: 22_050, channels: [samples] });
    await writeFile(join(root, "elsewhere", "one.wav"), bytes);
    const { context, stdout } = said({ json: false });
    const model = join("run", "model.etude");
    expect(await run(context, { ...usual, model, folder: "elsewhere" })).toBe(0);
    const text = stdout().replace(/\s+/g, " ");
    expect(text).toContain("all of them count as held out");
    expect(text).toContain("PCA and novelty are left out");
  });

  test.each(["sounds", "sounds/kept"])("keeps nothing in the corpus: --keep %s", async (keep) => {
    const { context } = said({ json: true });
    await expect(run(context, { ...usual, keep })).rejects.toMatchObject({
      code: "inside-corpus",
      exitCode: 2,
    });
    expect(await readdir(join(root, "sounds"))).toHaveLength(4);
  });

  test("stops when it is told to", async () => {
    const { context } = said({ json: true, signal: AbortSignal.abort(new Error("enough")) });
    await expect(run(context, usual)).rejects.toThrow("enough");
  });

  test("tells a missing model from a missing folder", async () => {
    const { context } = said({ json: true });
    await expect(run(context, { ...usual, model: "nowhere" })).rejects.toMatchObject({
      code: "model-not-found",
      exitCode: 2,
    });
    await expect(run(context, { ...usual, folder: "nowhere" })).rejects.toMatchObject({
      code: "corpus-not-found",
      exitCode: 2,
    });
  });
});
