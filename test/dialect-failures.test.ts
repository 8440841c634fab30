/** How simulated runs go down: what the processes, the watchdog and the driver say of it. */

import { describe, expect, test } from "vitest";
import type { RunEvent } from "../src/events/events.ts";
import { DIALECTS, type DialectName, openDialect } from "../src/rehearsal/dialects/dialects.ts";
import type { IncidentName } from "../src/rehearsal/incidents/library.ts";
import { pretraining, wantedRun } from "./support/simulated.ts";

const names = Object.keys(DIALECTS) as DialectName[];

describe.each(names)("a hang in %s's log", (name) => {
  const text = textOf(name, eventsOf(name, { "nccl-hang": 40 }));
  const lines = text.split("\n");
  const at = (line: number): string[] =>
    lines.filter((one) => one.includes(`ProcessGroupNCCL.cpp:${line}] `));

  test("is told by each late rank in torch 2.12's order", () => {
    const ranks = at(757).map(rankOf);
    expect(ranks.length).toBeGreaterThan(6);
    for (const rank of ranks) {
      const own = lines.filter((one) => rankOf(one) === rank).map(lineOf);
      expect(own.filter((line) => line !== undefined).slice(0, 8)).toEqual(
        [757, 2395, 801, 2732, 1987, 1700, 818, 832].map(String),
      );
    }
    expect(text).toMatch(
      /:1987\] \[PG ID 0 PG GUID 0\(default_pg\) Rank \d+\] Received a dump signal due to a collective timeout from this local rank and we/,
    );
  });

  test("has below the failed collective's name where it was enqueued, or nothing, then a blank", () => {
    const rule =
      /:801\] Stack trace of the failed collective: \n((?:(?:\[rank\d+\]:)?#\d+ \S+ from .+:\d+\n)*)(?:\[rank\d+\]:)?\n/g;
    expect([...text.matchAll(rule)]).toHaveLength(at(757).length);
  });

  test("is blamed on a rank that the others tell of it", () => {
    const [observed = ""] = at(1922);
    const blamed = rankOf(observed);
    expect(observed).toContain("Observed flight recorder dump signal from another rank");
    const [from] = at(757);
    expect(at(1987).find((line) => rankOf(line) === blamed)).toContain(
      `collective timeout from  rank ${rankOf(from ?? "")} and we will`,
    );
    expect(at(757).map(rankOf)).not.toContain(blamed);
  });

  test("ends a minute after the dump", () => {
    const waited = stampOf(at(818)[0] ?? "") - stampOf(at(1700)[0] ?? "");
    expect(waited).toBeGreaterThan(60_000);
    expect(waited).toBeLessThan(63_000);
  });

  test("leaves different numbers of works behind it, of those of its group", () => {
    const rule =
      /work sequence id: (\d+) PG status: last enqueued work: (\d+), last completed work: (\d+)/;
    const found = at(2395).map((line) => (rule.exec(line) ?? []).slice(1).map(Number));
    expect(new Set(found.map(([sequence]) => sequence)).size).toBe(1);
    expect(new Set(found.map(([, enqueued]) => enqueued)).size).toBeGreaterThan(1);
    for (const [sequence = 0, enqueued = 0, completed] of found) {
      expect(enqueued).toBeGreaterThanOrEqual(sequence);
      expect(completed).toBe(sequence - 1);
    }
  });
});

describe("the number of the collective that hangs", () => {
  const hanging = eventsOf("torchtitan", { "nccl-hang": 150 });
  const numberOf = (events: readonly RunEvent[]): number =>
    Number(/:757\].*SeqNum=(\d+),/.exec(textOf("torchtitan", events))?.[1]);

  test("counts those of the layers, micro-batches and steps before it", () => {
    const text = textOf("torchtitan", hanging);
    const micro = Number(/gradient accumulation steps (\d+)/.exec(text)?.[1]);
    const each = 3 * 34 * micro + 2;
    expect(numberOf(hanging)).toBeGreaterThan(149 * each);
    expect(numberOf(hanging)).toBeLessThan(151 * each + 20);
  });

  test("is another with another seed", () => {
    const other = eventsOf("torchtitan", { "nccl-hang": 150 }, 8);
    expect(numberOf(other)).not.toBe(numberOf(hanging));
  });

  test("begins anew with the processes", () => {
    const again = eventsOf("torchtitan", { "gpu-lost": 120, "nccl-hang": 150 });
    expect(again.some((event) => event.type === "run-restored" && event.step === 100)).toBe(true);
    expect(numberOf(again)).toBeLessThan(0.5 * numberOf(hanging));
  });
});

