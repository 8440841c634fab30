/** Several simulated runs on one screen: a headless emulator, a virtual clock, whole runs in seconds. */

import { stripVTControlCharacters } from "node:util";
import xterm from "@xterm/headless";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../src/events/events.ts";
import type { Scene, SceneOptions } from "../src/rehearsal/engine/scene.ts";
import { farewellLines } from "../src/rehearsal/jobs/farewell.ts";
import { afterJobEvent, emptyJob, type JobState } from "../src/rehearsal/jobs/job-state.ts";
import { openJobsConsole } from "../src/rehearsal/jobs/jobs-console.ts";
import { type SplitOptions, splitView } from "../src/rehearsal/jobs/split-view.ts";
import { doingOf } from "../src/rehearsal/jobs/state-words.ts";
import { playTogether } from "../src/rehearsal/play/jobs-timeline.ts";
import { playRuns } from "../src/rehearsal/play/play-runs.ts";
import { clusterBurnIn } from "../src/rehearsal/scenes/cluster-burn-in.ts";
import { llmFinetuning } from "../src/rehearsal/scenes/llm-finetuning.ts";
import { llmPretraining } from "../src/rehearsal/scenes/llm-pretraining.ts";
import { llmTraining } from "../src/rehearsal/scenes/llm-training.ts";
import { rlPostTraining } from "../src/rehearsal/scenes/rl-post-training.ts";
import { displayWidth } from "../src/show/draw/width.ts";
import { exampleJob } from "./support/example-jobs.ts";
import { recordingOf, smallRun, wantedRun } from "./support/simulated.ts";

const eventful: SceneOptions = {
  ...smallRun,
  incidents: [
    { kind: "thermal-throttle", step: 400 },
    { kind: "gpu-lost", step: 600 },
    { kind: "nan-loss", step: 900 },
  ],
};
const drawn: SceneOptions = { ...smallRun, wanted: {}, seed: 5 };
const large: SceneOptions = {
  ...smallRun,
  wanted: wantedRun("Llama-3.1-405B", "H100:16384", 1e13),
};

const stories = [
  eventsOf(llmPretraining, eventful, 1000),
  eventsOf(llmTraining, drawn),
  eventsOf(clusterBurnIn, drawn),
  eventsOf(rlPostTraining, drawn),
  eventsOf(llmFinetuning, drawn, 300),
  eventsOf(llmPretraining, large, 40),
];

test("a view is as high as the screen and no line is wider, at every size and moment", () => {
  const moment = fc.double({ min: 0, max: 1, noNaN: true });
  const moments = fc.array(moment, { minLength: 1, maxLength: 9 });
  const size = fc.record({
    width: fc.integer({ min: 40, max: 300 }),
    height: fc.integer({ min: 1, max: 60 }),
    colour: fc.boolean(),
    unicode: fc.boolean(),
    shownMs: fc.integer({ min: 0, max: 1e9 }),
  });
  fc.assert(
    fc.property(moments, size, (shares, options) => {
      const jobs = shares.map((share, i) => stateAt(i + 1, share));
      const lines = splitView().lines(jobs, options);
      expect(lines).toHaveLength(options.height);
      for (const line of lines) {
        expect(displayWidth(line)).toBe(options.width);
        if (!options.unicode) expect(stripVTControlCharacters(line)).toMatch(/^[ -~]*$/);
      }
      expect(stripVTControlCharacters(lines.at(-1) ?? "")).toContain("SIMULATED");
      for (const line of farewellLines(jobs, options)) {
        expect(displayWidth(line)).toBeLessThanOrEqual(options.width);
      }
    }),
    { numRuns: 150 },
  );
});

const plainStyle = { colour: false, unicode: true, shownMs: 65_000 };

