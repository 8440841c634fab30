/** `etude plan --config` as a person meets it: a description in a file, the answer on stdout. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { etudeHere } from "./support/command-here.ts";
import type { Ended } from "./support/etude-process.ts";

/** Torchtitan's compiled run of 2024, every field of a description given. */
const described = {
  ...{ layers: 32, hidden: 4096, heads: 32, kvHeads: 8, headDim: 128, ffn: 14336, vocab: 128256 },
  ...{ tiedEmbeddings: false, gatedMlp: true, experts: 0, expertsPerToken: 0 },
  ...{ gpu: "H100 (96 GB, 500 W)", gpuCount: 8, precision: "bf16", compiled: true },
  ...{ sequence: 8192, globalBatchSequences: 16, microBatch: 2 },
  ...{ tensorParallel: 1, pipelineParallel: 1, interleave: 1, dataParallel: 8 },
  ...{ contextParallel: 1, expertParallel: 1, recompute: "selective", tokens: 1e12 },
  ...{ failuresPerNodeDay: 0.004, checkpointSeconds: 10, recoverySeconds: 600 },
};

const FIGURES = [
  ...["stepSeconds", "tokensPerSecondPerGpu", "tflopsPerGpu", "mfu", "days", "gpuHours"],
  ...["memoryGiBPerGpu", "checkpointBytes", "checkpointIntervalSeconds", "goodput", "energyMWh"],
  "baselineStepSeconds",
];

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude-plan-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function planOf(description: unknown): Promise<Ended> {
  const text = typeof description === "string" ? description : JSON.stringify(description);
  await writeFile(join(folder, "run.json"), text);
  return etudeHere(["plan", "--config", "run.json", "--json"], folder);
}

describe("a description in a file", () => {
  test("is planned, echoed, and answered with every figure", async () => {
    const { exitCode, stdout, stderr } = await planOf(described);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const plan = JSON.parse(stdout) as Record<string, unknown>;
    for (const figure of FIGURES) expect(plan[figure]).toBeGreaterThan(0);
    expect(plan["inputs"]).toMatchObject({ ...described, gpu: "H100-96 500 W" });
    const measured = 6667;
    expect(Number(plan["tokensPerSecondPerGpu"]) / measured).toBeCloseTo(1, 1);
  });

  test("is planned at the pace of a run that was measured", async () => {
    const first = { ...described, gpuCount: 16, dataParallel: 16, globalBatchSequences: 32 };
    await writeFile(join(folder, "first é.json"), JSON.stringify({ ...first, mfu: 0.2 }));
    await writeFile(join(folder, "run.json"), JSON.stringify(described));
    const options = ["--config", "run.json", "--measured", "first é.json", "--json"];
    const { exitCode, stdout } = await etudeHere(["plan", ...options], folder);
    expect(exitCode).toBe(0);
    const plan = JSON.parse(stdout) as Record<string, unknown>;
    expect(plan["measured"]).toMatchObject({ figure: "mfu", measured: 0.2, gpuCount: 16 });
    expect(plan["mfu"]).toBeCloseTo(0.2, 2);
  });

  test("needs only the architecture, the GPU and the count", async () => {
    const { layers, hidden, heads, ffn, vocab } = described;
    const least = { layers, hidden, heads, ffn, vocab, gpu: "A100-80", gpuCount: 64 };
    const { exitCode, stdout } = await planOf(least);
    expect(exitCode).toBe(0);
    const plan = JSON.parse(stdout) as Record<string, unknown>;
    for (const figure of FIGURES) expect(plan[figure]).toBeGreaterThan(0);
    expect(plan["assumed"]).toContain("tensorParallel");
  });

  test.each([
    [
      "half a file",
      '{"layers": 32',
      /^etude: Cannot read the description .*found .*, need a JSON object$/m,
    ],
    [
      "a negative number of layers",
      { ...described, layers: -1 },
      /Cannot read plan layers: found -1, need a whole number from 1/,
    ],
    [
      "fp8 on a chip without it",
      { ...described, gpu: "A100", precision: "fp8" },
      /Cannot plan: found precision fp8 on A100-80, need fp16 or bf16/,
    ],
    [
      "a model that does not fit",
      { ...described, gpuCount: 1, dataParallel: 1 },
      /Cannot fit the run: found \d+\.\d GB needed on the fullest GPU, need at most 96 GB/,
    ],
    [
      "chunks that do not divide the layers",
      { ...described, gpuCount: 64, dataParallel: 16, pipelineParallel: 4, interleave: 3 },
      /Cannot plan: found 32 layers over 4 stages x interleave 3 = 12 chunks, need .*\n {2}Set interleave to 1, 2, 4 or 8\.$/m,
    ],
    [
      "experts that no token visits",
      { ...described, experts: 8, expertsPerToken: 0 },
      /Cannot read plan expertsPerToken: found 0, need a whole number from 1 to 8/,
    ],
    [
      "a field of another program",
      { ...described, num_attention_heads: 32 },
      /found "num_attention_heads", need a known name\n {2}Did you mean "heads"\?$/m,
    ],
    [
      "a file with a comment",
      '{ "layers": 32 } // as in the paper',
      /Cannot read the description .*: found no JSON \(.*\), need a JSON object\n {2}JSON has no comments/,
    ],
    [
      "more tokens than there is text",
      { ...described, tokens: 1e84 },
      /Cannot read tokens: found 1e\+84, need a whole number from 1 to 1e18$/m,
    ],
    ["a list", [described], /Cannot read the description .*: found a list, need a JSON object$/m],
    ["an empty file", "", /Cannot read the description .*: found nothing, need a JSON object$/m],
  ] as const)("%s ends with exit code 2 and what would do", async (_what, description, message) => {
    const { exitCode, stdout, stderr } = await planOf(description);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n").length).toBeGreaterThanOrEqual(2);
  });
});

describe("words", () => {
  test.each([
    {
      words: ["--model", "Llama-3.1-8B"],
      found: "--model without --gpus, need --model and --gpus, or --config",
      hint: "etude plan --model Llama-3.1-8B --gpus H100:64 --tokens 1T",
    },
    {
      words: ["--gpus", "B200:72"],
      found: "--gpus without --model, need --model and --gpus, or --config",
      hint: "etude plan --model Llama-3.1-8B --gpus B200:72 --tokens 1T",
    },
    {
      words: ["--tokens", "15T"],
      found: "--tokens alone, need --model and --gpus, or --config",
      hint: "--tokens 15T",
    },
    { words: ["--config", "absent.json"], found: "no such file, need a JSON object", hint: "path" },
  ])("$words end with 2 and what is missing", async ({ words, found, hint }) => {
    const { exitCode, stdout, stderr } = await etudeHere(["plan", ...words], folder);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/^etude: Cannot .*: found /);
    expect(stderr).toContain(`found ${found}\n`);
    expect(stderr).toContain(hint);
  });

  test("are answered in lines of at most 80 columns, broken between words", async () => {
    const words = ["--model", "Llama-3.1-405B", "--gpus", "H100:16384", "--tokens", "15T"];
    const { exitCode, stdout } = await etudeHere(["plan", ...words, "--explain"], folder);
    expect(exitCode).toBe(0);
    const lines = stdout.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toContain("  checkpoint            5.68 TB, written in");
    // What goes on below stands where it began.
    expect(stdout).toMatch(/^ {4}= 6 x \(weights .*\n {6}\S/m);
  });
});
