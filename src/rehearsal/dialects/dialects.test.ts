import { describe, expect, test } from "vitest";
import { exampleRun } from "../../../test/example-run.ts";
import {
  pretraining,
  type RunRecording,
  training,
  wantedRun,
} from "../../../test/support/simulated.ts";
import type { RunEvent, StepDone } from "../../events/events.ts";
import { DIALECTS, type DialectName, openDialect } from "./dialects.ts";

/** Three ways to go down, two ways to go on, steps without a loss, a late checkpoint. */
const eventful = eventsOf(
  pretraining({
    seed: 3,
    wanted: { ...wantedRun("TinyLlama-1.1B", "H100:32", 6e9), failuresPerNodeDay: 20 },
    spareNodes: 2,
    incidents: [
      { kind: "nan-loss", step: 40 },
      { kind: "gpu-lost", step: 330 },
      { kind: "software-crash", step: 700 },
      { kind: "bad-checkpoint", step: 1100 },
      { kind: "nccl-hang", step: 1300 },
    ],
  }),
);

/** One replica fewer for a while: nobody can replace a node, and then it comes back. */
const elastic = eventsOf(
  pretraining({
    seed: 3,
    wanted: { ...wantedRun("Llama-3.1-70B", "H100:128", 20e9), failuresPerNodeDay: 0.01 },
    spareNodes: 0,
    incidents: [{ kind: "host-failure", step: 900 }],
  }),
);

const epochs = eventsOf(training({ wanted: wantedRun("TinyLlama-1.1B", "A100-80:16", 1e9) }));

const scenes: Readonly<Record<string, readonly RunEvent[]>> = {
  llm_pretraining: eventful,
  llm_training: epochs,
  "an elastic job": elastic,
};

/** The step of a line, and the loss where the framework prints one; undefined for other lines. */
const STEP_LINES: Readonly<
  Record<DialectName, { readonly rule: RegExp; readonly digits: number }>
