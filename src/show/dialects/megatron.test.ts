import { describe, expect, test } from "vitest";
import { pretraining, type Told, wantedRun } from "../../../test/support/simulated.ts";
import type { RunEvent, StepDone } from "../../events/events.ts";
import { openDialect } from "./dialects.ts";
import { factsOf } from "./facts.ts";
import { lossScales } from "./megatron-loss-scale.ts";

/** A start, a card that is lost, a start from a checkpoint, and an end. */
const run = eventsOf(
  pretraining({
    seed: 4,
    wanted: { ...wantedRun("Llama-3.1-70B", "H100:256", 4e9), failuresPerNodeDay: 1 },
    spareNodes: 1,
    incidents: [{ kind: "gpu-lost", step: 170 }],
  }),
);
const DAY_MS = 86_400_000;
const told = tell(run);
const lines = told.flatMap((one) => one.lines);
const text = lines.join("\n");

describe("the clock of a start", () => {
  const starts = text.split("using world size: ").slice(1);

  test.each([0, 1])("number %d agrees with its timers and with the events", (i) => {
    const block = starts[i] ?? "";
    const stampOf = (what: string): number => {
      const [, at = ""] =
        new RegExp(`^\\[${what}\\] datetime: (\\S+ \\S+) $`, "m").exec(block) ?? [];
      return sinceStart(at.slice(11));
    };
    const timerOf = (name: string): number =>
      Number(new RegExp(`^ {4}${name} \\.+: \\(.*, ([\\d.]+)\\)$`, "m").exec(block)?.[1]);
    const initialized = stampOf("after megatron is initialized");
    const built = stampOf("after model, optimizer, and learning rate scheduler are built");
    const loaded = stampOf("after dataloaders are built");
    const begun = stampOf("before the start of training step");
    expect([initialized, built, loaded, begun]).toEqual(
      [initialized, built, loaded, begun].sort((a, b) => a - b),
    );
    expect(timerOf("model-and-optimizer-setup")).toBeCloseTo(built - initialized, 1);
    expect(timerOf("train/valid/test-data-iterators-setup")).toBeCloseTo(loaded - built, 1);
    expect(timerOf("load-checkpoint")).toBeLessThan(timerOf("model-and-optimizer-setup"));

    const times = (type: RunEvent["type"], code?: string): number[] =>
      run
        .filter((event) => event.type === type)
        .filter((event) => code === undefined || ("code" in event && event.code === code))
        .map(({ atMs }) => atMs);
    expect(initialized).toBeGreaterThan(times("cluster-message", "rendezvous")[i] ?? 0);
    const [planned = 0] = times("plan-made");
    const [restored = 0] = times("run-restored");
    expect(loaded).toBeLessThanOrEqual(i === 0 ? planned : restored);
    if (i === 0) return;
    const [reading = 0] = times("cluster-message", "checkpoint-loading");
    expect(built).toBeGreaterThan(reading);
    expect(Math.abs(built - reading - timerOf("load-checkpoint"))).toBeLessThan(10);
  });
});

describe("the arguments", () => {
  const rows = argumentsOf(lines);
  const value = (name: string): string | undefined => rows.find(([one]) => one === name)?.[1];

  test("are all of them, once each, in the order of the program, with dots up to column 48", () => {
    expect(rows.length).toBeGreaterThan(500);
    const names = rows.map(([name]) => name.toLowerCase());
    expect(names).toEqual([...new Set(names)].sort());
    const shown = lines.filter((line) => /^ {2}[a-z_A-Z0-9]+ \.+ /.test(line));
    expect(shown.every((line) => line.slice(2).split(/(?<=\.) /)[0]?.length === 49)).toBe(true);
  });

  test("follow from the run, or are the defaults", () => {
    expect(value("world_size")).toBe("256");
    expect(value("num_layers")).toBe("80");
    expect(value("num_query_groups")).toBe("8");
    expect(value("initial_loss_scale")).toBe("4294967296");
    expect(value("hysteresis")).toBe("2");
    // It is computed when the tokenizer is there, which is later.
    expect(value("padded_vocab_size")).toBe("None");
    // Sizes in megabytes of a validation would not fit into its time otherwise.
    const samples = Number(/^Evaluating on (\d+) samples$/m.exec(text)?.[1]);
    expect(samples).toBe(Number(value("eval_iters")) * Number(value("global_batch_size")));
  });

  test.each([
    ["wsd", "WSD", "linear"],
    ["cosine", "cosine", "exponential"],
  ] as const)("of the schedule %s tell its end", (schedule, style, decay) => {
    const changed = run.slice(0, 40).map((event) => {
      return event.type === "recipe-described" ? { ...event, schedule } : event;
    });
    const found = argumentsOf(tell(changed).flatMap((one) => one.lines));
    const steps = run.find((event) => event.type === "plan-made")?.stepsTotal ?? 0;
    expect(Object.fromEntries(found)).toMatchObject({
      lr_decay_style: style,
      lr_wsd_decay_style: decay,
      lr_wsd_decay_iters: schedule === "wsd" ? String(Math.round(0.2 * steps)) : "None",
    });
  });
});