test.each<Pick<SplitOptions, "width" | "height"> & { jobs: number; unicode: boolean }>([
  { width: 40, height: 12, jobs: 3, unicode: true },
  { width: 60, height: 20, jobs: 9, unicode: true },
  { width: 80, height: 24, jobs: 4, unicode: true },
  { width: 80, height: 24, jobs: 2, unicode: false },
  { width: 120, height: 40, jobs: 4, unicode: true },
  { width: 200, height: 50, jobs: 6, unicode: true },
  { width: 40, height: 8, jobs: 9, unicode: true },
])("$jobs jobs on $width x $height", ({ jobs, ...size }) => {
  const states = Array.from({ length: jobs }, (_, i) =>
    exampleJob(i + 1).reduce(afterJobEvent, emptyJob(i + 1)),
  );
  const lines = splitView().lines(states, { ...plainStyle, ...size });
  expect(lines).toHaveLength(size.height);
  expect(lines.at(-1)).toMatch(new RegExp(`\\[SIMULATED\\] ${jobs} jobs . Ctrl-C stops`));
  const text = lines.slice(0, -1).join("\n").replaceAll("\u202f", " ");
  // One place for each job, in order: a pane or a line. Those without room are counted.
  const titles = text.matchAll(/(?:^[-─]|┬─|^) (\d) (?:\S )?Llama-3\.1-\d+B/gm);
  const shown = Array.from(titles, ([, job]) => Number(job));
  const [, more = "0"] = /^ \+(\d) more/m.exec(text) ?? [];
  expect(shown).toEqual(Array.from({ length: jobs - Number(more) }, (_, i) => i + 1));
  expect(text.match(/ \d+ %/g)?.length).toBeGreaterThanOrEqual(shown.length);
  const panes = text.match(/\[SIMULATED\]/g)?.length ?? 0;
  expect(text.match(/ loss {4}\d\.\d{4}/g) ?? []).toHaveLength(panes);
});

test("three jobs on a small screen look like this: two panes, and a line for the third", () => {
  const states = [1, 2, 3].map((job) => exampleJob(job).reduce(afterJobEvent, emptyJob(job)));
  const lines = splitView().lines(states, { ...plainStyle, width: 40, height: 12, unicode: true });
  expect(lines.map((line) => line.trimEnd()).join("\n")).toMatchInlineSnapshot(`
    "─ 1 Llama-3.1-10B on 32 H100 [SIMULATED]
     ● training             step 148 of 400
     ▕████▊        ▏  37 % 30 min 12 s left
     loss    2.0576  ██▇▆▅▅▄▄▃▃▂▂▂▂▂▁▁▁▁▁▁▁
     speed   143K tokens/s · MFU 40.4 %
    ─ 2 Llama-3.1-20B on 128 H100[SIMULATED]
     × down: restarting     step 296 of 400
     ▕█████████▌   ▏  74 % 12 min 19 s left
     loss    2.0049  ██▆▅▄▄▃▂▂▂▂▁▁▁▁▁▁▁▁▁▁▁
     speed   143K tokens/s · MFU 40.4 %
     3 ◆ Llama-3.1-30B 512×H100 · 11 %
     [SIMULATED] 3 jobs · Ctrl-C stops"
  `);
});

test("a pane that has nothing new is not drawn again, and one that has is", () => {
  const view = splitView();
  const size = { ...plainStyle, width: 120, height: 20 };
  const before = [stateAt(1, 0.3), stateAt(2, 0.3)] as const;
  const first = view.lines(before, size);
  expect(view.lines(before, size)).toEqual(first);
  const second = view.lines([before[0], stateAt(2, 0.9)], size);
  const halves = (lines: readonly string[]) =>
    lines.slice(0, -1).map((line) => [line.slice(0, 59), line.slice(60)]);
  expect(halves(second).map(([left]) => left)).toEqual(halves(first).map(([left]) => left));
  expect(halves(second)).not.toEqual(halves(first));
});

