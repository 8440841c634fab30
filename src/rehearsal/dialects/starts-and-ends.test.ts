/** What experts of a stack look at first: how it begins, how it ends, what it says in between. */

import { describe, expect, test } from "vitest";
import { pretraining, wantedRun } from "../../../test/support/simulated.ts";
import type { RunEvent } from "../../events/events.ts";
import { type DialectName, openDialect } from "./dialects.ts";

const wanted = wantedRun("Llama-3.1-8B", "H100:64", 1e9);

function runOf(stack: Exclude<DialectName, "megatron">, seed = 6): RunEvent[] {
  const incidents = [{ kind: "gpu-lost" as const, step: 150 }];
  const { news } = pretraining({ seed, wanted, stack, incidents });
  return news.map((one, seq) => ({ ...one, seq }) as RunEvent);
}

function textOf(name: DialectName, events: readonly RunEvent[]): string {
  const dialect = openDialect(name);
  return events.flatMap((event) => dialect.lines(event)).join("\n");
}

const run = runOf("huggingface");

describe.each([
  "deepspeed",
  "huggingface",
  "lightning",
  "megatron",
  "nanotron",
  "torchtitan",
] as const)("%s", (name) => {
  const lines = textOf(name, run).split("\n");

  test("ends with the launcher, right before the label", () => {
    const last = lines.slice(-4);
    expect(last[0]).toMatch(/\[(default|rank)\] worker group successfully finished\. Waiting 300/);
    expect(last[1]).toMatch(/\] Local worker group finished \(WorkerState\.SUCCEEDED\)\. Waiting/);
    expect(last[2]).toMatch(/\] Done waiting for other agents\. Elapsed: 0\.\d+ seconds$/);
    expect(last[3]).toMatch(/^# simulated by etude/);
  });

  test("is a job of another number with another seed, and of one number all along", () => {
    const jobs = (text: string): Set<string> =>
      new Set([...text.matchAll(/(?:run_id +: |STEP )(\d+)/g)].map(([, id]) => id ?? ""));
    const [own, other] = [jobs(lines.join("\n")), jobs(textOf(name, runOf("huggingface", 7)))];
    expect([own.size, other.size]).toEqual([1, 1]);
    expect([...own]).not.toEqual([...other]);
  });
});

describe("the Hugging Face Trainer", () => {
  const text = textOf("huggingface", run);

  test("logs the rate that a step was done with, after a restart too", () => {
    const rates = run.flatMap((event) =>
      event.type === "step-done" ? [[event.step, event.learningRate] as const] : [],
    );
    const byStep = new Map<number, number>([[0, 0], ...rates]);
    const told = [...text.matchAll(/'learning_rate': '([^']+)'/g)].map(([, rate]) => Number(rate));
    expect(told).toHaveLength(rates.length);
    for (const [i, [step]] of rates.entries())
      expect(told[i] ?? 0).toBeCloseTo(byStep.get(step - 1) ?? 0, 7);
  });

  test("has its script save the model and print a table of the figures", () => {
    const table = text.slice(text.indexOf("***** train metrics *****")).split("\n").slice(1, 8);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    expect(table[3]).toMatch(/ train_runtime += +\d+:\d\d:\d\d\.\d\d$/);
    expect(text).toMatch(/Saving model checkpoint to out\/llama-3\.1-8b\n/);
    expect(text).toMatch(/destroy_process_group\(\) was not called before program exit/);
  });

  test("divides the losses since its restart by all steps", () => {
    const restored = run.findLastIndex((event) => event.type === "run-restored");
    const losses = run
      .slice(Math.max(0, restored))
      .flatMap((event) => (event.type === "step-done" ? [event.loss ?? 0] : []));
    const steps = run.findLast((event) => event.type === "step-done")?.step ?? 0;
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / steps;
    expect(Number(/'train_loss': '([\d.]+)'/.exec(text)?.[1])).toBeCloseTo(mean, 2);
  });

  test("ranks do not come in the order of their numbers", () => {
    const ranks = [...text.matchAll(/Process rank: (\d)/g)].map(([, rank]) => Number(rank));
    const first = ranks.slice(0, 8);
    expect([...first].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(first).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(ranks.slice(8, 16)).not.toEqual(first);
  });
});

test("Lightning's logger has the next version at each start", () => {
  const text = textOf("lightning", runOf("lightning"));
  const versions = [...text.matchAll(/v_num=(\d+)/g)].map(([, version]) => Number(version));
  expect([...new Set(versions)]).toEqual([0, 1]);
  expect(text.match(/^Epoch 0: {3}0%\| {10}\| 0\/\d+ \[00:00<\?, \?it\/s\]$/gm)).toHaveLength(2);
});

test("torchtitan overrides the launcher's handling of errors before it builds its mesh", () => {
  const text = textOf("torchtitan", runOf("torchtitan"));
  const rule =
    /WARNING - ENV\[TORCH_NCCL_ASYNC_ERROR_HANDLING\] = 1 will be .*\n.*Building device mesh/g;
  expect(text.match(rule)).toHaveLength(2);
});

test("torchtitan divides the parameters of experts from the others", () => {
  const moe = wantedRun("Qwen3-30B-A3B", "H100:256", 1e10);
  const { news } = pretraining({ wanted: moe, stack: "torchtitan" }, 2);
  const text = textOf(
    "torchtitan",
    news.map((one, seq) => ({ ...one, seq }) as RunEvent),
  );
  const [, dense = 0, sparse = 0, active = 0] =
    /dense ([\d,]+), sparse ([\d,]+), active ([\d,]+)$/m
      .exec(text)
      ?.map((count) => Number(count.replaceAll(",", ""))) ?? [];
  // 48 layers with 128 experts of three matrices and a router each.
  expect(sparse).toBe(48 * (128 * 3 * 2048 * 768 + 128 * 2048));
  expect(dense + sparse).toBe(30_532_122_624);
  expect(active).toBeLessThan(3.4e9);
});

test("nanotron writes its configuration in one go", () => {
  const lines = textOf("nanotron", runOf("nanotron")).split("\n");
  const first = lines.findIndex((line) => line.includes("]: Config(general="));
  const last = lines.findIndex((line) => line.includes("s3_upload=None)"));
  const seconds = lines.slice(first, last + 1).map((line) => / (\d\d:\d\d:\d\d) /.exec(line)?.[1]);
  expect(seconds.length).toBeGreaterThan(50);
  expect(new Set(seconds).size).toBe(1);
});