describe("checkpoints and validations", () => {
  const evaluations = run.filter((event) => event.type === "evaluation-done");
  const saves = run.filter((event) => event.type === "checkpoint-saved");
  const indexOf = (part: string): number => lines.findIndex((line) => line.includes(part));

  test("a validation comes before the checkpoint of the same step", () => {
    const both = saves.filter(({ step }) => evaluations.some((one) => one.step === step));
    expect(both.length).toBeGreaterThan(2);
    for (const { step } of both.slice(0, -1)) {
      const validated = indexOf(`validation loss at iteration ${step} |`);
      expect(validated).toBeGreaterThan(0);
      expect(
        indexOf(`saving checkpoint at iteration ${String(step).padStart(7)} `),
      ).toBeGreaterThan(validated);
    }
  });

  test("a save is followed by its timer, as long as the stamps around it are apart", () => {
    const rule =
      /^\[\S+ (\S+)\] saving checkpoint.*\n(?:Storing.*\n)? {2}\[\S+ (\S+)\] scheduled an async.*\n\(min, max\) time across ranks \(ms\):\n {4}save-checkpoint \.+: \(([\d.]+), ([\d.]+)\)$/gm;
    const found = [...text.matchAll(rule)];
    expect(found.length).toBeGreaterThan(2);
    for (const [, from = "", until = "", fastest, slowest] of found) {
      expect(Number(fastest)).toBeLessThan(Number(slowest));
      expect(Math.abs(millis(until) - millis(from) - Number(slowest))).toBeLessThan(10);
    }
  });

  test("what is written is looked after once the step is done in which the writing ended", () => {
    for (const { step, atMs } of saves.slice(0, -1)) {
      const at = indexOf(
        `successfully saved checkpoint from iteration ${String(step).padStart(7)} `,
      );
      const next = run.find(
        (event) => event.type === "step-done" && event.atMs >= atMs,
      ) as StepDone;
      const line = lines.slice(0, at).findLast((one) => one.includes(" iteration "));
      expect(line).toMatch(new RegExp(` iteration +${next.step}/`));
    }
  });

  test("after training the last one begins, then both sets are measured while it is written", () => {
    const end = text.slice(text.indexOf("[after training is done]"));
    const order =
      /^\[after training is done\] datetime: .*\n\[.*\] saving checkpoint at iteration.*\n(?:Storing.*\n)? {2}\[.*\] scheduled.*\nEvaluating on \d+ samples\nEvaluating iter 1\/\d+\n[\s\S]*on validation set \| lm loss[\s\S]*\nEvaluating on \d+ samples\n[\s\S]*on test set \| lm loss[\s\S]*\n {2}\[.*\] successfully saved checkpoint/;
    expect(end).toMatch(order);
    const [took, tookAgain] = [...end.matchAll(/evaluate \.+: \(.*, ([\d.]+)\)/g)].map(
      ([, ms]) => ms,
    );
    expect(took).not.toBe(tookAgain);
  });
});