describe("what a pane says of its job", () => {
  const [story = []] = stories;
  const at = (type: RunEvent["type"]) => story.findIndex((event) => event.type === type);
  const stateAfter = (count: number) => story.slice(0, count).reduce(afterJobEvent, emptyJob(1));

  test("is down from the interruption until it is restored, with the GPU that is lost", () => {
    const down = stateAfter(at("run-interrupted") + 1);
    expect(doingOf(down)).toEqual({ text: "down: restarting", tone: "bad" });
    expect(down.lost.size).toBe(1);
    const back = stateAfter(at("run-restored") + 1);
    expect(doingOf(back).text).not.toContain("down");
    expect(back.lost.size).toBe(0);
  });

  test("keeps incidents in sight while what is routine goes on", () => {
    const lines = splitView().lines([stateAfter(story.length)], {
      ...plainStyle,
      width: 80,
      height: 24,
    });
    expect(lines.join("\n")).toContain("back at step");
    expect(lines.filter((line) => / saved step | validation \d/.test(line)).length).toBeGreaterThan(
      1,
    );
  });

  test("begins anew with the next run, and counts", () => {
    const [, short = []] = stories;
    const once = short.reduce(afterJobEvent, emptyJob(2));
    expect(doingOf(once)).toEqual({ text: "finished", tone: "good" });
    const again = short.slice(0, 3).reduce(afterJobEvent, once);
    expect([again.runs, again.runsFinished]).toEqual([2, 1]);
    expect(again.history.results).toEqual([]);
    expect(again.messages.length).toBeGreaterThan(1);
  });
});

describe.each([
  [40, 8],
  [80, 24],
  [120, 40],
  [300, 60],
])("on a terminal of %d x %d", (columns, rows) => {
  test("nothing wraps or scrolls, the screen comes back, and a line for each job stays", async () => {
    const screen = emulator(columns, rows);
    await screen.say("prompt$ etude simulate --jobs 9\r\n");
    await shown(screen, 9, async (console) => {
      console.refresh();
      expect(await screen.kind()).toBe("alternate");
      expect(screen.height()).toBe(rows);
      const lines = await screen.lines();
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines.filter((line) => line.includes("Ctrl-C stops"))).toHaveLength(1);
      expect(lines.at(-1)).toContain("SIMULATED");
    });
    expect(await screen.kind()).toBe("normal");
    const lines = await screen.lines();
    expect(screen.written().lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(0);
    expect(screen.cursorColumn()).toBe(0);
    expect(screen.wrapped()).toBe(0);
    for (let job = 1; job <= 9; job += 1) {
      expect(lines.filter((line) => line.startsWith(`[${job}] `))).toHaveLength(1);
    }
    if (rows > 12) expect(lines[0]).toBe("prompt$ etude simulate --jobs 9");
  });
});

test("a window that is dragged is laid out anew, and nothing is left of the old view", async () => {
  const screen = emulator(120, 40);
  const sizes = [
    { columns: 90, rows: 30 },
    { columns: 43, rows: 9 },
    { columns: 200, rows: 50 },
    { columns: 81, rows: 25 },
  ];
  let turn = 0;
  await shown(screen, 4, async (console) => {
    const { columns, rows } = sizes[turn % sizes.length] ?? { columns: 80, rows: 24 };
    turn += 1;
    await screen.resize(columns, rows);
    console.refresh();
    const lines = await screen.lines();
    expect(lines).toHaveLength(rows);
    expect(lines.filter((line) => line.includes("Ctrl-C stops"))).toHaveLength(1);
    expect(lines.at(-1)).toContain("Ctrl-C stops");
    expect(lines.filter((line) => /^[─] 1 /.test(line)).length).toBe(1);
  });
  expect(turn).toBeGreaterThan(4);
});

test("a console that was never drawn leaves the terminal alone", () => {
  const written: string[] = [];
  const console = openJobsConsole({
    jobs: [1, 2],
    write: (text) => written.push(text),
    columns: () => 80,
    rows: () => 24,
    clock: { nowMs: () => 0 },
    colour: true,
    unicode: true,
  });
  console.close();
  console.close();
  expect(written.join("")).toBe("");
});

