/** Simulated runs on a terminal: a headless emulator, a virtual clock, whole runs in seconds. */

import xterm from "@xterm/headless";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../src/events/events.ts";
import { simulatedPresenter } from "../src/rehearsal/console/presenter.ts";
import { paced } from "../src/rehearsal/engine/pace.ts";
import type { Scene, SceneOptions } from "../src/rehearsal/engine/scene.ts";
import { llmPretraining } from "../src/rehearsal/scenes/llm-pretraining.ts";
import { llmTraining } from "../src/rehearsal/scenes/llm-training.ts";
import { type ConsoleOptions, openConsole } from "../src/show/console/console.ts";
import { displayWidth } from "../src/show/draw/width.ts";
import { unsaid } from "./support/said.ts";
import { smallRun, wantedRun } from "./support/simulated.ts";

const eventful: SceneOptions = {
  ...smallRun,
  wanted: { ...wantedRun("TinyLlama-1.1B", "H100:32", 2e9), failuresPerNodeDay: 0.5 },
  incidents: [
    { kind: "thermal-throttle", step: 400 },
    { kind: "gpu-lost", step: 700 },
  ],
};
const short: SceneOptions = { ...smallRun, wanted: {}, seed: 5 };

const scenes: readonly [Scene, SceneOptions][] = [
  [llmPretraining, eventful],
  [llmTraining, short],
];

describe.each([40, 80, 120, 300])("on a terminal of %d columns", (columns) => {
  test.each(scenes)(
    "$name draws in place, wraps nothing and gives the cursor back",
    async (scene, options) => {
      const screen = emulator(columns);
      const { console, clock } = opened(screen, columns);
      const speedFactor = scene === llmTraining ? 8 : 20;
      let frames = 0;
      for await (const event of events(scene, { options, clock, speedFactor })) {
        console.show(event);
        if (event.type === "step-done" && event.step % 120 === 0) {
          console.refresh();
          expectOneView(await screen.lines());
          frames += 1;
        }
      }
      console.close();
      expect(frames).toBeGreaterThan(3);
      const lines = await screen.lines();
      expect(lines.filter((line) => line.includes("SIMULATED"))).not.toEqual([]);
      expect(lines.at(-1)).toBe("");
      expect(screen.cursorColumn()).toBe(0);
      expect(screen.written().endsWith(SHOW_CURSOR)).toBe(true);
      expect(screen.wrapped()).toBe(0);
      expect(lines.filter((line) => line.startsWith("+--")).length).toBeGreaterThanOrEqual(3);
    },
  );

  test("stopped anywhere, it leaves the last view behind, the cursor at column 0, and says so", async () => {
    const screen = emulator(columns);
    const { console, clock } = opened(screen, columns);
    const controller = new AbortController();
    const run = events(llmTraining, {
      options: short,
      clock,
      speedFactor: 1,
      signal: controller.signal,
    });
    let count = 0;
    for await (const event of run) {
      console.show(event);
      count += 1;
      if (count === 137 + columns) controller.abort();
    }
    console.close();
    const lines = await screen.lines();
    expect(lines.join("\n")).toContain("stopped: step");
    expect(screen.cursorColumn()).toBe(0);
    expect(screen.written().endsWith(SHOW_CURSOR)).toBe(true);
  });
});