> = {
  deepspeed: { rule: /^step (?<step>\d+) \| loss: (?<loss>\S+) \|/, digits: 4 },
  huggingface: { rule: /^\{'loss': '(?<loss>[^']+)'.*'epoch': '(?<epoch>[^']+)'\}$/, digits: 2 },
  lightning: {
    rule: /^Epoch (?<inEpoch>\d+):.*\| (?<step>\d+)\/\d+ \[.*train_loss=(?<loss>[^,]+),/,
    digits: 2,
  },
  megatron: { rule: / iteration +(?<step>\d+)\/ *\d+ \|.* lm loss: (?<loss>\S+) \|/, digits: 5 },
  nanotron: { rule: /: iteration: (?<step>\d+) \/ \d+ .* \| lm_loss: (?<loss>\S+) \|/, digits: 2 },
  torchtitan: { rule: / - step: +(?<step>\d+) {2}loss: +(?<loss>\S+) {2}/, digits: 4 },
};

const DAY_MS = 86_400_000;

const names = Object.keys(DIALECTS) as DialectName[];
const all = names.flatMap((name) => Object.keys(scenes).map((scene) => ({ name, scene })));

describe.each(all)("$name tells $scene", ({ name, scene }) => {
  const events = scenes[scene] ?? [];
  const told = tell(name, events);
  const lines = told.flatMap((one) => one.lines);

  test("as a simulation, in its first line and in its last", () => {
    expect(lines[0]).toMatch(/^# simulated by etude/);
    expect(lines.at(-1)).toMatch(/^# simulated by etude.*run finished/);
  });

  test("without a word that is not one", () => {
    const wrong = lines.filter((line) => /undefined|NaN|Infinity|\[object|null\b/.test(line));
    expect(
      wrong.filter((line) => !/event_log_handler *[=:] *null|^ +"\w+": null,? ?$/.test(line)),
    ).toEqual([]);
    expect(lines.filter((line) => /[\n\r]/.test(line))).toEqual([]);
  });

  test("with the losses of its steps, in the order of the steps", () => {
    const { rule, digits } = STEP_LINES[name];
    let seen = 0;
    let before = 0;
    for (const { event, lines: some } of told) {
      if (event.type === "run-restored") before = event.step;
      for (const line of some) {
        const { groups } = rule.exec(line) ?? {};
        if (groups === undefined) continue;
        const step = event as StepDone;
        expect(event.type).toBe("step-done");
        if (name !== "huggingface") expect(stepOf(groups, events)).toBe(step.step);
        expect(step.step).toBeGreaterThan(before);
        before = step.step;
        seen += 1;
        const loss = Number(groups["loss"]);
        if (step.loss === undefined) expect(groups["loss"]).toMatch(/^nan/);
        else expect(loss).toBeCloseTo(step.loss, digits - 1);
      }
    }
    expect(seen).toBeGreaterThan(100);
  });

  test("with times that never go back", () => {
    const times = lines.flatMap((line) => {
      const found = /(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}[.,]\d{3})/.exec(line);
      return found === null ? [] : [`${found[1]} ${found[2]?.replace(",", ".")}`];
    });
    expect(times).toEqual([...times].sort());
  });

  test("the same again from the same events", () => {
    const again = tell(name, events.slice(0, 300)).flatMap((one) => one.lines);
    expect(again).toEqual(lines.slice(0, again.length));
  });
});

describe.each(names)("%s after a failure", (name) => {
  const told = tell(name, eventful);
  const restored = eventful.filter((event) => event.type === "run-restored");

  test("goes down in its own words, comes up again and counts from the checkpoint", () => {
    expect(restored).toHaveLength(5);
    for (const [i, { event, lines }] of told.entries()) {
      if (event.type !== "run-interrupted") continue;
      expect(lines.join("\n")).toMatch(/Sending process \d+ closing signal SIGTERM/);
      const until = told.findIndex(({ event: next }, j) => j > i && next.type === "step-done");
      const between = told
        .slice(i, until)
        .flatMap((one) => one.lines)
        .join("\n");
      expect(between).toMatch(/Rendezvous complete for workers/);
      expect(between).toMatch(/NCCL INFO .* Init COMPLETE/);
    }
  });

  test("blames hardware in the kernel's log, and restarts software in place", () => {
    const text = told.flatMap((one) => one.lines).join("\n");
    expect(text).toMatch(
      /NVRM: Xid \(PCI:0000:[0-9a-f]{2}:00\): 79, GPU has fallen off the bus\.\n/,
    );
    expect(text).toMatch(
      /Watchdog caught collective operation timeout: WorkNCCL\(.*Timeout\(ms\)=600000\) ran for 6000\d\d milliseconds/,
    );
    expect(text).toMatch(/Worker group FAILED\. 3\/3 attempts left; will restart worker group/);
    expect(text).toMatch(/restart_count=1/);
    expect(text.match(/errors\.ChildFailedError: /g)?.length).toBe(2);
    expect(text).toMatch(/checkpoint of step \d+ cannot be read/);
  });
});

describe.each(names)("%s without a spare node", (name) => {
  const told = tell(name, elastic);
  const [fewer, all] = elastic.filter((event) => event.type === "run-restored");
  const between = (fromMs: number, untilMs: number): string =>
    told
      .filter(({ event }) => event.atMs >= fromMs && event.atMs < untilMs)
      .flatMap(({ lines }) => lines)
      .join("\n");
  const down = between(fewer === undefined ? 0 : fewer.atMs - fewer.downtimeMs, fewer?.atMs ?? 0);
  const planned = between(all === undefined ? 0 : all.atMs - all.downtimeMs, all?.atMs ?? 0);

  test("meets again with fewer ranks, by the same launcher", () => {
    expect(down).toMatch(/Worker group FAILED\. 3\/3 attempts left; will restart worker group/);
    expect(down).toMatch(/restart_count=1/);
    expect(down).toMatch(/group_world_size=14\b/);
    expect(down).toMatch(/global_world_sizes=\[112, /);
    expect(down).toMatch(/NCCL INFO .* nranks 112 .* Init COMPLETE/);
    expect(down).not.toMatch(/ChildFailedError|OMP_NUM_THREADS/);
  });

  test("takes the nodes in that are back, which is no attempt", () => {
    expect(planned).toMatch(/Detected 2 new nodes from group_rank=0; will restart worker group/);
    expect(planned).toMatch(/Sending process \d+ closing signal SIGTERM/);
    expect(planned).toMatch(/restart_count=1/);
    expect(planned).toMatch(/group_world_size=16\b/);
    expect(planned).not.toMatch(/FAILED|Traceback/);
  });
});

test("frameworks that tell their sizes tell the new ones", () => {
  const text = (name: DialectName): string =>
    tell(name, elastic)
      .flatMap(({ lines }) => lines)
      .join("\n");
  const sizes = [
    ...text("megatron").matchAll(/using world size: (\d+), data-parallel size: (\d+)/g),
  ];
  expect(sizes.map(([, world, data]) => [world, data])).toEqual([
    ["128", "8"],
    ["112", "7"],
    ["128", "8"],
  ]);
  expect(text("megatron").match(/Job sharding has changed/g)).toHaveLength(2);
  expect(text("torchtitan").match(/dp_shard=7, /g)).toHaveLength(1);
  expect(text("lightning")).toMatch(/Starting with 112 processes/);
  expect(text("nanotron")).toMatch(/ParallelismArgs\(dp=7,\n.* pp=4,\n.* tp=4,/);
  // Who reads is not who wrote.
  const written = [...text("nanotron").matchAll(/CheckpointMetadata\(.*, dp=(\d+), metas/g)];
  expect(written.map(([, data]) => data)).toEqual(["8", "7"]);
});

test("DeepSpeed converts a checkpoint of other ranks before it loads it, and only such a one", () => {
  const text = (events: readonly RunEvent[]): string =>
    tell("deepspeed", events)
      .flatMap(({ lines }) => lines)
      .join("\n");
  const converted = [
    ...text(elastic).matchAll(
      /to Universal checkpoint in (\S+)\n(?:\*\*\* .*\n){4}.*Loading checkpoint from (\S+)\/mp_rank_00_model_states\.pt\.\.\.$/gm,
    ),
  ];
  expect(converted).toHaveLength(2);
  for (const [, into, from] of converted) expect(from).toBe(into);
  expect(text(elastic).match(/ load_universal_checkpoint \.+ \w+$/gm)).toEqual([
    " load_universal_checkpoint .... False",
    " load_universal_checkpoint .... True",
    " load_universal_checkpoint .... True",
  ]);
  expect(text(elastic)).not.toMatch(/ZeRO state_dicts/);
  expect(text(eventful)).not.toMatch(/universal_checkpoint \.+ True|Universal/);
  expect(text(eventful)).toMatch(/successfully read \d+ ZeRO state_dicts/);
});

describe.each([
  ["huggingface", /Saving model checkpoint to .*checkpoint-(\d+)$/, /tokenizer config file saved/],
  ["deepspeed", /\[Torch\] Saving .*global_step(\d+)\/.*model/, /Checkpoint \S+ is ready now/],
] as const)("%s writes a checkpoint while training waits", (name, begin, end) => {
  const rule = STEP_LINES[name].rule;

  test("and has written it before the next step, whatever the machines do meanwhile", () => {
    const lines = tell(name, eventful).flatMap((one) => one.lines);
    const found = lines.filter((line) => [rule, begin, end].some((one) => one.test(line)));
    const saves = found.flatMap((line, i) => (begin.test(line) ? [i] : []));
    expect(saves.length).toBeGreaterThan(5);
    for (const i of saves) expect(end.test(found[i + 1] ?? "")).toBe(true);
  });

  test("after an evaluation of the same step", () => {
    const evaluated = new Set(
      eventful.flatMap((event) => (event.type === "evaluation-done" ? [event.step] : [])),
    );
    const begun = tell(name, eventful).flatMap(({ event, lines }) => {
      const [step] = lines.flatMap((line) => begin.exec(line)?.[1] ?? []).map(Number);
      // At the end there is a phase for it.
      const isOnTheWay = event.type !== "phase-started";
      return step !== undefined && evaluated.has(step) && isOnTheWay ? [event.type] : [];
    });
    expect(new Set(begun)).toEqual(new Set(["evaluation-done"]));
  });

  test("until it is there, where the run is planned for it", () => {
    const wanted = { ...wantedRun("TinyLlama-1.1B", "H100:32", 6e9), failuresPerNodeDay: 20 };
    const own = eventsOf(pretraining({ seed: 3, wanted, stack: name }));
    const wallMs = own[0]?.type === "run-started" ? own[0].wallMs : 0;
    const told = tell(name, own);
    // What a script saves at its end is no checkpoint.
    const written = told.filter(
      ({ event, lines }) => event.type !== "run-ended" && lines.some((line) => end.test(line)),
    );
    expect(written.length).toBeGreaterThan(2);
    for (const { event, lines } of written) {
      // One whose turn comes after the evaluation is told with it.
      expect(["checkpoint-saved", "evaluation-done"]).toContain(event.type);
      const line = lines.find((one) => end.test(one)) ?? "";
      const sinceMs = (millisOf(line) - ((wallMs + event.atMs) % DAY_MS) + DAY_MS) % DAY_MS;
      expect(sinceMs).toBeLessThan(20);
    }
  });
});

test("the Hugging Face Trainer says that training is completed before its summary", () => {
  const lines = tell("huggingface", eventful).flatMap((one) => one.lines);
  const at = lines.findIndex((line) => line.startsWith("Training completed. "));
  expect(lines[at - 2]).toMatch(/ >> $/);
  expect([lines[at - 1], lines[at + 1], lines[at + 2]]).toEqual(["", "", ""]);
  expect(lines[at + 3]).toMatch(/^\{'train_runtime'/);
});

test("Lightning's sanity check is that of the run", () => {
  const checks = [epochs, elastic, eventful].map((one) => {
    const text = tell("lightning", one)
      .flatMap(({ lines }) => lines)
      .join("\n");
    return /Sanity Checking.* (\d+)\/\d+ \[00:(\d\d)<00:00, +([\d.]+)it\/s/.exec(text);
  });
  for (const [, batches, seconds, rate] of checks.map((one) => one ?? [])) {
    expect(Number(batches)).toBeLessThanOrEqual(2);
    expect(Number(seconds)).toBeGreaterThan(1);
    // Seconds are cut off, and the rate is rounded.
    expect(Number(rate)).toBeLessThan(Number(batches) / Number(seconds) + 0.006);
    expect(Number(rate)).toBeGreaterThan(Number(batches) / (Number(seconds) + 1) - 0.006);
  }
  expect(new Set(checks.map((one) => one?.[3])).size).toBeGreaterThan(1);
});

test("torchtitan takes a card that it does not know for an A100, and says so", () => {
  const volta = eventsOf(
    pretraining({ seed: 5, wanted: wantedRun("TinyLlama-1.1B", "V100:32", 2e10) }, 20),
  );
  const text = (told: readonly RunEvent[]): string =>
    tell("torchtitan", told)
      .flatMap(({ lines }) => lines)
      .join("\n");
  expect(text(volta)).toMatch(
    /WARNING - Peak flops undefined for: Tesla V100-SXM2-\d+GB, fallback to A100\n.*MFU: 3\.120e\+14$/m,
  );
  expect(text(eventful)).not.toMatch(/Peak flops undefined/);
});

test("a training of ours can be told by all of them, and is not called a simulation", () => {
  for (const name of names) {
    const lines = tell(name, exampleRun()).flatMap((one) => one.lines);
    expect(lines[0]).toMatch(/^# trained by etude: /);
    expect(lines.length).toBeGreaterThan(10);
    // No machines were described, so nothing is said of any.
    expect(lines.join("\n")).not.toMatch(/simulated|undefined|NaN|Infinity|NCCL|CUDA|GiB|GB|bf16/);
  }
});

/** Milliseconds into its day of the time at the beginning of a line. */
function millisOf(line: string): number {
  const [hours = 0, minutes = 0, seconds = 0] =
    / (\d\d):(\d\d):(\d\d,\d{3})/
      .exec(line)
      ?.slice(1)
      .map((part) => Number(part.replace(",", "."))) ?? [];
  return Math.round(((hours * 60 + minutes) * 60 + seconds) * 1000);
}

function tell(name: DialectName, events: readonly RunEvent[]) {
  const dialect = openDialect(name);
  return events.map((event) => ({ event, lines: dialect.lines(event) }));
}

/** Bars of several epochs begin anew with each of them. */
function stepOf(groups: Record<string, string>, events: readonly RunEvent[]): number {
  const plan = events.find((event) => event.type === "plan-made");
  return Number(groups["step"]) + Number(groups["inEpoch"] ?? 0) * (plan?.stepsPerEpoch ?? 0);
}

function eventsOf({ news }: RunRecording): RunEvent[] {
  return news.map((one, seq) => ({ ...one, seq }));
}
