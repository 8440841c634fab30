/**
 * The lines against the rules of the programs that read them: regular expressions of public log
 * parsers as they are in use, translated from Python only in their syntax, and the formats of
 * kernels and launchers.
 */

import { describe, expect, test } from "vitest";
import { pretraining, type RunRecording, wantedRun } from "../../../test/support/simulated.ts";
import type { RunEvent, StepDone } from "../../events/events.ts";
import { type DialectName, openDialect } from "./dialects.ts";

const run = eventsOf(
  pretraining({
    seed: 4,
    wanted: { ...wantedRun("Llama-3.1-70B", "H100:256", 8e9), failuresPerNodeDay: 1 },
    spareNodes: 2,
    incidents: [
      { kind: "ecc-error", step: 70 },
      { kind: "nic-failure", step: 150 },
      { kind: "memory-fragmentation", step: 170 },
    ],
  }),
);
const steps = run.filter((event) => event.type === "step-done");
const evaluations = run.filter((event) => event.type === "evaluation-done");
const saves = run.filter((event) => event.type === "checkpoint-saved");
const restores = run.filter((event) => event.type === "run-restored");

describe("Megatron-LM", () => {
  const text = textOf("megatron");

  test("a regression checker's ITER_RE finds every iteration, its time, loss and norm", () => {
    const rule =
      /iteration\s+(\d+)\/\s*\d+.*?elapsed time per iteration \(ms\): ([\d.]+).*?lm loss: ([\d.E+-]+).*?grad norm: ([\d.naN]+).*?number of skipped iterations:\s*(\d+).*?number of nan iterations:\s*(\d+)/g;
    const found = [...text.matchAll(rule)];
    expect(found.map(([, step]) => Number(step))).toEqual(steps.map(({ step }) => step));
    for (const [i, [, , ms, loss, norm, skipped]] of found.entries()) {
      const step = steps[i] as StepDone;
      expect(Math.abs(Number(ms) - step.durationMs)).toBeLessThan(0.51);
      expect(Number(loss)).toBeCloseTo(step.loss ?? 0, 5);
      expect(Math.abs(Number(norm) - (step.gradientNorm ?? 0))).toBeLessThan(0.00051);
      expect(skipped).toBe("0");
    }
  });

  test("Pai-Megatron-Patch's parse_log.sh finds the throughput", () => {
    const found = [...text.matchAll(/throughput per GPU \(TFLOP\/s\/GPU\): ([0-9.]+)/g)];
    expect(found.map(([, tflops]) => tflops)).toEqual(
      steps.map((step) => step.text?.tflopsPerGpu.toFixed(1)),
    );
  });

  test("a step table's parser reads samples, batch and learning rate", () => {
    const rule =
      /iteration\s+(?<step>\d+)\s*\/\s*(?<total>\d+).*?consumed samples:\s*(?<samples>\d+).*?learning rate:\s*(?<rate>[\d.E+-]+).*?global batch size:\s*(?<batch>\d+)/g;
    for (const [i, { groups }] of [...text.matchAll(rule)].entries()) {
      expect(Number(groups?.["samples"])).toBe(steps[i]?.text?.consumedSamples);
      expect(Number(groups?.["rate"])).toBeCloseTo(steps[i]?.learningRate ?? 0, 9);
      expect(Number(groups?.["batch"]) * Number(groups?.["step"])).toBe(
        Number(groups?.["samples"]),
      );
    }
  });

  test("VAL_RE finds the validations", () => {
    const rule = /validation loss at iteration (\d+) \| lm loss value: ([\d.E+-]+)/g;
    const found = [...text.matchAll(rule)].map(([, step, loss]) => [Number(step), Number(loss)]);
    const told = evaluations.map(({ step, loss }) => [step, loss]);
    // The last one is told of the two sets that were held out, in words that it passes over.
    expect(found).toEqual(told.slice(0, -1));
    const last = /loss at iteration (\d+) on validation set \| lm loss value: ([\d.E+-]+)/.exec(
      text,
    );
    expect([Number(last?.[1]), Number(last?.[2])]).toEqual(told.at(-1));
  });

  test("a run watcher's SAVE_START, SAVE_END, LOADED and SAVE_INTERVAL follow the checkpoints", () => {
    const numbers = (rule: RegExp): number[] => [...text.matchAll(rule)].map(([, n]) => Number(n));
    expect(numbers(/successfully saved checkpoint from iteration\s+(\d+)/g)).toEqual(
      saves.map(({ step }) => step),
    );
    const begun = numbers(/(?<!successfully )saving checkpoint at iteration\s+(\d+)/g);
    expect(begun).toEqual(expect.arrayContaining(saves.map(({ step }) => step)));
    expect(numbers(/successfully loaded checkpoint.*at iteration\s+(\d+)/g)).toEqual(
      restores.map(({ step }) => step).filter((step) => step > 0),
    );
    const [interval] = numbers(/\bsave_interval\s+\.+\s+(\d+)\s*$/gm);
    expect(interval).toBe(
      run.find((event) => event.type === "recipe-described")?.stepsPerCheckpoint,
    );
  });

  test("a memory table's MG_MEM_RE finds the peak, and the parameters of a rank are there", () => {
    const found = [...text.matchAll(/\[Rank\s+(\d+)\].*?max allocated:\s*([\d.]+)\s*\|/g)];
    expect(found.length).toBeGreaterThan(1);
    for (const [, , mib] of found) expect(Number(mib)).toBeLessThan(80_000);
    expect(text).toMatch(
      /number of parameters on \(tensor, pipeline\) model parallel rank \(0, 0\): (\d+)/,
    );
  });
});