test.each([40, 80, 100, 140, 240])("the view at %d columns says how it stands", async (columns) => {
  const screen = emulator(columns);
  const { console, clock } = opened(screen, columns, { colour: false });
  let loss = "";
  for await (const event of events(llmTraining, { options: short, clock, speedFactor: 1 })) {
    console.show(event);
    if (event.type !== "step-done") continue;
    loss = event.loss?.toFixed(4) ?? "";
    if (event.step === 480) break;
  }
  clock.ms += 1000;
  console.refresh();
  const lines = await screen.lines();
  const view = lines.slice(lines.findLastIndex((line) => line.includes("SIMULATED")));
  expect(view[0]?.trimStart()).toMatch(/^\[SIMULATED\] Qwen2\.5-7B on 64 H800/);
  const wanted = ["Epoch 1 of 3", "step 480 of 1 653", "29 %", `loss ${loss}`, "perplexity"];
  expect(loss).toMatch(/^\d\.\d{4}$/);
  expect(unsaid(view, [...wanted, "tok/s", "samples/s", "8 nodes well", "Ctrl-C"])).toEqual([]);
  const nodes = view.flatMap((line) => /^ *n(?:ode )?(\d+) +●{8} /.exec(line)?.[1] ?? []);
  expect(nodes).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
});

/** What may stand in a transcript: a line with time and level, and blocks without. */
const KINDS: readonly RegExp[] = [
  /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] (?:INFO {4}|WARNING |ERROR {3})\S/,
  /^ {2}node \d+ /,
  /^=+ \S.*\S =+$/,
  /^[+|].*[+|]$/,
  /^$/,
];

test.each(scenes)(
  "the transcript of $name has a time and a level in every line",
  async (...one) => {
    const [scene, options] = one;
    const [, machine, ...lines] = await transcript(scene, options, 80);
    expect(machine).toMatch(/ on \d+ \S+: \d+ x NVIDIA /);
    const odd = lines.slice(0, -1).filter((line) => !KINDS.some((kind) => kind.test(line)));
    expect(odd).toEqual([]);
    const times = lines.flatMap((line) => /^\[(.{19})\]/.exec(line)?.[1] ?? []);
    expect(times).toEqual(times.toSorted());
  },
);

test.each(scenes)("the transcript of $name has its parts in order", async (scene, options) => {
  const lines = await transcript(scene, options, 80);
  const placeOf = (words: RegExp): number => lines.findIndex((line) => words.test(line));
  const ready = placeOf(/Initialisation complete/);
  const done = placeOf(/Training complete/);
  expect(ready).toBeGreaterThan(0);
  const steps = lines.flatMap((line, i) => {
    const [, step] = / step ([\d ]+)\/[\d ]+ \| loss \d/.exec(line) ?? [];
    return step === undefined ? [] : [{ at: i, step: Number(step.replaceAll(" ", "")) }];
  });
  expect(steps.length).toBeGreaterThan(50);
  for (const { at, step } of steps) {
    expect(at).toBeGreaterThan(ready);
    expect(at).toBeLessThan(done);
    // At this pace one in ten is told; the first and the last always.
    expect(step === 1 || step % 10 === 0 || at === steps.at(-1)?.at, String(step)).toBe(true);
  }
  const validations = lines.filter((line) => / validation at step .* ppl .*training /.test(line));
  expect(validations.length).toBeGreaterThan(1);
  expect(placeOf(/simulated training complete, the model would be in /)).toBeGreaterThan(done);
});