describe("memory", () => {
  test("what is allocated between steps is at least weights, gradients and optimiser", () => {
    const [held = []] = [
      [...text.matchAll(/model parallel rank \((\d), (\d)\): (\d+)/g)].slice(0, 16),
    ];
    const rows = [
      ...text.matchAll(
        /\[Rank (\d+)\] \(after 1 iterations\).*\| allocated: ([\d.]+) \| max allocated: ([\d.]+) \| reserved: ([\d.]+)/g,
      ),
    ];
    expect(rows).toHaveLength(16);
    for (const [, rank, allocated, peak, reserved] of rows) {
      const stage = Math.floor(Number(rank) / 64);
      const count = held.find(([, t, p]) => Number(t) === Number(rank) % 4 && Number(p) === stage);
      const state = (Number(count?.[3]) * (6 + 12 / 16)) / 2 ** 20;
      expect(Number(allocated)).toBeGreaterThan(state);
      expect(Number(peak)).toBeGreaterThan(Number(allocated));
      expect(Number(reserved)).toBeGreaterThan(Number(peak));
      expect(Number(reserved)).toBeLessThan(79.11 * 1024);
    }
  });

  test("its formula knows the fullest rank, and says which one it takes for activations", () => {
    const count = Number(/model parallel rank \(0, 0\): (\d+)/.exec(text)?.[1]);
    const state = (count * (6 + 12 / 16)) / 2 ** 20;
    const [, weights] = /weight and optimizer=([\d.]+) MB, activation=/.exec(text) ?? [];
    // It counts the last norm on every stage, and splits norms as well.
    expect(Math.abs(Number(weights) / state - 1)).toBeLessThan(0.001);
    expect(text).toMatch(/^compute_activation_memory_without_sp$/m);
    const selective = run.slice(0, 60).map((event) => {
      return event.type === "recipe-described"
        ? ({ ...event, recompute: "selective" } as const)
        : event;
    });
    expect(tell(selective).flatMap((one) => one.lines)).toContain(
      "compute_activation_memory with SP",
    );
  });
});

describe("a run in float16", () => {
  const half = eventsOf(
    pretraining({ seed: 5, wanted: wantedRun("OPT-6.7B", "V100:128", 2e10) }, 60),
  );
  const steps = half.filter((event) => event.type === "step-done");
  const rows = tell(half)
    .flatMap((one) => one.lines)
    .filter((line) => / iteration +\d+\//.test(line));

  test("begins with a scale that overflows, and skips steps until it does not", () => {
    expect(half.find((event) => event.type === "recipe-described")?.precision).toBe("fp16");
    const scales = rows.map((row) => Number(/loss scale: ([\d.]+) \|/.exec(row)?.[1]));
    const skipped = rows.map((row) => row.includes("skipped iterations:   1 |"));
    const count = skipped.indexOf(false);
    expect(count).toBeGreaterThanOrEqual(10);
    expect(count).toBeLessThanOrEqual(17);
    // The first overflow is forgiven, each one after it halves.
    const expected = Array.from({ length: count }, (_, i) => 2 ** (32 - i));
    expect(scales.slice(0, count)).toEqual(expected);
    expect(scales[count]).toBe(scales[count - 1]);
  });

  test("tells no loss and no norm of a skipped step, and the learning rate as it is", () => {
    for (const [i, row] of rows.entries()) {
      const isSkipped = row.includes("skipped iterations:   1 |");
      if (i < 10) expect(row).not.toMatch(/lm loss|grad norm/);
      if (isSkipped) expect(row).not.toContain("grad norm");
      else expect(row).toMatch(/ lm loss: [\d.E+-]+ \| loss scale: .* grad norm: /);
      const rate = Number(/learning rate: (\S+) \|/.exec(row)?.[1]);
      expect(rate).toBe(Number(steps[i]?.learningRate.toPrecision(7)));
    }
  });

  test("its scale goes back with a checkpoint, and grows again after a thousand good steps", () => {
    const scaleAt = lossScales(factsOf());
    const first = Array.from({ length: 1200 }, (_, i) => scaleAt(i + 1));
    expect(scaleAt(40)).toEqual(first[39]);
    expect(scaleAt(41)).toEqual(first[40]);
    const settled = first.findIndex(({ isSkipped }) => !isSkipped);
    const largest = Math.max(...first.slice(settled).map(({ lossScale }) => lossScale));
    expect(largest).toBe(2 * (first[settled]?.lossScale ?? 0));
  });
});

/** "21:07:13.380835" in milliseconds. */
function millis(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** Milliseconds of a run that takes less than a day. */
function sinceStart(time: string): number {
  const { wallMs } = run[0] as Extract<RunEvent, { type: "run-started" }>;
  return (millis(time) - (wallMs % DAY_MS) + DAY_MS) % DAY_MS;
}

/** Of the first start. */
function argumentsOf(all: readonly string[]): [string, string][] {
  const from = all.findIndex((line) => /^-+ arguments -+$/.test(line));
  const until = all.findIndex((line) => /^-+ end of arguments -+$/.test(line));
  return all.slice(from + 1, until).map((line) => {
    const [, name = "", value = ""] = /^ {2}(\S+) \.* (.*)$/.exec(line) ?? [];
    return [name, value];
  });
}

function tell(events: readonly RunEvent[]) {
  const dialect = openDialect("megatron");
  return events.map((event) => ({ event, lines: dialect.lines(event) }));
}

function eventsOf({ news }: Told): RunEvent[] {
  return news.map((one, seq) => ({ ...one, seq }));
}
