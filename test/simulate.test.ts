/** `etude simulate` as a person meets it: a process, its output, its exit code. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../src/cli/commands.ts";
import { lineToEvent } from "../src/events/wire.ts";
import { SCENES } from "../src/rehearsal/scenes/scenes.ts";
import { commandHere, etudeHere, refusalOf } from "./support/command-here.ts";
import {
  type Ended,
  endOf,
  eventsOf,
  expectRefused,
  ofType,
  startEtude,
} from "./support/etude-process.ts";

const small = ["--model", "SmolLM2-135M", "--gpus", "H100:8", "--tokens", "20M"];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude-simulate-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the scenes on the command line are those there are", () => {
  expect(commands.simulate.options.modules.choices).toEqual(SCENES.map(({ name }) => name));
});

test("--list-modules lists the scenes", async () => {
  const { stdout, exitCode } = await simulate("--list-modules");
  expect(exitCode).toBe(0);
  for (const { name, summary } of SCENES) expect(stdout).toMatch(new RegExp(`${name} +${summary}`));
  expect(JSON.parse((await simulate("-l", "--json")).stdout)).toHaveLength(SCENES.length);
});

test("--list-data counts at least what the original had, with memory and power attached", async () => {
  const data = JSON.parse((await simulate("--list-data", "--json")).stdout);
  expect(data.models.length).toBeGreaterThanOrEqual(41);
  expect(data.gpus.length).toBeGreaterThanOrEqual(18);
  expect(data.datasets.length).toBeGreaterThanOrEqual(31);
  for (const { memoryGb, tdpWatts } of data.gpus) expect(memoryGb * tdpWatts).toBeGreaterThan(0);
  expect((await simulate("--list-data")).stdout).toContain(`${data.gpus.length} GPUs`);
});

test.each([
  { words: ["-m", "cargo"], says: "need one of cluster_burn_in, llm_finetuning, llm_pretraining" },
  { words: ["-s", "nan"], says: "of at least 0.01" },
  { words: ["-s", "0.001"], says: "of at least 0.01" },
  { words: ["--exit-after-modules", "0"], says: "from 1" },
  { words: ["--exit-after-time", "soon"], says: "length of time" },
  { words: ["--incident", "fire@3"], says: "loss-spike" },
  { words: ["-m", "llm_training", "--incident", "gpu-lost@3"], says: "it has data-loader-stall" },
  {
    words: ["-m", "cluster_burn_in", "--incident", "straggler@3"],
    says: "nothing goes wrong there",
  },
  { words: ["-m", "cluster_burn_in", "--dialect", "megatron"], says: "--dialect with" },
  { words: ["-m", "llm_training", "--tokens", "1T"], says: "--tokens with llm_training" },
  { words: ["-m", "llm_finetuning", "--gpus", "H100:3"], says: "Cannot fine-tune" },
  { words: ["--model", "nobody", "--once"], says: "nobody" },
  { words: ["--model", "Foo"], says: "describe the architecture with --plan FILE.json" },
  { words: ["--plan", "nowhere.json"], says: "no such file" },
  { words: ["-m", "llm_training", "--plan", "run.json"], says: "--plan with llm_training" },
  { words: ["--browser", "--plan", "run.json"], says: "--plan with --browser" },
])("refuses $words with exit code 2", async ({ words, says }) => {
  const { message, hint, exitCode } = await refusalOf(["simulate", ...words], folder);
  expect(exitCode).toBe(2);
  expect(`${message} ${hint}`).toContain(says);
});

test("what is refused is said on stderr, without a stack", async () => {
  expectRefused(await simulate("--model", "nobody", "--once"), "nobody");
});

test("--seed and --once tell the same events twice, as JSON and nothing else", async () => {
  const words = [...small, "--json", "--once", "--seed", "5", "-s", "1e9"];
  const first = await simulate(...words);
  const events = first.stdout.trimEnd().split("\n").map(lineToEvent);
  expect(first.exitCode).toBe(0);
  expect(events[0]).toMatchObject({ type: "run-started", source: "simulated", seed: 5, seq: 0 });
  expect(events.at(-1)).toMatchObject({
    type: "run-ended",
    outcome: "finished",
    seq: events.length - 1,
  });
  expect((await simulate(...words)).stdout).toBe(first.stdout);
});

test("--plan simulates the run that a file describes, as plan --config plans it", async () => {
  const shape = { layers: 12, hidden: 768, heads: 12, ffn: 3072, vocab: 50_257 };
  const machines = { gpu: "H100", gpuCount: 8, tensorParallel: 2, globalBatchSequences: 64 };
  const run = { ...shape, ...machines, sequence: 2048, tokens: "20M" };
  await writeFile(join(folder, "run.json"), JSON.stringify(run));
  const told = async (words: readonly string[]) => {
    const command = await commandHere([...words, "--json"], folder);
    await command.clock.advance(1000);
    expect(await command.exitCode).toBe(0);
    return command.stdout();
  };
  const words = ["--plan", "run.json", "--once", "-s", "1e9", "--seed", "2"];
  const events = eventsOf(await told(["simulate", ...words]));
  const plan = JSON.parse(await told(["plan", "--config", "run.json"]));
  expect(ofType(events, "model-described")).toMatchObject([
    { layers: 12, hidden: 768, vocabulary: 50_257, parameters: plan.parameters },
  ]);
  expect(ofType(events, "cluster-described")).toMatchObject([{ gpuCount: 8, tensorParallel: 2 }]);
  expect(ofType(events, "recipe-described")).toMatchObject([{ globalBatchSequences: 64 }]);
  expect(ofType(events, "run-ended")).toMatchObject([{ outcome: "finished" }]);
  const more = eventsOf(await told(["simulate", ...words, "--gpus", "A100-80:16"]));
  expect(ofType(more, "cluster-described")).toMatchObject([{ gpuCount: 16, tensorParallel: 2 }]);
});

test.each(["megatron", "huggingface"])(
  "an incident beyond the end is answered where it is told as %s would",
  async (dialect) => {
    const words = [...small, "--once", "-s", "1e9", "--dialect", dialect];
    const beyond = ["simulate", ...words, "--incident", "loss-spike@5000"];
    const { clock, stderr, exitCode } = await commandHere(beyond, folder);
    await clock.advance(1000);
    expect(await exitCode).toBe(0);
    expect(stderr()).toContain("warning: loss-spike@5000 will not happen: the run has 20 steps");
  },
);

test("--exit-after-modules ends after so many runs, each another one, with its words between", async () => {
  const words = [...small, "--exit-after-modules", "2", "--seed", "5", "-s", "1e9"];
  const { stdout, exitCode } = await simulate(...words);
  expect(exitCode).toBe(0);
  expect(stdout.match(/^SIMULATED RUN finished/gm)).toHaveLength(2);
  expect(stdout).toContain("seed 5)");
  expect(stdout).toContain("seed 6)");
  expect(stdout).toContain("\n\nStarting a new run\n\n");
  expect(stdout).toMatch(/Goodbye: 2 runs told, .*\n$/);
});

test("--truth writes a header and what went wrong", async () => {
  const truth = join(folder, "truth.jsonl");
  const words = [
    "--incident",
    "loss-spike@5",
    "--incident",
    "nan-loss@9",
    "--no-chance",
    "--truth",
    truth,
  ];
  const { exitCode } = await simulate(...small, "--once", "--seed", "1", "-s", "1e9", ...words);
  expect(exitCode).toBe(0);
  const lines = (await readFile(truth, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({ type: "truth", version: 2, source: "simulated", seed: 1 });
  expect(lines.at(-1)).toMatchObject({ type: "run-over", outcome: "finished" });
  const began = lines.filter(({ type }) => type === "incident-began");
  expect(began).toMatchObject([
    { id: 1, kind: "loss-spike", step: 5, metric: "step.gradientNorm", scripted: true },
    { id: 2, kind: "nan-loss", step: 9, metric: "step.skipped", scripted: true },
  ]);
});

test("--exit-after-time ends a run at its time, with exit code 0", async () => {
  const words = ["simulate", "--exit-after-time", "2s", "-m", "llm_training"];
  const { clock, stdout, exitCode } = await commandHere(words, folder);
  await clock.advance(1999);
  expect(stdout()).not.toContain("stopped");
  await clock.advance(1);
  expect(await exitCode).toBe(0);
  expect(stdout()).toMatch(/SIMULATED RUN stopped: step/);
});

test("--instant-print-lines prints so many lines without a pause, and then keeps its pace", async () => {
  const lines = async (count: string) => {
    const words = ["-i", count, "-s", "0.01", "--seed", "1", "--exit-after-time", "1200ms"];
    const command = await commandHere(["simulate", "-m", "llm_training", ...words], folder);
    await command.clock.advance(1200);
    expect(await command.exitCode).toBe(0);
    return command.stdout().split("\n").length;
  };
  expect(await lines("200")).toBeGreaterThanOrEqual(200);
  expect(await lines("200")).toBeLessThan(215);
  expect(await lines("0")).toBeLessThan(15);
});

describe("a reader that goes away", () => {
  test("ends the simulation without a word", async () => {
    const child = start(["-m", "llm_training", "-s", "100"]);
    child.process.stdout.once("data", () => child.process.stdout.destroy());
    const { stderr, exitCode } = await child.ended;
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  });
});

describe.skipIf(process.platform === "win32")("Ctrl-C", () => {
  test.each(["1", "1e9"])(
    "at speed %s ends with a farewell and exit code 0 at once",
    async (speed) => {
      const child = start(["--seed", "4", "-s", speed]);
      await new Promise((resolve) => child.process.stdout.once("data", resolve));
      // Left alone it would go on for weeks.
      child.process.kill("SIGINT");
      const { stdout, stderr, exitCode } = await child.ended;
      expect(exitCode).toBe(0);
      expect(stderr).toBe("");
      expect(stdout).toMatch(/SIMULATED RUN stopped[^\n]*\nGoodbye[^\n]*\n$/);
    },
  );
});

function simulate(...words: string[]): Promise<Ended> {
  return etudeHere(["simulate", ...words], folder);
}

function start(words: readonly string[]) {
  const child = startEtude(["simulate", ...words], folder);
  return { process: child, ended: endOf(child) };
}
