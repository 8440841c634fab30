/** The programs in examples/, run as a reader runs them, on a corpus and a model made here. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSound } from "../src/sound/audio/codecs/read-sound.node.ts";
import { writeWav } from "../src/sound/audio/codecs/wav-write.ts";
import { durationSeconds, lengthOf } from "../src/sound/audio/sound.ts";
import { writeModel } from "../src/sound/model/model-file.ts";
import { tinyModel, tinyShape } from "./support/tiny-model.ts";
import { sine } from "./support/tones.ts";

const examples = join(import.meta.dirname, "..", "examples");
const programs = (await readdir(examples)).filter((name) => name.endsWith(".mjs")).sort();

let root: string;
let recordings: string;
let model: string;
let mute: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "etude-examples-"));
  recordings = join(root, "recordings");
  await mkdir(recordings);
  const identities: { contentHash: string }[] = [];
  for (const [i, name] of ["one", "two", "three", "four"].entries()) {
    const samples = sine({ hz: 300 * (i + 1), rateHz: 22_050, length: 6000 + 300 * i });
    const bytes = writeWav({ sampleRate: 22_050, channels: [samples] });
    await writeFile(join(recordings, `${name}.wav`), bytes);
    identities.push({ contentHash: createHash("sha256").update(bytes).digest("hex") });
  }
  const corpus = {
    train: identities.slice(2),
    validation: identities.slice(0, 2),
    totalSeconds: 1,
  };
  model = join(root, "tiny.etude");
  const tiny = tinyModel(corpus);
  await writeFile(model, await writeModel(tiny));
  // Without latents there is nothing to generate from, which takes evaluation the longest.
  mute = join(root, "mute.etude");
  const means = new Float32Array(0);
  const latents = { means, lengths: [], texture: means, loudness: means, references: [] };
  await writeFile(mute, await writeModel({ ...tiny, latents }));
});
afterAll(() => rm(root, { recursive: true }));

/** What a program prints, in a folder of its own. */
async function printed(name: string, ...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(examples, name), ...words], {
    cwd: root,
  });
  return stdout;
}

describe("the programs in examples/", () => {
  test("are tested here, all of them", async () => {
    const own = await readFile(import.meta.filename, "utf8");
    expect(programs.length).toBeGreaterThanOrEqual(6);
    expect(programs.filter((name) => !own.includes(`("${name}"`))).toEqual([]);
  });

  test.each(programs)("%s says first what it does, in 40 lines at most", async (name) => {
    const lines = (await readFile(join(examples, name), "utf8")).trimEnd().split("\n");
    expect(lines[0]).toMatch(/^\/\/ [A-Z].*\w/);
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(lines.join("\n")).toMatch(/from "etude(\/rehearsal)?"/);
  });

  test("generate a sound as long as they say", async () => {
    expect(await printed("01-generate.mjs", model, "new.wav")).toBe("tiny: 2 s in new.wav\n");
    const sound = await readSound(join(root, "new.wav"));
    expect(durationSeconds(sound)).toBe(2);
  });

  test("train a model to its end, and generate with it", async () => {
    const text = await printed("02-train.mjs", recordings, "run", "1");
    expect(text).toMatch(/^4 recordings, \d\.\d s\nepoch 1 of 1/);
    expect(text).toMatch(/\nfinished after \d+ steps\n$/);
    expect(await readdir(join(root, "run"))).toContain("model.etude");
    expect(await printed("01-generate.mjs", "run", "trained.wav")).toContain("2 s in trained.wav");
  });

  test("evaluate on what the model never learned from", async () => {
    const text = await printed("03-evaluate.mjs", mute, recordings);
    expect(text).toMatch(/^2 held-out recordings; training made it: nothing\n/);
    expect(text).toMatch(/\ncopy +0\.\d\d dB from the original\n/);
  });

  test("give frames back as sound of the same length", async () => {
    const text = await printed("04-frames-and-back.mjs", join(recordings, "one.wav"), "back.wav");
    expect(text).toMatch(/^\d+ frames of 1025 levels\n/);
    const back = await readSound(join(root, "back.wav"));
    expect(lengthOf(back)).toBe(Math.round((6000 * 48_000) / 22_050));
  });

  test("mix what the model hears in two recordings", async () => {
    const sounds = ["one.wav", "four.wav"].map((name) => join(recordings, name));
    const text = await printed("05-morph.mjs", model, ...sounds, "morph.wav");
    expect(text).toContain(`vectors of ${tinyShape.latentSize} numbers`);
    const sound = await readSound(join(root, "morph.wav"));
    expect(durationSeconds(sound)).toBeCloseTo(6000 / 22_050, 3);
  });

  test("plan a run", async () => {
    const text = await printed("06-plan-a-run.mjs", "Llama-3.1-8B", "H100", "64", "1T");
    expect(text).toMatch(/^Llama-3\.1-8B on 64 H100: \d+\.\d days of training\n/);
    expect(text).toMatch(/GiB on the fullest GPU/);
  });

  test("simulate a run, the same for the same seed, in which the spike stands out", async () => {
    const text = await printed("07-simulate-a-run.mjs", "7");
    const norms = [...text.matchAll(/step (\d+): gradient (\d+\.\d+)/g)].map(([, step, norm]) => ({
      step: Number(step),
      norm: Number(norm),
    }));
    const largest = norms.reduce((most, one) => (one.norm > most.norm ? one : most));
    expect(text).toContain("(simulated)");
    expect(largest.step).toBe(400);
    expect(await printed("07-simulate-a-run.mjs", "7")).toBe(text);
  });
});