test("a job that comes late gets its place, and what was before is known but not told", async () => {
  const screen = emulator(120, 30);
  const clock = { nowMs: () => 0 };
  const console = openJobsConsole({ ...screen, jobs: [3], clock, colour: false, unicode: true });
  for (const event of exampleJob(3)) console.recall(3, event);
  for (const event of exampleJob(1)) console.show(1, event);
  expect(console.messagesTold(3)).toBe(0);
  expect(console.messagesTold(1)).toBeGreaterThan(0);
  console.refresh();
  const [title = "", ...lines] = await screen.lines();
  expect(title.match(/[─┬] (\d) \S+/g)?.map((text) => text.slice(2, 3))).toEqual(["1", "3"]);
  const pane = lines.map((line) => line.slice(60)).join("\n");
  expect(pane).toContain("loss");
  expect(pane).not.toMatch(/\d\d:\d\d:\d\d/);
});

const SHOW_CURSOR = "\u001b[?25h";

type Emulator = ReturnType<typeof emulator>;

/** Plays jobs on the screen for a while, with a look at it every now and then. */
async function shown(
  screen: Emulator,
  jobs: number,
  look: (console: ReturnType<typeof openJobsConsole>) => Promise<void>,
): Promise<void> {
  let realMs = 0;
  const clock = {
    nowMs: () => realMs,
    sleep: async (ms: number) => {
      realMs += ms;
    },
  };
  const console = openJobsConsole({
    ...screen,
    jobs: Array.from({ length: jobs }, (_, i) => i + 1),
    clock,
    colour: true,
    unicode: true,
  });
  const controller = new AbortController();
  let looks = 0;
  let lookedMs = 0;
  const plays = Array.from({ length: jobs }, (_, i) => async (tools: Parameters<Play>[0]) => {
    const scene = [llmPretraining, llmTraining, clusterBurnIn][i % 3] ?? llmTraining;
    await playRuns({
      ...tools,
      speedFactor: 1,
      runsMax: 1,
      isInstant: () => false,
      start: () => scene.start({ ...drawn, seed: i + 1 }),
      open: () => ({
        show: (event) => console.show(i + 1, event),
        close() {},
      }),
      between() {},
      breathe: async () => {
        if (realMs - lookedMs < 100) return;
        lookedMs = realMs;
        await look(console);
        looks += 1;
        if (looks === 8) controller.abort();
      },
    });
  });
  await playTogether(plays, { clock, speedFactor: 200, signal: controller.signal });
  console.close();
  expect(looks).toBeGreaterThanOrEqual(8);
}

type Play = Parameters<typeof playTogether>[0][number];

function stateAt(job: number, share: number): JobState {
  const story = stories[(job - 1) % stories.length] ?? [];
  return story.slice(0, Math.round(share * story.length)).reduce(afterJobEvent, emptyJob(job));
}

function eventsOf(scene: Scene, options: SceneOptions, stepsMax?: number): readonly RunEvent[] {
  const { news } = recordingOf(scene.start(options).items, stepsMax);
  return news.map((one, seq) => ({ ...one, seq }));
}

function emulator(columns: number, rows: number) {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  let written = "";
  const say = (text: string) => new Promise<void>((resolve) => terminal.write(text, resolve));
  const all = () => {
    const { active } = terminal.buffer;
    return Array.from({ length: active.length }, (_, row) => active.getLine(row));
  };
  return {
    say,
    write(text: string) {
      written = (written + text).slice(-5000);
      terminal.write(text);
    },
    columns: () => terminal.cols,
    rows: () => terminal.rows,
    written: () => written,
    height: () => terminal.buffer.active.length,
    cursorColumn: () => terminal.buffer.active.cursorX,
    kind: async () => {
      await say("");
      return terminal.buffer.active.type;
    },
    lines: async () => {
      await say("");
      return all().map((line) => (line?.translateToString(true) ?? "").trimEnd());
    },
    wrapped: () => all().filter((line) => line?.isWrapped === true).length,
    resize: async (cols: number, height: number) => {
      await say("");
      terminal.resize(cols, height);
    },
  };
}
