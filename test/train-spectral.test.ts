/** A run of the `spectral` model by the built command line, and the sounds that it generates. */

import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { etudeHere } from "./support/command-here.ts";
import {
  type Ended,
  endOf,
  eventsOf,
  follow,
  lineOf,
  startEtude,
  startSignalled,
  writePlucks,
} from "./support/etude-process.ts";
import { flipByte, headOf, modelSum, numbersOf } from "./support/kept-runs.ts";

let folder: string;
let corpus: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude spectral "));
  corpus = join(folder, "plucks");
  await writePlucks(corpus, 6);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const start = (words: readonly string[]) => startEtude(words, folder);
const run = (words: readonly string[]): Promise<Ended> => endOf(start(words));

describe("the spectral model", () => {
  const words = (name: string): string[] => {
    const small = [
      "--batch-size",
      "1",
      "--threads",
      "1",
      "--epochs",
      "2",
      "--no-analysis",
      "--json",
    ];
    return ["train", corpus, "-o", join(folder, name), ...small, "--preview-every", "0"];
  };

  beforeAll(async () => {
    expect(await run(words("spectral"))).toMatchObject({ exitCode: 0 });
  });

  test("gives the same numbers when it is killed and resumed, and says what to give instead of its best checkpoint", async () => {
    const name = "spectral killed";
    const killed = [{ line: lineOf("step-done", 9), signal: "SIGKILL" }] as const;
    const often = [...words(name), "--checkpoint-every", "1"];
    const first = await follow(startSignalled(often, folder, killed));
    // A finished run keeps its model alone: the best of one that was killed still stands.
    const best = join(folder, name, "checkpoints", "best.etude");
    const refused = await etudeHere(["generate", best], folder);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain("folder of its run");
    const second = await follow(start(["resume", "--no-analysis", join(folder, name), "--json"]));
    expect(second.exitCode).toBe(0);
    const whole = eventsOf(await readFile(join(folder, "spectral", "events.jsonl"), "utf8"));
    expect(numbersOf([...first.events, ...second.events])).toEqual(numbersOf(whole));
    expect(await modelSum(join(folder, name))).toBe(await modelSum(join(folder, "spectral")));
  });

  test.each([
    { words: ["--duration", "1"], rate: 48_000, frames: 48_000, bits: 24, format: 1 },
    {
      words: ["--duration", "2.5", "--sample-rate", "44100", "--bit-depth", "16"],
      ...{ rate: 44_100, frames: 110_250, bits: 16, format: 1 },
    },
    {
      words: ["--duration", "0.3", "--sample-rate", "96k", "--bit-depth", "32f"],
      ...{ rate: 96_000, frames: 28_800, bits: 32, format: 3 },
    },
  ])("writes $frames samples of $bits bits for $words, peak at -1 dBFS", async (row) => {
    const target = join(folder, `sounds ${row.frames}`);
    const words = [
      ...["generate", join(folder, "spectral"), "-o", target, "--seed", "5", "--quality", "draft"],
      ...row.words,
    ];
    // One of them as people do it; the others need no process of their own.
    const made = row.format === 3 ? await run(words) : await etudeHere(words, folder);
    expect(made.exitCode).toBe(0);
    const paths = made.stdout.split("\n").filter((line) => line !== "");
    expect(paths).toHaveLength(1);
    const bytes = await readFile(join(folder, paths[0] ?? ""));
    const { sampleRate, frameCount, bitsPerSample, format, peak } = headOf(bytes);
    expect({ sampleRate, frameCount, bitsPerSample, format }).toEqual({
      sampleRate: row.rate,
      frameCount: row.frames,
      bitsPerSample: row.bits,
      format: row.format,
    });
    expect(20 * Math.log10(peak)).toBeCloseTo(-1, 2);
  });

  test("gives the same bytes for the same seed, others for the next, and never writes over", async () => {
    const words = ["generate", join(folder, "spectral"), "-d", "0.5", "--seed", "9", "--json"];
    const into = (name: string): string[] => [...words, "-o", join(folder, name)];
    const first = await run([...into("twice"), "--count", "2"]);
    const second = await etudeHere(into("twice"), folder);
    const paths = [...JSON.parse(first.stdout), ...JSON.parse(second.stdout)].map(
      ({ path }: { path: string }) => path,
    );
    expect(new Set(paths).size).toBe(3);
    const [seed9, seed10, again] = await Promise.all(paths.map((path) => readFile(path)));
    expect(seed9?.equals(again ?? Buffer.alloc(0))).toBe(true);
    expect(seed9?.equals(seed10 ?? Buffer.alloc(0))).toBe(false);
  });

  test("never writes among the recordings that it learned from", async () => {
    const { exitCode, stderr } = await etudeHere(
      ["generate", join(folder, "spectral"), "-o", corpus],
      folder,
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain("lies in the corpus");
  });

  test("names a model file that is damaged, absent or something else", async () => {
    const damaged = join(folder, "damaged.etude");
    await cp(join(folder, "spectral", "model.etude"), damaged);
    await flipByte(damaged);
    expect((await etudeHere(["generate", damaged], folder)).stderr).toContain("damaged.etude");
    expect(await etudeHere(["generate", "absent.etude"], folder)).toMatchObject({
      exitCode: 2,
      stdout: "",
    });
    const wav = await etudeHere(["generate", join(corpus, "pluck 1.wav")], folder);
    expect(wav.stderr).not.toMatch(/^\s+at /m);
    expect(wav.exitCode).not.toBe(0);
  });
});
