import { describe, expect, test } from "vitest";
import { pretraining, type RunRecording, wantedRun } from "../../../test/support/simulated.ts";
import type { RunEvent, StepDone } from "../../events/events.ts";
import { beforeRun } from "../../events/run-state.ts";
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
    ["Falcon-40B", "A100-40:384"],
    ["Llama-3.1-405B", "H100:1024"],
  ])("tell how the batch of %s grows, and it does", (model, gpus) => {
    const ramped = eventsOf(pretraining({ wanted: wantedRun(model, gpus, 30e9), batchRamp: true }));
    const all = tell(ramped).flatMap((one) => one.lines);
    const value = Object.fromEntries(argumentsOf(all))["rampup_batch_size"] ?? "";
    const [start = 0, step = 0, samples = 0] = (value.match(/\d+/g) ?? []).map(Number);
    const found = [...all.join("\n").matchAll(/ consumed samples: +(\d+) .* batch size: +(\d+)/g)];
    const full = Math.max(...found.map(([, , batch]) => Number(batch)));
    const perStep = samples / ((full - start) / step);
    expect(found.length).toBeGreaterThan(500);
    for (const [, consumed, batch] of found) {
      const before = Number(consumed) - Number(batch);
      const grown = before >= samples ? full : start + Math.floor(before / perStep) * step;
      expect(Number(batch)).toBe(grown);
    }
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
    const took = found.map(([, from = "", until = ""]) => millis(until) - millis(from));
    expect(Math.max(...took) / Math.min(...took)).toBeGreaterThan(1.05);
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
  const layout = run.find((event) => event.type === "cluster-described");
  const { tensorParallel = 0, pipelineParallel = 0, dataParallel = 0 } = layout ?? {};
  /** Weights in bf16 and gradients in float32; master weights and moments are split. */
  const stateMiB = (parameters: number): number => (parameters * (6 + 12 / dataParallel)) / 2 ** 20;

  test("what is allocated between steps is at least weights, gradients and optimiser", () => {
    const ranks = tensorParallel * pipelineParallel;
    expect(ranks).toBeGreaterThan(4);
    const held = [...text.matchAll(/model parallel rank \((\d), (\d)\): (\d+)/g)].slice(0, ranks);
    const rows = [
      ...text.matchAll(
        /\[Rank (\d+)\] \(after 1 iterations\).*\| allocated: ([\d.]+) \| max allocated: ([\d.]+) \| reserved: ([\d.]+)/g,
      ),
    ];
    expect(rows).toHaveLength(ranks);
    for (const [, rank, allocated, peak, reserved] of rows) {
      const stage = Math.floor(Number(rank) / (tensorParallel * dataParallel));
      const count = held.find(
        ([, t, p]) => Number(t) === Number(rank) % tensorParallel && Number(p) === stage,
      );
      expect(Number(allocated)).toBeGreaterThan(stateMiB(Number(count?.[3])));
      expect(Number(peak)).toBeGreaterThan(Number(allocated));
      expect(Number(reserved)).toBeGreaterThan(Number(peak));
      expect(Number(reserved)).toBeLessThan(79.11 * 1024);
    }
  });

  test("its formula knows the fullest rank, and says which one it takes for activations", () => {
    const count = Number(/model parallel rank \(0, 0\): (\d+)/.exec(text)?.[1]);
    const [, weights] = /weight and optimizer=([\d.]+) MB, activation=/.exec(text) ?? [];
    // It counts the last norm on every stage, and splits norms as well.
    expect(Math.abs(Number(weights) / stateMiB(count) - 1)).toBeLessThan(0.001);
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
  ).map((event) =>
    event.type === "step-done" && [20, 21, 22].includes(event.step) ? skippedStep(event) : event,
  );
  const all = tell(half).flatMap((one) => one.lines);
  const rows = all.filter((line) => / iteration +\d+\//.test(line));

  test("skips the steps that the run skips and no other, and tells no loss and no norm of them", () => {
    expect(half.find((event) => event.type === "recipe-described")?.precision).toBe("fp16");
    const steps = half.filter((event) => event.type === "step-done");
    expect(rows).toHaveLength(steps.length);
    for (const [i, row] of rows.entries()) {
      const isSkipped = row.includes("skipped iterations:   1 |");
      expect(isSkipped).toBe(steps[i]?.skipped);
      if (isSkipped) expect(row).not.toMatch(/lm loss|grad norm/);
      else expect(row).toMatch(/ lm loss: [\d.E+-]+ \| loss scale: .* grad norm: /);
      const rate = Number(/learning rate: (\S+) \|/.exec(row)?.[1]);
      expect(rate).toBe(Number(steps[i]?.learningRate.toPrecision(7)));
    }
  });

  test("begins with the scale of its arguments, which all but the first overflow halve", () => {
    const scales = rows.map((row) => Number(/loss scale: ([\d.]+) \|/.exec(row)?.[1]));
    expect(scales.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 65_536));
    expect(scales.slice(20, 23)).toEqual([32_768, 16_384, 16_384]);
    expect(Object.fromEntries(argumentsOf(all))["initial_loss_scale"]).toBe("65536.0");
  });

  test("its scale doubles after a thousand good steps, up to a ceiling that differs", () => {
    const ceilings = [1, 2, 3, 4, 5, 6].map((seed) => {
      const facts = factsOf({ ...beforeRun, started: { ...startedRun(), seed } });
      const after = lossScales(facts);
      const scales = Array.from({ length: 9000 }, () => after(false));
      expect([scales[998], scales[999]]).toEqual([2 ** 16, 2 ** 17]);
      return Math.log2(scales.at(-1) ?? 0);
    });
    expect(new Set(ceilings).size).toBeGreaterThan(1);
    expect(Math.min(...ceilings)).toBeGreaterThanOrEqual(17);
    expect(Math.max(...ceilings)).toBeLessThanOrEqual(21);
  });
});

describe("the scheduler", () => {
  const taken = (told: readonly string[]): string[] =>
    told.filter((line) => /optimizer_param_scheduler: > /.test(line)).map((line) => line.slice(46));

  test("goes on with the values of the checkpoint, which counts in samples", () => {
    const rows = taken(lines);
    const batch = Number(Object.fromEntries(argumentsOf(lines))["global_batch_size"]);
    const plan = run.find((event) => event.type === "plan-made");
    expect(rows.slice(0, 5).map((row) => row.replace(/value \S+/, "value"))).toEqual([
      "> using checkpoint value for learning rate",
      "> using checkpoint value for minimum learning rate",
      "> using checkpoint value for warmup iterations",
      "> using checkpoint value for total number of iterations",
      "> using checkpoint value for learning rate decay style",
    ]);
    expect(rows[3]).toContain(` value ${(plan?.stepsTotal ?? 0) * batch} `);
    expect(rows).toHaveLength(9 * run.filter(({ type }) => type === "run-restored").length);
    expect(text).toMatch(/^ {2}use_checkpoint_opt_param_scheduler \.+ True$/m);
    expect(text).toMatch(/^ {2}override_opt_param_scheduler \.+ False$/m);
  });

  test("overrides them where other ranks go on", () => {
    const wanted = { ...wantedRun("Llama-3.1-70B", "H100:128", 20e9), failuresPerNodeDay: 0.01 };
    const incidents = [{ kind: "host-failure", step: 300 }] as const;
    const told = pretraining({ seed: 3, wanted, spareNodes: 0, incidents });
    const changed = tell(eventsOf(told)).flatMap((one) => one.lines);
    expect(taken(changed)[0]).toMatch(/^> overriding learning rate value to [\d.e-]+$/);
    const both = changed.filter((line) => /^ {2}(?:override|use_checkpoint)_opt_/.test(line));
    expect(both.map((line) => line.split(" ").at(-1)).slice(0, 4)).toEqual([
      "False",
      "True",
      "True",
      "False",
    ]);
  });
});

function skippedStep({ loss: _, gradientNorm: __, ...step }: StepDone & RunEvent): RunEvent {
  return { ...step, clipped: false, skipped: true };
}

function startedRun(): Extract<RunEvent, { type: "run-started" }> {
  return run[0] as Extract<RunEvent, { type: "run-started" }>;
}

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

function eventsOf({ news }: RunRecording): RunEvent[] {
  return news.map((one, seq) => ({ ...one, seq }));
}