test("a transcript tells of incidents as they come: slow, lost, restored", async () => {
  const lines = await transcript(llmPretraining, eventful, 80);
  const text = lines.join("\n");
  const order = [/WARNING .*therm/i, /ERROR .*/, /restored/].map((words) => text.search(words));
  expect(order).not.toContain(-1);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test.each(scenes)(
  "the transcript of $name says first and last that it is simulated, in ASCII, with few warnings",
  async (scene, options) => {
    const lines = await transcript(scene, options, 80);
    expect(lines[0]).toMatch(/^SIMULATED RUN/);
    expect(lines.at(-1)).toMatch(/^SIMULATED RUN finished/);
    expect(lines.join("\n")).not.toMatch(/[^\n -~]/);
    const warnings = lines.filter((line) => line.includes(" WARNING "));
    expect(warnings.length / lines.length).toBeLessThan(0.05);
    for (const line of lines.filter((one) => /^ {2}node /.test(one))) {
      expect(displayWidth(line)).toBeLessThanOrEqual(80);
    }
  },
);

test.each(["TinyLlama-1.1B", "Llama-3.1-405B"])(
  "the box around the summary of %s is aligned",
  async (model) => {
    const wanted = wantedRun(model, "H200:128", 1e9);
    for (const columns of [40, 80, 300]) {
      const lines = await transcript(llmTraining, { ...short, wanted }, columns);
      const box = lines.filter((line) => /^[+|]/.test(line));
      expect(box.length).toBeGreaterThan(10);
      expect(new Set(box.map(displayWidth)).size).toBe(1);
      expect(displayWidth(box[0] ?? "")).toBeLessThanOrEqual(columns);
    }
  },
);

interface Clock {
  ms: number;
}

interface Telling {
  readonly options: SceneOptions;
  readonly clock: Clock;
  readonly speedFactor: number;
  readonly signal?: AbortSignal;
}

function events(
  scene: Scene,
  { options, clock, speedFactor, signal }: Telling,
): AsyncGenerator<RunEvent> {
  return paced(scene.start(options), {
    clock: {
      nowMs: () => clock.ms,
      sleep: async (ms) => {
        clock.ms += ms;
      },
    },
    speedFactor,
    signal: signal ?? new AbortController().signal,
    isInstant: () => false,
    onTruth: () => {},
  });
}

async function transcript(scene: Scene, options: SceneOptions, columns: number): Promise<string[]> {
  let text = "";
  const clock = { ms: 0 };
  const console = openConsole({
    mode: "plain",
    write: (part) => {
      text += part;
    },
    columns: () => columns,
    rows: () => 40,
    clock: { nowMs: () => clock.ms },
    colour: false,
    unicode: false,
    presenter: simulatedPresenter({ clock: { nowMs: () => clock.ms } }),
  });
  for await (const event of events(scene, { options, clock, speedFactor: 1000 }))
    console.show(event);
  console.close();
  return text.trimEnd().split("\n");
}

function opened(
  screen: { write(text: string): void },
  columns: number,
  more: Partial<ConsoleOptions> = {},
) {
  const clock = { ms: 0 };
  const now = { nowMs: () => clock.ms };
  const console = openConsole({
    mode: "live",
    write: screen.write,
    columns: () => columns,
    rows: () => ROWS,
    clock: now,
    colour: true,
    unicode: true,
    presenter: simulatedPresenter({ clock: now }),
    rate: 0,
    ...more,
  });
  return { console, clock };
}

const ROWS = 30;
const SHOW_CURSOR = "\u001b[?25h";

function emulator(columns: number) {
  const terminal = new xterm.Terminal({
    cols: columns,
    rows: ROWS,
    scrollback: 20_000,
    allowProposedApi: true,
  });
  let written = "";
  let pending: Promise<void> = Promise.resolve();
  return {
    write(text: string) {
      written = (written + text).slice(-2000);
      pending = new Promise((resolve) => terminal.write(text, resolve));
    },
    written: () => written,
    async lines(): Promise<string[]> {
      await pending;
      const { active } = terminal.buffer;
      return Array.from({ length: active.baseY + active.cursorY + 1 }, (_, row) =>
        (active.getLine(row)?.translateToString(true) ?? "").trimEnd(),
      );
    },
    cursorColumn: () => terminal.buffer.active.cursorX,
    /** Lines that the terminal had to break. */
    wrapped(): number {
      const { active } = terminal.buffer;
      return Array.from(
        { length: active.length },
        (_, row) => active.getLine(row)?.isWrapped === true,
      ).filter(Boolean).length;
    },
  };
}

/** However often it was drawn, the view stands there once. */
function expectOneView(lines: readonly string[]): void {
  expect(lines.filter((line) => line.includes("Ctrl-C stops the simulation"))).toHaveLength(1);
  expect(lines.filter((line) => line.includes("SIMULATED") && !line.includes("RUN"))).toHaveLength(
    1,
  );
}
