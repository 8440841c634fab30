/** What gave simulated logs away to somebody who reads real ones every day. */

import { describe, expect, test } from "vitest";
import type { RunEvent } from "../src/events/events.ts";
import { type DialectName, openDialect } from "../src/rehearsal/dialects/dialects.ts";
import type { IncidentName } from "../src/rehearsal/incidents/library.ts";
import { pretraining, type RunRecording, training, wantedRun } from "./support/simulated.ts";

const nvidia = eventsOf("H100:64", ["nccl-hang", "software-crash"]);
const amd = eventsOf("MI300X:64", ["ecc-error", "gpu-lost"]);
const story = training({ wanted: wantedRun("Llama-3.1-8B", "H100:16", 1e9) }).news.map(
  (one, seq): RunEvent => ({ ...one, seq }),
);
const titan = textOf("torchtitan", nvidia);
const plain = textOf("huggingface", nvidia);

describe("a collective that hangs", () => {
  test.each(["torchtitan", "huggingface", "lightning"] as const)(
    "has the sizes of its group, in %s's log",
    (name) => {
      const rule = /OpType=(\w+), NumelIn=(\d+), NumelOut=(\d+)/g;
      const found = [...textOf(name, nvidia).matchAll(rule)];
      expect(found.length).toBeGreaterThan(8);
      for (const [, type, into, out] of found) {
        const [few, many] = type === "_ALLGATHER_BASE" ? [into, out] : [out, into];
        expect(Number(many) / Number(few)).toBe(type === "ALLREDUCE" ? 1 : 64);
        // A layer of Llama-3.1-8B, in 64 parts.
        expect(Number(many)).toBe(218_112_000);
      }
    },
  );

  test("makes the first rank of each machine abort, in C++'s words", () => {
    const bodies = [
      ...plain.matchAll(
        /^terminate called after throwing an instance of 'c10::DistBackendError'\n {2}what\(\): {2}\[PG ID \d+ PG GUID \d+\S* Rank (\d+)\] Process group watchdog thread terminated with exception: \[Rank \1\] Watchdog caught .*\nException raised from checkTimeout at (\S+) \(most recent call first\):\n((?:frame #\d: .*\n){7})\nException raised from run at/gm,
      ),
    ];
    const caught = [...plain.matchAll(/^\[rank(\d+)\]:.*:757\]/gm)].map(([, rank]) => Number(rank));
    expect(caught.length).toBeGreaterThan(6);
    expect(caught.every((rank) => rank % 8 === 0)).toBe(true);
    expect(bodies.map(([, rank]) => Number(rank))).toEqual([...caught].sort((a, b) => a - b));
    const addresses = bodies.map(([, , , frames]) => /0x7f[0-9a-f]{10}/.exec(frames ?? "")?.[0]);
    expect(new Set(addresses).size).toBe(bodies.length);
  });
});

describe("torchtitan", () => {
  test("collects garbage for times that are drawn, before the step and not after it", () => {
    const took = [...titan.matchAll(/periodic GC collection took (\d\.\d\d)/g)].map(([, s]) => s);
    expect(took.length).toBeGreaterThan(6);
    expect(took.slice(0, 6).join(" ")).not.toBe("0.02 0.03 0.04 0.05 0.06 0.01");
    for (const text of took) expect(Math.abs(Number(text) - 0.035)).toBeLessThan(0.035);
    const { lines } = tell("torchtitan", nvidia).find(({ lines }) =>
      lines.some((line) => line.includes("periodic GC")),
    ) ?? { lines: [] };
    const [collected = 0, logged = 0] = lines.map(stampOf);
    expect(logged - collected).toBeGreaterThan(1000);
  });

  test.each([
    ["a pretraining", titan],
    ["a short story", textOf("torchtitan", story)],
  ])("takes its time to start %s, between the launcher and the first step", (_, text) => {
    const at = (words: string): number =>
      stampOf(text.split("\n").find((line) => line.includes(words)) ?? "");
    expect(at("Model llama3 8B") - at("torchtitan version")).toBeGreaterThan(50);
    // The start of NCCL is in between.
    expect(at("Applied FSDP") - at("Model llama3 8B")).toBeGreaterThan(500);
    expect(at("Trainer is initialized") - at("Applied FSDP")).toBeGreaterThan(200);
    expect(at("Training starts")).toBeGreaterThanOrEqual(at("Trainer is initialized"));
    expect(text).toMatch(/Training starts at step \d+\n/);
    expect(text).toMatch(/\(warmup \d+\)\n/);
  });

  test("has behind the launcher's prefix all that its ranks write", () => {
    const bare = titan
      .split("\n")
      .filter((line) => /NCCL INFO|\[titan\]|what\(\)|^frame/.test(line));
    expect(bare.filter((line) => !/^\[rank\d+\]:/.test(line))).toEqual([]);
    expect(plain).toMatch(/^node-0000:\d+:\d+ \[0\] NCCL INFO/m);
  });

  test("needs more memory after its first step, and the same from then on", () => {
    const rows = [...titan.matchAll(/ step: +(\d+) .* memory: +([\d.]+)GiB/g)];
    const steady = Math.max(...rows.map(([, , gib]) => Number(gib)));
    for (const [, step, gib] of rows) {
      if (step === "1") expect(Number(gib) / steady).toBeLessThan(0.9);
      else expect(Number(gib)).toBe(steady);
    }
  });

  test.each([
    ["Loading the checkpoint from", "Finished loading the checkpoint in"],
    ["Saving ", "Finished saving the checkpoint (or staging if async is enabled) in"],
  ])("says after '%s' how long it was", (from, until) => {
    let begunAt = 0;
    let seen = 0;
    for (const line of titan.split("\n")) {
      if (line.includes(from)) begunAt = stampOf(line);
      if (!line.includes(until)) continue;
      seen += 1;
      const [, seconds] = /in ([\d.]+) seconds\.$/.exec(line) ?? [];
      expect(Math.abs(Number(seconds) - (stampOf(line) - begunAt) / 1000)).toBeLessThan(0.012);
    }
    expect(seen).toBeGreaterThan(0);
  });

  test("tells of the first rank's allocations only", () => {
    const dialect = openDialect("torchtitan");
    for (const event of nvidia.slice(0, 20)) dialect.lines(event);
    const retry = { type: "cluster-message", level: "warning", source: "framework" } as const;
    const from = (rank: number): readonly string[] =>
      dialect.lines({ ...retry, code: "allocation-retry", rank, seq: 0, atMs: 1 } as RunEvent);
    expect(from(51)).toEqual([]);
    expect(from(0)).toHaveLength(1);
  });
});

describe("the launcher", () => {
  test("of the first machine only notices that another one's workers have failed", () => {
    const dialect = openDialect("lightning");
    for (const event of nvidia) {
      if (event.type === "run-interrupted") break;
      dialect.lines(event);
    }
    const stop = { type: "run-interrupted", step: 9, symptom: "worker-exited", seq: 0, atMs: 9e6 };
    const text = dialect.lines({ ...stop, node: 6, rank: 50 } as RunEvent).join("\n");
    const pidOf = (words: string): string | undefined =>
      new RegExp(`^\\S+ \\S+ (\\d+) .*${words}`, "m").exec(text)?.[1];
    expect(pidOf("3/3 attempts left")).toBeDefined();
    expect(pidOf("Detected 1 new nodes from group_rank=0")).toBeDefined();
    expect(pidOf("3/3 attempts left")).not.toBe(pidOf("Detected 1 new nodes"));
    const other = openDialect("lightning");
    for (const event of nvidia.slice(0, 20)) other.lines(event);
    const here = other.lines({ ...stop, node: 0, rank: 3 } as RunEvent).join("\n");
    expect(here).toMatch(/attempts left/);
    expect(here).not.toMatch(/Detected/);
  });

  test("starts workers whose numbers are not the same distance away each time", () => {
    const launchers = [...plain.matchAll(/ (\d+) site-packages.*Rendezvous complete/g)];
    const workers = [...plain.matchAll(/^node-\d+:(\d+):(\d+) .*\[Proxy Service\]/gm)];
    expect(workers.length).toBeGreaterThan(2);
    const gaps = workers.map(([, pid], i) => Number(pid) - Number(launchers[i]?.[1]));
    const threads = workers.map(([, pid, thread]) => Number(thread) - Number(pid));
    expect(new Set(gaps).size).toBe(gaps.length);
    expect(new Set(threads).size).toBe(threads.length);
  });
});

describe("NCCL", () => {
  const timings = (events: readonly RunEvent[]): string[] =>
    [...textOf("lightning", events).matchAll(/Init timings.*total ([\d.]+) \((.*)\)/g)].map(
      ([, total, parts = ""]) => {
        const numbers = [...parts.matchAll(/[\d.]+/g)].map(([text]) => Number(text));
        expect(numbers.reduce((sum, part) => sum + part, 0)).toBeCloseTo(Number(total), 6);
        expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
        return parts;
      },
    );

  test("needs another time for each start, and its parts add up to the whole", () => {
    const all = [...timings(nvidia), ...timings(amd)];
    expect(new Set(all).size).toBe(all.length);
    const kernels = (parts: string): number => Number(/kernels ([\d.]+)/.exec(parts)?.[1]);
    expect(kernels(all[0] ?? "")).toBeGreaterThan(2 * kernels(all.at(-1) ?? ""));
  });

  test("has its structures where allocators put them, and as many channels as it says", () => {
    const pointers = [...plain.matchAll(/comm (0x[0-9a-f]+)/g)].map(([, pointer]) => pointer);
    expect(pointers.length).toBeGreaterThan(6);
    for (const pointer of pointers) expect(pointer).toMatch(/^0x55[0-9a-f]{9}0$/);
    const first = plain.slice(0, plain.indexOf("Connected all rings"));
    expect(first.match(/Channel \d\d\/16 :/g)).toHaveLength(16);
    expect(first.match(/NVLS Head /g)).toHaveLength(8);
    // Into the machine on two channels, out of it on two others, within it on the rest.
    expect(first.match(/\d\d\/0 : 57\[1\] -> 0\[0\] \[receive\] via NET\/IB/g)).toHaveLength(2);
    expect(first.match(/\d\d\/0 : 0\[0\] -> 15\[7\] \[send\] via NET\/IB/g)).toHaveLength(2);
    expect(first.match(/\d\d\/0 : 0\[0\] -> 7\[7\] via P2P\/CUMEM/g)).toHaveLength(14);
  });
});

describe("cards of AMD", () => {
  const text = textOf("torchtitan", amd);

  test("speak of HIP, and of nothing of NVIDIA's", () => {
    expect(text).toMatch(/torch\.AcceleratorError: HIP error: uncorrectable ECC error encountered/);
    expect(text).toMatch(/Search for `hipErrorLaunchFailure' in https:\/\/rocm/);
    expect(text).toMatch(/AMD_SERIALIZE_KERNEL=3/);
    expect(text).toMatch(/TORCH_USE_HIP_DSA/);
    expect(text).toMatch(/AMD Instinct MI300X with 191\.98GiB memory/);
    const dialect = openDialect("torchtitan");
    for (const event of amd.slice(0, 20)) dialect.lines(event);
    const stop = { type: "run-interrupted", step: 9, symptom: "out-of-memory", rank: 3, seq: 0 };
    const lines = dialect.lines({ ...stop, atMs: 9e6 } as RunEvent).join("\n");
    expect(lines).toMatch(/torch\.OutOfMemoryError: HIP out of memory/);
    expect(text).not.toMatch(/CUDA error|CUDA_LAUNCH|_CUDA_DSA|NVRM|NVIDIA|nvidia|NVLS/);
  });

  test("say each thing once, and a card that is gone otherwise than one with an error", () => {
    const kernel = [...text.matchAll(/amdgpu: (.*)$/gm)].map(([, words]) => words ?? "");
    expect(new Set(kernel).size).toBe(kernel.length);
    expect(kernel.filter((words) => /umc block/.test(words))).toHaveLength(2);
    expect(kernel).toContain("device lost from bus!");
  });
});

describe("the Hugging Face Trainer", () => {
  test("evaluates, with figures that agree, before it saves", () => {
    const rule =
      /,(\d{3}) >> \n.*\n.*Num examples = (\d+)\n.*Batch size = (\d+)\n(?: *\d+%\|.*\n)+.*'eval_runtime': '([\d.]+)', 'eval_samples_per_second': '([\d.]+)', 'eval_steps_per_second': '([\d.]+)'/g;
    const found = [...plain.matchAll(rule)];
    expect(found.length).toBeGreaterThan(3);
    for (const [, , examples, batch, runtime, samples, steps] of found) {
      expect((Number(samples) * Number(runtime)) / Number(examples)).toBeCloseTo(1, 2);
      const replicas = Number(examples) / Number(batch) / (Number(steps) * Number(runtime));
      expect(replicas / 64).toBeCloseTo(1, 2);
    }
  });

  test("begins an evaluation when the step before is done, and saves after it", () => {
    const told = tell("huggingface", nvidia);
    let stepMs = 0;
    let both = 0;
    for (const { event, lines } of told) {
      if (event.type === "step-done") stepMs = event.atMs;
      if (event.type !== "evaluation-done") continue;
      const begun = stampOf(lines[0] ?? "");
      const start = nvidia[0]?.type === "run-started" ? nvidia[0].wallMs : 0;
      expect(Math.abs(begun - start - (event.atMs - event.durationMs))).toBeLessThan(2500);
      expect(begun - start).toBeGreaterThanOrEqual(stepMs);
      if (lines.some((line) => line.includes("Saving model checkpoint"))) both += 1;
    }
    expect(both).toBeGreaterThan(0);
    for (const { event, lines } of told)
      if (event.type === "step-done")
        expect(lines.filter((line) => line.includes("Saving"))).toEqual([]);
  });
});

/** Milliseconds since 1970 of the first time in a line. */
function stampOf(line: string): number {
  const rule = /(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d),(\d{3})/;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] =
    rule.exec(line)?.slice(1).map(Number) ?? [];
  // Days in the calendar, by the usual trick: the year begins in March.
  const [y, m] = month > 2 ? [year, month - 3] : [year - 1, month + 9];
  const days = 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  const sinceEpoch = days + Math.floor((153 * m + 2) / 5) + day - 719_469;
  return (((sinceEpoch * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms;
}

function tell(name: DialectName, events: readonly RunEvent[]) {
  const dialect = openDialect(name);
  return events.map((event) => ({ event, lines: dialect.lines(event) }));
}

function textOf(name: DialectName, events: readonly RunEvent[]): string {
  return tell(name, events)
    .flatMap(({ lines }) => lines)
    .join("\n");
}

/** Incidents on eight machines, with checkpoints in between. */
function eventsOf(gpus: string, kinds: readonly IncidentName[]): RunEvent[] {
  const wanted = { ...wantedRun("Llama-3.1-8B", gpus, 2e9), failuresPerNodeDay: 2 };
  const incidents = kinds.map((kind, i) => ({ kind, step: 60 + 130 * i }));
  const { news }: RunRecording = pretraining({ seed: 9, wanted, spareNodes: 3, incidents });
  return news.map((one, seq) => ({ ...one, seq }));
}
