/** `etude simulate --jobs` as a person meets it: a process, its output, its files, its exit code. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lineToEvent } from "../src/events/wire.ts";
import { commandHere, etudeHere, refusalOf } from "./support/command-here.ts";
import { type Ended, endOf, startEtude } from "./support/etude-process.ts";

const small = ["--model", "SmolLM2-135M", "--gpus", "H100:8", "--tokens", "20M", "--seed", "5"];
const once = [...small, "--once", "-s", "1e9"];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude-jobs-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("in a pipe", () => {
  test("each line says whose it is, and a job's lines are those of a run alone", async () => {
    const { stdout, exitCode } = await simulate("--jobs", "3", ...once);
    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.pop()).toMatch(/^Goodbye: 3 runs told, .* simulated\.$/);
    expect(lines.filter((line) => !/^\[[123]\]( |$)/.test(line))).toEqual([]);
    const alone = await simulate(...once, "--seed", "6");
    expect(ofJob(lines, 2)).toEqual(alone.stdout.trimEnd().split("\n").slice(0, -1));
    expect(ofJob(lines, 3)[0]).toMatch(/^SIMULATED RUN: .*, seed 7\)$/);
  });

  test("the same seed gives the same lines in the same order, at any speed", async () => {
    const words = ["--jobs", "4", ...small, "--once"];
    const first = await simulate(...words, "-s", "1e9");
    expect((await simulate(...words, "-s", "1e9")).stdout).toBe(first.stdout);
    expect((await simulate(...words, "-s", "1e5")).stdout).toBe(first.stdout);
    const order = first.stdout.match(/^\[\d\]/gm) ?? [];
    const turns = order.filter((job, i) => job !== order[i - 1]);
    expect(turns.length).toBeGreaterThan(20);
  });

  test("each job begins anew with a seed of its own, until so many runs of all have ended", async () => {
    const words = ["--jobs", "2", ...small, "-s", "1e9", "--exit-after-modules", "5"];
    const { stdout, exitCode } = await simulate(...words);
    expect(exitCode).toBe(0);
    const seeds = [...stdout.matchAll(/^\[(\d)\] SIMULATED RUN: .*seed (\d+)\)$/gm)];
    expect(seeds.map(([, job, seed]) => `${job}:${seed}`).sort()).toEqual(
      ["1:5", "1:7", "1:9", "2:10", "2:6", "2:8"].sort(),
    );
    expect(stdout.match(/SIMULATED RUN finished/g)).toHaveLength(5);
    expect(stdout).toMatch(/^\[\d\]\n\[\d\] Starting a new run\n\[\d\]\n/m);
    expect(stdout).toMatch(/Goodbye: 5 runs told/);
  });

  test("several scenes go to the jobs in the order they are given", async () => {
    const scenes = ["-m", "llm_training", "-m", "cluster_burn_in"];
    const { stdout } = await simulate(
      "--jobs",
      "2",
      ...scenes,
      "--once",
      "-s",
      "1e9",
      "--seed",
      "2",
    );
    expect(stdout).toMatch(/^\[1\] .*epochs/m);
    expect(stdout).toMatch(/^\[2\] Burn-in of/m);
  });

  test("--instant-print-lines holds for each job", async () => {
    const words = ["-m", "llm_training", "-i", "60", "-s", "0.01", "--exit-after-time", "1200ms"];
    const command = await commandHere(["simulate", "--jobs", "2", "--seed", "1", ...words], folder);
    await command.clock.advance(1200);
    expect(await command.exitCode).toBe(0);
    for (const job of [1, 2]) {
      const told = ofJob(command.stdout().split("\n"), job).length;
      expect(told).toBeGreaterThanOrEqual(60);
      expect(told).toBeLessThan(75);
    }
  });

  test("a dialect is told line by line as well, with the farewell elsewhere", async () => {
    const { stdout, stderr } = await simulate("--jobs", "2", ...once, "--dialect", "megatron");
    const lines = stdout.trimEnd().split("\n");
    expect(lines.filter((line) => !/^\[[12]\]( |$)/.test(line))).toEqual([]);
    const alone = await simulate(...once, "--dialect", "megatron");
    expect(ofJob(lines, 1)).toEqual(alone.stdout.trimEnd().split("\n"));
    expect(stderr).toMatch(/^Goodbye: 2 runs told/);
  });
});

describe("--json", () => {
  test("each event has its job; without it they are those of a run alone", async () => {
    const { stdout, stderr } = await simulate("--jobs", "2", ...once, "--json");
    const events = stdout.trimEnd().split("\n").map(lineToEvent);
    expect(new Set(events.map((event) => event?.job))).toEqual(new Set([1, 2]));
    const second = stdout.split("\n").filter((line) => line.endsWith(',"job":2}'));
    const alone = await simulate(...once, "--seed", "6", "--json");
    expect(second.map((line) => line.replace(',"job":2}', "}")).join("\n")).toBe(
      alone.stdout.trimEnd(),
    );
    expect(stderr).toMatch(/^Goodbye: 2 runs told/);
  });
});

test("--truth and --export are written once a job", async () => {
  const truth = join(folder, "truth.jsonl");
  const exports = ["--export", `jsonl=${join(folder, "run.jsonl")}`];
  const boards = ["--export", `tensorboard=${join(folder, "tb")}`];
  const wrong = ["--incident", "nan-loss@5", "--no-chance"];
  const words = [...once, "--truth", truth, ...wrong];
  const { exitCode } = await simulate("--jobs", "2", ...words, ...exports, ...boards);
  expect(exitCode).toBe(0);
  expect((await readdir(folder)).sort()).toEqual([
    "run-1.jsonl",
    "run-2.jsonl",
    "tb",
    "truth-1.jsonl",
    "truth-2.jsonl",
  ]);
  expect((await readdir(join(folder, "tb"))).sort()).toEqual(["job-1", "job-2"]);
  const [first = ""] = (await readFile(join(folder, "truth-2.jsonl"), "utf8")).split("\n");
  expect(JSON.parse(first)).toMatchObject({ type: "truth", source: "simulated", seed: 6 });
  await simulate(
    ...once,
    ...wrong,
    "--seed",
    "6",
    "--export",
    `jsonl=${join(folder, "one.jsonl")}`,
  );
  expect(await readFile(join(folder, "run-2.jsonl"), "utf8")).toBe(
    await readFile(join(folder, "one.jsonl"), "utf8"),
  );
});

test("--metrics-port serves each job on a port of its own, and says whose it is", async () => {
  const child = start(["simulate", "--jobs", "2", ...small, "--metrics-port", "0"]);
  const addresses = await new Promise<string[]>((resolve) => {
    let text = "";
    child.process.stderr.on("data", (data) => {
      text += data;
      const found = [...text.matchAll(/^\[\d\] metrics at (\S+)$/gm)].map(([, one = ""]) => one);
      if (found.length === 2) resolve(found);
    });
  });
  expect(new Set(addresses).size).toBe(2);
  const texts = await Promise.all(addresses.map(async (one) => (await fetch(one)).text()));
  child.process.kill("SIGINT");
  expect((await child.ended).exitCode).toBe(0);
  expect(texts.map((text) => /seed="(\d+)"/.exec(text)?.[1] ?? text)).toEqual(["5", "6"]);
});

test.each([
  { words: ["--jobs", "0"], says: "need a whole number from 1 to 9" },
  { words: ["--jobs", "10"], says: "need a whole number from 1 to 9" },
  { words: ["--jobs", "2.5"], says: "need a whole number from 1 to 9" },
  { words: ["--jobs", "2", "--browser"], says: "Cannot use --jobs with --browser" },
  { words: ["--jobs", "9", "--metrics-port", "65530"], says: "need one port each" },
  { words: ["--jobs", "2", "--export", "cvs=run.csv"], says: 'Did you mean "csv=..."?' },
  { words: ["--jobs", "2", "--model", "nobody"], says: "nobody" },
  { words: ["--jobs", "2", "-m", "llm_finetuning", "--gpus", "H100:3"], says: "Cannot fine-tune" },
])("refuses $words with exit code 2", async ({ words, says }) => {
  const { message, hint, exitCode } = await refusalOf(["simulate", ...words], folder);
  expect(exitCode).toBe(2);
  expect(`${message} ${hint}`).toContain(says);
});

test("--exit-after-time ends all jobs, with exit code 0", async () => {
  const words = ["--jobs", "3", "-m", "llm_training", "--exit-after-time", "1s"];
  const { clock, stdout, exitCode } = await commandHere(["simulate", ...words], folder);
  await clock.advance(999);
  expect(stdout().match(/SIMULATED RUN: /g)).toHaveLength(3);
  expect(stdout()).not.toContain("stopped");
  await clock.advance(1);
  expect(await exitCode).toBe(0);
  expect(stdout().match(/SIMULATED RUN stopped: step/g)).toHaveLength(3);
});

test("--exit-after-time counts from the launch, also where nothing has begun by then", async () => {
  const words = ["simulate", "--jobs", "3", "-m", "llm_training", "--exit-after-time", "1ms"];
  const { stdout, stderr, exitCode } = await start(words).ended;
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(stdout).toMatch(/^Goodbye: [^\n]*\n$/);
});

test("a reader that goes away ends it without a word", async () => {
  const child = start(["simulate", "--jobs", "4", "-s", "1e6"]);
  child.process.stdout.once("data", () => child.process.stdout.destroy());
  const { stderr, exitCode } = await child.ended;
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
});

describe.skipIf(process.platform === "win32")("Ctrl-C", () => {
  test.each(["1", "1e9"])("at speed %s ends every job and says so", async (speed) => {
    const child = start(["simulate", "--jobs", "9", "--seed", "4", "-s", speed]);
    await new Promise((resolve) => child.process.stdout.once("data", resolve));
    // Left alone they would go on for weeks.
    child.process.kill("SIGINT");
    const { stdout, stderr, exitCode } = await child.ended;
    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    const begun = new Set(stdout.match(/^\[\d\] SIMULATED RUN:/gm));
    expect(stdout.match(/^\[\d\] SIMULATED RUN stopped/gm)).toHaveLength(begun.size);
    expect(stdout).toMatch(/\nGoodbye[^\n]*\n$/);
  });
});

/** The lines of a job, without their beginnings. */
function ofJob(lines: readonly string[], job: number): string[] {
  return lines
    .filter((line) => line.startsWith(`[${job}]`))
    .map((line) => line.slice(`[${job}] `.length));
}

function simulate(...words: string[]): Promise<Ended> {
  return etudeHere(["simulate", ...words], folder);
}

function start(words: readonly string[]) {
  const child = startEtude(words, folder);
  return { process: child, ended: endOf(child) };
}