describe("torchtitan", () => {
  const text = textOf("torchtitan");
  const shown = steps.filter(({ step }) => step === 1 || step % 10 === 0);

  test("a throughput harness's _STEP and _CAPACITY read every tenth step", () => {
    const rule =
      /step:\s*([\d,]+)\s+loss:\s*([-\d.eE+]+)\s+grad_norm:\s*([-\d.eE+]+)\s+memory:\s*([\d.]+)GiB\(([\d.]+)%\)\s+tps:\s*([\d,]+)\s+tflops:\s*([\d.]+)(?:\s+mfu:\s*([\d.]+)%)?/g;
    const found = [...text.matchAll(rule)];
    expect(found.map(([, step]) => Number(step))).toEqual(shown.map(({ step }) => step));
    for (const [i, [, , loss, norm, , percent, tps, tflops, mfu]] of found.entries()) {
      expect(Number(loss)).toBeCloseTo(shown[i]?.loss ?? 0, 5);
      expect(Number(norm)).toBeCloseTo(shown[i]?.gradientNorm ?? 0, 4);
      expect(Number(percent)).toBeLessThan(100);
      expect(Number(tps?.replace(",", ""))).toBeGreaterThan(10);
      // 989 TFLOP/s, and PaLM's convention, which is above the causal one.
      expect(Number(mfu)).toBeCloseTo(Number(tflops) / 9.89, 1);
    }
    expect(text).toMatch(/CUDA capacity:\s*(.+?)\s+with\s+([\d.]+)GiB/);
    expect(text).toMatch(/Peak FLOPS used for computing MFU:\s*([\d.eE+]+)/);
  });

  test("its validation lines are read by a curve plotter's _VALID", () => {
    const found = [...text.matchAll(/validate step:\s*(\d+)\s+loss:\s*([\d.]+)/g)];
    expect(found.map(([, step, loss]) => [Number(step), Number(loss)])).toEqual(
      evaluations.map(({ step, loss }) => [step, Number(loss.toFixed(4))]),
    );
  });

  test("a job report finds the sizes in the line before the first step", () => {
    const rule =
      /local batch size (\d+), global batch size (\d+), gradient accumulation steps (\d+), sequence length (\d+)/;
    const [, , batch, , sequence] = rule.exec(text) ?? [];
    expect(Number(batch) * Number(sequence)).toBe(steps[0]?.text?.tokens);
  });
});