describe.each(names)("the tracebacks of %s", (name) => {
  const tailOf = (incident: IncidentName, error: RegExp): string => {
    const text = textOf(name, eventsOf(name, { [incident]: 40 })).replace(
      /^(\[rank\d+\]:)+ ?/gm,
      "",
    );
    const before = text.split(error)[0] ?? "";
    return before.slice(before.lastIndexOf("Traceback (most recent call last)"));
  };

  test("end where the symptom comes up", () => {
    expect(tailOf("ecc-error", /^torch\.AcceleratorError/m)).toMatch(
      /run_backward\(.*(\n +\^+)?\n$/,
    );
    expect(tailOf("software-crash", /^RuntimeError: DataLoader/m)).toMatch(
      /_utils\/signal_handling\.py", line 73, in handler\n {4}_error_if_any_worker_fails\(\)\n$/,
    );
    expect(tailOf("memory-fragmentation", /^torch\.OutOfMemoryError/m)).toMatch(
      /(run_backward\(|matmul|bias_swiglu_back|logits\.float|_foreach_sqrt|F\.linear).*(\n +\^+)?\n$/,
    );
  });

  test("have carets, and not below every line", () => {
    const tail = tailOf("ecc-error", /^torch\.AcceleratorError/m);
    expect(tail).toMatch(/^ +\^+$/m);
    for (const [, code = "", carets = ""] of tail.matchAll(/^( {4}\S.*)\n( +\^+)$/gm)) {
      expect(carets.length).toBeLessThanOrEqual(code.length);
      expect(carets.trim().length).toBeLessThan(code.trim().length);
    }
  });

  test("follow what a worker of the data loader says when its memory is gone", () => {
    expect(textOf(name, eventsOf(name, { "software-crash": 40 }))).toMatch(
      /^(\[rank\d+\]:)?ERROR: Unexpected bus error encountered in worker\. This might be caused by insufficient shared memory \(shm\)\.\n/m,
    );
  });
});

test("what a full card has free is told in GiB where it is more than 1024 MiB", () => {
  const wanted = wantedRun("TinyLlama-1.1B", "A100-80:1", 4e8);
  const incidents = [{ kind: "memory-fragmentation", step: 40 }] as const;
  const { news } = pretraining({ wanted, incidents, stack: "huggingface" }, 100);
  // One amount of some twenty is so large.
  const amounts = Array.from({ length: 100 }, (_, seed) => {
    const events = news.map(
      (one, seq): RunEvent => ({ ...one, seq, ...(one.type === "run-started" ? { seed } : {}) }),
    );
    const [, amount, unit] =
      /of which ([\d.]+) ([MG]iB) is free/.exec(textOf("huggingface", events)) ?? [];
    return { amount: Number(amount), unit };
  });
  const toldIn = (wantedUnit: string): number[] =>
    amounts.flatMap(({ amount, unit }) => (unit === wantedUnit ? [amount] : []));
  expect(toldIn("MiB").length + toldIn("GiB").length).toBe(amounts.length);
  expect(Math.max(...toldIn("MiB"))).toBeLessThanOrEqual(1024);
  expect(toldIn("GiB").length).toBeGreaterThan(0);
  expect(Math.min(...toldIn("GiB"))).toBeGreaterThanOrEqual(1);
});

describe("the driver", () => {
  test("says whose card is lost before it, and that the machine must be booted after it", () => {
    const text = textOf("megatron", eventsOf("megatron", { "gpu-lost": 40 })).replace(
      /^.* kernel: NVRM: /gm,
      "NVRM: ",
    );
    expect(text).toMatch(
      /^NVRM: GPU at PCI:(\S+): GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\nNVRM: GPU Board Serial Number: (\d{13})\nNVRM: Xid \(PCI:\1\): 79, GPU has fallen off the bus\.\nNVRM: GPU \1\.0: GPU has fallen off the bus\.\nNVRM: GPU \1\.0: GPU serial number is \3\.\nNVRM: kgspRcAndNotifyAllChannels_IMPL: RC all channels for critical error 79\.\nNVRM: Xid \(PCI:\1\): 154, GPU recovery action changed from 0x0 \(None\) to 0x2 \(Node Reboot Required\)$/m,
    );
  });

  test.each([
    ["gsp-timeout", "0x1 (GPU Reset Required)"],
    ["row-remap", "0x4 (Drain and Reset)"],
  ] as const)("asks for what helps after a %s", (incident, action) => {
    const text = textOf("megatron", eventsOf("megatron", { [incident]: 40 }));
    expect(text).toContain(`154, GPU recovery action changed from 0x0 (None) to ${action}`);
  });

  test("introduces a card once", () => {
    const text = textOf("megatron", eventsOf("megatron", { "ecc-error": 40 }));
    expect(text.match(/GPU at PCI:/g)).toHaveLength(1);
    expect(text.match(/NVRM: Xid/g)?.length).toBeGreaterThan(2);
  });
});

function rankOf(line: string): number {
  return Number(/\[rank(\d+)\]:\[E/.exec(line)?.[1]);
}

function lineOf(line: string): string | undefined {
  return /ProcessGroupNCCL\.cpp:(\d+)\] /.exec(line)?.[1];
}

/** Milliseconds in the day. */
function stampOf(line: string): number {
  const [, hours, minutes, seconds] = /:\[E\d{4} (\d\d):(\d\d):([\d.]+) /.exec(line) ?? [];
  return 1000 * (3600 * Number(hours) + 60 * Number(minutes) + Number(seconds));
}

/** Until an hour after the last incident, which takes half of it to become one. */
function eventsOf(
  stack: DialectName,
  steps: Readonly<Partial<Record<IncidentName, number>>>,
  seed = 7,
): RunEvent[] {
  // Failures that are expected, and do not come, bring checkpoints.
  const wanted = { ...wantedRun("Llama-3.1-8B", "H100:64", 4e9), failuresPerNodeDay: 5 };
  const incidents = Object.entries(steps).map(([kind, step]) => ({
    kind: kind as IncidentName,
    step,
  }));
  const stepsMax = 300 + Math.max(...Object.values(steps));
  // Megatron has all ways to split, as a run has that nobody asked to be split otherwise.
  const split = stack === "megatron" ? {} : { stack };
  const { news } = pretraining({ seed, wanted, incidents, ...split }, stepsMax);
  return news.map((one, seq): RunEvent => ({ ...one, seq }));
}

function textOf(name: DialectName, events: readonly RunEvent[]): string {
  const dialect = openDialect(name);
  return events.flatMap((event) => dialect.lines(event)).join("\n");
}
