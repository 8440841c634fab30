import { expect, test } from "vitest";
import { pretraining, wantedRun } from "../../../test/support/simulated.ts";
import type { RunEvent } from "../../events/events.ts";
import { openDialect } from "./dialects.ts";

const { news, steps } = pretraining(
  { seed: 6, wanted: wantedRun("Llama-3.1-8B", "H100:64", 4e9) },
  200,
);
const dialect = openDialect("deepspeed");
const lines = news.flatMap((one, seq) => dialect.lines({ ...one, seq } as RunEvent));
const rule =
  /^\[Rank 0\] time \(ms\) \| fwd: ([\d.]+) \| bwd: ([\d.]+) \| bwd_inner: ([\d.]+) \| bwd_allreduce: ([\d.]+) \| step: ([\d.]+)$/;
const found = lines.flatMap((line) => {
  const [, ...parts] = rule.exec(line) ?? [];
  return parts.length === 0 ? [] : [parts.map(Number)];
});

test("the engine tells where the time of each step went, and the script its loss after that", () => {
  expect(found).toHaveLength(steps.length);
  const words = lines.filter((line) => rule.test(line) || /^step \d+ \| loss: /.test(line));
  expect(words.every((line, i) => line.startsWith(i % 2 === 0 ? "[Rank 0]" : "step "))).toBe(true);
});

test("its parts are parts of the step, and none is a fixed share of it", () => {
  for (const [i, [fwd = 0, bwd = 0, inner = 0, reduce = 0, step = 0]] of found.entries()) {
    const ms = steps[i]?.durationMs ?? 0;
    expect(fwd + bwd + step).toBeLessThan(ms);
    expect(fwd + bwd + step).toBeGreaterThan(0.95 * ms);
    expect(bwd - inner - reduce).toBeGreaterThanOrEqual(-0.02);
    expect(bwd - inner - reduce).toBeLessThan(1);
  }
  for (const part of [0, 1, 2, 3, 4]) {
    const shares = found.map((parts, i) => (parts[part] ?? 0) / (steps[i]?.durationMs ?? 1));
    expect(new Set(shares.map((share) => share.toFixed(4))).size).toBeGreaterThan(20);
    const hundredths = found.map((parts) => Math.round((parts[part] ?? 0) * 100) % 10);
    expect(new Set(hundredths).size).toBe(10);
  }
});

test("reducing has a tail to the right", () => {
  const sorted = found.map(([, , , reduce = 0]) => reduce).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? 0;
  expect(at(0.97) - at(0.5)).toBeGreaterThan(1.3 * (at(0.5) - at(0.03)));
});

test("its options are told as its own printer aligns them", () => {
  expect(lines.some((line) => line.includes("  train_micro_batch_size_per_gpu  "))).toBe(true);
  expect(lines.some((line) => line.endsWith("  zero_enabled ................. True"))).toBe(true);
});

test("all options are told, by their names, and what was given after them", () => {
  const names = lines.flatMap((line) => /config\.py:1007:print\] {3}(\w+) /.exec(line)?.[1] ?? []);
  expect(names.length).toBeGreaterThan(70);
  expect(names).toEqual([...names].sort());
  const begin = lines.findIndex((line) => line.endsWith("  json = {"));
  const end = lines.indexOf("}", begin);
  const given = JSON.parse(`{${lines.slice(begin + 1, end).join("")}}`);
  expect(given.train_batch_size).toBe(
    given.train_micro_batch_size_per_gpu * given.gradient_accumulation_steps * 64,
  );
});

test("memory grows with each part of the optimiser, and is what ZeRO leaves of it", () => {
  const sharded = pretraining(
    { seed: 6, wanted: wantedRun("Llama-2-13B", "A100-80:64", 4e9), stack: "deepspeed" },
    30,
  );
  const other = openDialect("deepspeed");
  const text = sharded.news
    .flatMap((one, seq) => other.lines({ ...one, seq } as RunEvent))
    .join("\n");
  const used = [...text.matchAll(/MA ([\d.]+) GB {9}Max_MA ([\d.]+) GB {9}CA ([\d.]+) GB/g)].map(
    ([, ...gib]) => gib.map(Number),
  );
  expect(used).toHaveLength(10);
  for (const [i, [now = 0, top = 0, cached = 0]] of used.entries()) {
    expect(now).toBeLessThanOrEqual(top);
    expect(top).toBeLessThanOrEqual(cached);
    expect(now).toBeGreaterThanOrEqual(used[i - 1]?.[0] ?? 0);
  }
  // Sixteen bytes for a parameter over 64 GPUs, and a bucket of a gigabyte.
  const expected = (16 * 13.016e9) / 64 / 2 ** 30 + 1e9 / 2 ** 30;
  for (const [, allocated] of text.matchAll(/ MemAllocated=([\d.]+)GB/g))
    expect(Number(allocated)).toBeCloseTo(expected, 1);
});