describe("the Hugging Face Trainer", () => {
  const text = textOf("huggingface");

  test("its rows are Python literals with the keys of the trainer's history", () => {
    const rows = text.split("\n").filter((line) => line.startsWith("{'loss'"));
    expect(rows).toHaveLength(steps.length);
    for (const [i, row] of rows.entries()) {
      const read = pythonDict(row);
      expect(Object.keys(read)).toEqual(["loss", "grad_norm", "learning_rate", "epoch"]);
      expect(Number(read["loss"])).toBeCloseTo(steps[i]?.loss ?? 0, 2);
      // The one that the step was done with; the scheduler begins at zero.
      expectShort(read["learning_rate"], i === 0 ? 0 : steps[i - 1]?.learningRate, 4);
    }
  });

  test("a progress watcher's LOG_RE, PROGRESS_RE and SUMMARY_RE find their lines", () => {
    const log =
      /\{'loss': '?([\d.e-]+)'?.*?'grad_norm': '?([\d.e-]+)'?.*?'learning_rate': '?([\d.e-]+)'?.*?'epoch': '?([\d.]+)'?/g;
    expect([...text.matchAll(log)]).toHaveLength(steps.length);
    const bars = [...text.matchAll(/(\d+)%\|.*?\| (\d+)\/(\d+)/g)];
    const total = String(run.find((event) => event.type === "plan-made")?.stepsTotal);
    // An evaluation has a bar of its own.
    const progress = bars.filter(([, , , of]) => of === total).map(([, , n]) => Number(n));
    expect(new Set(progress)).toEqual(new Set([0, ...steps.map(({ step }) => step)]));
    expect(text).toMatch(/'train_loss': '?([\d.]+)/);
    const found = [...text.matchAll(/\{'eval_loss': '?([\d.]+)'?.*?'epoch': '?([\d.]+)'?\}/g)];
    expect(found).toHaveLength(evaluations.length);
    expect(text).toMatch(/(\d+)\/(\d+) \[([\d:]+)<([\d:?]+),\s*([\d.]+)(s\/it|it\/s)/);
  });
});

describe("PyTorch Lightning", () => {
  const text = textOf("lightning");

  test("a notebook's epoch_pattern and LIGHTNING_RE read the bar", () => {
    const shown = steps.filter(({ step }, i) => step % 10 === 0 || i === steps.length - 1);
    const rule =
      /Epoch (\d+):\s+(\d+)%\|.*?\|\s*(\d+)\/(\d+)\s*\[.*?,\s*([0-9.]+)(it\/s|s\/it),.*?train_loss=([\d.]+)/g;
    const found = [...text.matchAll(rule)];
    expect(found.map(([, , , step]) => Number(step))).toEqual(shown.map(({ step }) => step));
    for (const [i, [, , , , , , , loss]] of found.entries())
      expect(Math.abs(Number(loss) - (shown[i]?.loss ?? 0))).toBeLessThan(0.051);
  });

  test("best scores are where its checkpoint callback says them", () => {
    const rule =
      /Epoch (\d+), global step (\d+): 'val_loss' (?:reached ([\d.]+)|was not in top 1)/g;
    const found = [...text.matchAll(rule)].map(([, , step]) => Number(step));
    expect(found).toEqual(evaluations.map(({ step }) => step));
  });
});

describe("DeepSpeed", () => {
  const text = textOf("deepspeed");
  const shown = steps.filter(({ step }) => step % 10 === 0);

  test("the rate, the skipped steps and the momenta stand in every tenth step's line", () => {
    const rule =
      /^\[[\d-]+ [\d:]+,\d{3}\] \[INFO\] \[logging\.py:\d+:log_dist\] \[Rank 0\] step=(\d+), skipped=(\d+), lr=\[([\d.e-]+)\], mom=\[\(0\.9, 0\.95\)\]$/gm;
    const found = [...text.matchAll(rule)].filter(([, step]) => step !== "0");
    expect(found.map(([, step, , rate]) => [Number(step), Number(rate)])).toEqual(
      shown.map(({ step, learningRate }) => [step, learningRate]),
    );
  });

  test("slapo's DeepSpeedLogParser finds its keys", () => {
    const query = (key: string): number[] =>
      [...text.matchAll(new RegExp(`${key}=+([\\d.]+)`, "g"))].map(([, value]) => Number(value));
    const batch = run.find((event) => event.type === "plan-made")?.batchSize ?? 0;
    expect(query("MaxMemAllocated").every((gib) => gib > 1 && gib < 80)).toBe(true);
    for (const [i, rate] of query("CurrSamplesPerSec").slice(0, 3).entries())
      expect(rate).toBeCloseTo((batch * 1000) / (shown[i]?.durationMs ?? 1), 6);
    expect(text).toMatch(/\[Rank 0\] time \(ms\) \| fwd: [\d.]+ \| bwd: [\d.]+ \| /);
  });
});

describe("nanotron", () => {
  const text = textOf("nanotron");

  test("a cluster benchmark's prefix and the order of its entries hold", () => {
    const rule =
      /\[default\d+\]:\S+ \S+ \[INFO\|DP=\d+\|PP=\d+\|TP=\d+\|\S+\]: iteration: (\d+) \/ \d+ \| consumed_tokens: ([\d.KMBT]+) \| time_per_iteration_ms: ([\d.KM]+) \| tokens_per_sec: ([\d.KM]+) \| tokens_per_sec_per_gpu: ([\d.KM]+) \| global_batch_size: ([\d.KM]+) \| grad_norm: ([\d.]+) \| lm_loss: ([\d.]+) \| lr: ([\de.-]+) \| model_tflops_per_gpu: ([\d.]+) \| eta: /g;
    const found = [...text.matchAll(rule)];
    expect(found.map(([, step]) => Number(step))).toEqual(steps.map(({ step }) => step));
    for (const [i, [, , tokens, , , , , , , rate]] of found.entries()) {
      expect(unitsToFloat(tokens ?? "") / (steps[i]?.text?.consumedTokens ?? 1)).toBeCloseTo(1, 2);
      expectShort(rate, steps[i]?.learningRate, 3);
    }
  });

  test("a table maker's step_re finds iteration, time and rate", () => {
    const rule =
      /iteration:\s*(\d+)\s*\/\s*(\d+).*?time_per_iteration_ms:\s*([0-9.]+).*?tokens_per_sec:\s*([0-9.]+[KMG]?)/g;
    expect([...text.matchAll(rule)]).toHaveLength(steps.length);
  });
});

describe("around all of them", () => {
  const text = textOf("megatron");

  test("gpud-like watchers find Xids and the card's bus in the kernel's lines", () => {
    const found = [...text.matchAll(/NVRM: Xid \(PCI:([0-9a-fA-F:.]+)\): (\d+),/g)];
    expect(found.map(([, , xid]) => xid)).toEqual(["48", "94", "63", "154"]);
    expect(new Set(found.map(([, bus]) => bus)).size).toBe(1);
  });

  test("a supervisor's parser of torchrun's report finds host, rank, exit code", () => {
    const [block = ""] = /Root Cause \(first observed failure\):[\s\S]*?={10,}/.exec(text) ?? [];
    expect(block).toMatch(/^\s*time\s*:\s*(\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d)\s*$/m);
    expect(block).toMatch(/^\s*host\s*:\s*(\S+)\s*$/m);
    const [, rank, local] =
      /^\s*rank\s*:\s*(-?\d+)\s*\(local_rank:\s*(-?\d+)\)\s*$/m.exec(block) ?? [];
    expect(Number(rank) % 8).toBe(Number(local));
    expect(block).toMatch(/^\s*exitcode\s*:\s*(-?\d+)(?:\s*\(.*\))?\s*$/m);
    const stop = run.find((event) => event.type === "run-interrupted");
    expect(Number(rank)).toBe(stop?.rank);
  });

  test("the ECC error, the lost peer and the full memory are told in torch's words", () => {
    expect(text).toMatch(/CUDA error: uncorrectable ECC error encountered/);
    expect(text).toMatch(
      /NCCL WARN NET\/IB: Got completion from peer [\d.]+<\d+> with status=\w+\(12\)/,
    );
    expect(text).toMatch(
      /torch\.OutOfMemoryError: CUDA out of memory\. Tried to allocate ([\d.]+) [MG]iB\. GPU \d has a total capacity of ([\d.]+) GiB/,
    );
  });
});

/** The number in so many significant digits, and nothing else. */
function expectShort(text: string | undefined, value: number | undefined, digits: number): void {
  expect(Number(text)).toBe(Number(value?.toPrecision(digits)));
}

function textOf(name: DialectName): string {
  const dialect = openDialect(name);
  return run.flatMap((event) => dialect.lines(event)).join("\n");
}

/** `ast.literal_eval` of a dict of strings. */
function pythonDict(row: string): Record<string, string> {
  expect(row).toMatch(/^\{('[a-z_]+': '[^']*'(, )?)+\}$/);
  return JSON.parse(row.replaceAll("'", '"')) as Record<string, string>;
}

function unitsToFloat(text: string): number {
  const powers: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 };
  return Number(text.replace(/[KMBT]$/, "")) * (powers[text.at(-1) ?? ""] ?? 1);
}

function eventsOf({ news }: RunRecording): RunEvent[] {
  return news.map((one, seq) => ({ ...one, seq }));
}
