import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  exampleRun,
  followedBy,
  stamped,
  startNews,
  untilEpoch,
} from "../../../test/example-run.ts";
import { unsaid } from "../../../test/support/said.ts";
import type { RunEvent } from "../../events/events.ts";
import { displayWidth } from "../draw/width.ts";
import type { FrameOptions } from "./frame.ts";
import { liveLines } from "./live.ts";
import { summaryLines } from "./summary.ts";
import { emptyView, type View, viewAfter } from "./view.ts";

const run = exampleRun();
const overfitting = exampleRun({
  folder: "/home/ana/recordings/winter at the lake/歌声と録音",
  title: "winter at the lake 歌声と録音 👩‍🎤 \u001b[31mred",
  verdictOf: (epoch) => (epoch > 3 ? "overfitting" : "improving"),
});
const overfittingNotice = {
  type: "notice",
  level: "warning",
  code: "overfitting",
  text: "Validation is 27 % worse than training: the model begins to learn these files by heart",
  hint: "Stop here, add recordings, or raise --dropout",
} as const;

const states: { readonly [name: string]: readonly RunEvent[] } = {
  waiting: [],
  reading: run.slice(0, 3),
  "first steps": run.slice(0, 17),
  "training, epoch 3": untilEpoch(run, 3),
  "overfitting with a warning": followedBy(untilEpoch(overfitting, 5), overfittingNotice),
  resumed: followedBy(untilEpoch(run, 4), startNews({}, 60)),
  simulated: untilEpoch(exampleRun({ source: "simulated", title: "Orca 70B pretraining" }), 2),
};

const ended: { readonly [name: string]: readonly RunEvent[] } = {
  finished: run,
  cancelled: followedBy(untilEpoch(run, 3), {
    type: "run-ended",
    outcome: "cancelled",
    step: 60,
    elapsedMs: 8150,
  }),
  failed: followedBy(untilEpoch(run, 1), {
    type: "run-ended",
    outcome: "failed",
    step: 20,
    elapsedMs: 4000,
    reason: "the disk is full",
  }),
  "simulated and stopped": followedBy(states["simulated"] ?? [], {
    type: "run-ended",
    outcome: "cancelled",
    step: 40,
    elapsedMs: 6000,
  }),
};

const widths = [40, 60, 80, 120, 200];

/** What a person must be able to read, however narrow the terminal. */
const facts: { readonly [name: string]: readonly string[] } = {
  waiting: ["étude", "Starting", "Ctrl-C"],
  reading: ["birds", "Reading the recordings", "12 of 48", "25 %"],
  "first steps": [
    ...["birds", "Learning from 41 recordings", "8 %", "epoch 1 of 6", "step 10 of 120"],
    ...["after the first epoch", "1.368", "65.2 s of sound"],
  ],
  "training, epoch 3": [
    ...["50 %", "5 s left|0:05 left", "epoch 3 of 6", "step 60 of 120", "0.5347", "0.5668"],
    ...["still improving", "sample.wav", "gap 6 %"],
  ],
  "overfitting with a warning": [
    ...["winter at the lake 歌声と録音 👩‍🎤 red", "83 %", "overfitting", "0.3231", "0.3554"],
    ...["saved step 60", "Validation is 27 % worse than training", "raise --dropout"],
  ],
  resumed: ["epoch 4 of 6", "step 60 of 120", "saved step 60", "0.5347", "original.wav"],
  simulated: ["[SIMULATED]", "33 %", "step 40 of 120", "stops the simulation"],
  finished: [
    ...["birds", "finished 6 epochs in 14 s", "0.2747", "0.3076 on validation, in epoch 6"],
    ...["/music/birds-run/model.etude", "good enough"],
  ],
  cancelled: ["stopped", "at step 60 of 120 after 8.2 s", "everything is kept", "0.5668"],
  failed: ["failed", "at step 20 of 120 after 4.0 s: the disk is full", "1.132"],
  "simulated and stopped": ["[SIMULATED]", "stopped at step 40 of 120 after 6.0 s"],
};

describe.each(Object.entries(states))("the live view, %s,", (name, events) => {
  test.each(widths)("fits %d columns and says what counts", (width) => {
    const lines = liveLines(viewOf(events), frame({ width }));
    expectFits(lines, width);
    expect(unsaid(lines, facts[name] ?? ["facts"])).toEqual([]);
  });
});

describe.each(Object.entries(ended))("the summary, %s,", (name, events) => {
  test.each(widths)("fits %d columns and says what counts", (width) => {
    const options = { ...frame({ width }), next: "etude resume /music/birds-run" };
    const lines = summaryLines(viewOf(events), options);
    expectFits(lines, width);
    expect(unsaid(lines, facts[name] ?? ["facts"])).toEqual([]);
    expect(unsaid(lines, ["etude resume"])).toEqual([]);
  });
});

test("the live view looks like this", () => {
  const lines = liveLines(viewOf(untilEpoch(run, 3)), frame());
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "
      birds                                        onnxruntime-node cpu, 2 threads
      Learning from 41 recordings

      ▕█████████████████████████                         ▏  50 %  5 s left
      epoch 3 of 6 · step 60 of 120 · 0:09 so far

      verdict     still improving: the best is new
      training    0.5347    █▄▁
      validation  0.5668    █▅▂
      speed       65.2 s of sound learned per second
      listen      new sound /music/birds-run/previews/epoch-0000-sample.wav
      details     gap 6 % · best in epoch 3 · KL 4.21 × 0.025
                  14 of 16 dimensions in use · learning rate 0.0003
                  gradient 0.82 · 11.1 steps/s · 2.0 s an epoch · 412 MB of memory

      Ctrl-C stops and keeps everything"
  `);
});

test("the live view with a warning looks like this in a narrow terminal", () => {
  const events = states["overfitting with a warning"] ?? [];
  const lines = liveLines(viewOf(events), frame({ width: 40 }));
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "
    winter at the lake 歌声と録音 👩‍🎤 red
    Learning from 41 recordings

    ▕███████████████   ▏  83 %  0:05 left
    epoch 5 of 6 · step 100 of 120
    0:09 so far

    verdict    overfitting: more epochs will
               not help
    training   0.3231    █▆▄▂▁
    validation 0.3554    █▆▄▃▂
    speed      65.2 s of sound a second
    listen     /home/…/epoch-0003-sample.wav
               /hom…/epoch-0003-original.wav
               epoch-0003-rec…nstruction.wav
    saved      step 60, just now · 4.2 MB
    details    gap 10 % · best in epoch 5
               KL 4.21 × 0.025
               14 of 16 dimensions in use
    warning    Validation is 27 % worse than
               training: the model begins to
               learn these files by heart
               Stop here, add recordings, or
               raise --dropout

    Ctrl-C stops and keeps everything"
  `);
});

test("the live view fits any width and height, with and without colour and Unicode", () => {
  const size = { width: fc.integer({ min: 1, max: 220 }), height: fc.integer({ min: 1, max: 50 }) };
  const options = fc.record({ ...size, colour: fc.boolean(), unicode: fc.boolean() });
  const events = fc.constantFrom(...Object.values(states), ...Object.values(ended));
  fc.assert(
    fc.property(options, events, (chosen, happened) => {
      const view = viewOf(happened);
      const lines = liveLines(view, { ...chosen, atMs: view.run.atMs });
      expectFits(lines, chosen.width);
      expect(lines.length).toBeLessThanOrEqual(chosen.height);
    }),
    { numRuns: 150 },
  );
});

test("colour changes nothing but the colours", () => {
  for (const events of Object.values(states)) {
    const coloured = liveLines(viewOf(events), frame({ colour: true })).join("\n");
    const stripped = stripVTControlCharacters(coloured).replaceAll(" SIMULATED ", "[SIMULATED]");
    expect(stripped).toBe(liveLines(viewOf(events), frame({ colour: false })).join("\n"));
  }
});

test("without Unicode only names hold anything beyond ASCII", () => {
  for (const events of [states["training, epoch 3"], states["simulated"], states["resumed"]]) {
    const text = liveLines(viewOf(events ?? []), frame({ unicode: false })).join("\n");
    expect(text).toMatch(/^[\n -~]*$/);
  }
});

test("a wide window is used: the bar reaches its edge, sentences stay readable", () => {
  const view = viewOf(states["overfitting with a warning"] ?? []);
  const lines = liveLines(view, frame({ width: 200 }));
  const bar = lines.find((line) => line.includes("left")) ?? "";
  expect(displayWidth(bar)).toBeGreaterThan(185);
  const sentences = lines.filter((line) => /^ *(verdict|warning) /.test(line));
  expect(sentences).toHaveLength(2);
  for (const line of sentences) expect(displayWidth(line)).toBeLessThanOrEqual(100);
});

test("the summary's time is that of the clock beside it", () => {
  const events = followedBy(untilEpoch(run, 1), {
    type: "run-ended",
    outcome: "cancelled",
    step: 20,
    elapsedMs: 1500,
  });
  const view = viewOf(events);
  const text = summaryLines(view, frame({ unicode: false })).join("\n");
  expect(text).toContain(`after ${(view.run.atMs / 1000).toFixed(1)} s,`);
  expect(text).not.toContain("1.5 s");
});

test("a simulated run says so at any size, first of all", () => {
  for (const height of [1, 3, 30]) {
    const lines = liveLines(viewOf(states["simulated"] ?? []), frame({ width: 40, height }));
    expect(lines.find((line) => line !== "")).toMatch(/^\[SIMULATED\]/);
  }
});

test("a low terminal keeps the title, the bar and the verdict longest", () => {
  const lines = liveLines(viewOf(untilEpoch(run, 3)), frame({ height: 4 }));
  expect(lines.join("\n")).toMatch(/birds.*50\u202f%.*still improving/s);
});

test("the time that is left goes down between two events", () => {
  const view = viewOf(untilEpoch(run, 3));
  const leftAt = (atMs: number) =>
    / ([0-9]+)\u202fs left/.exec(liveLines(view, { ...frame(), atMs }).join("\n"))?.[1];
  expect(leftAt(view.run.atMs)).toBe("6");
  expect(leftAt(view.run.atMs + 4000)).toBe("2");
  expect(leftAt(view.run.atMs + 60_000)).toBeUndefined();
});

test("a title cannot paint or move anything", () => {
  const [event] = stamped([[0, startNews({ title: "\u001b[2Jgone\nbirds" })]]);
  const lines = liveLines(viewOf(event ? [event] : []), frame());
  expect(lines.join("|")).toContain("gone birds");
  expect(lines.join("")).not.toContain("\u001b");
});

function viewOf(events: readonly RunEvent[]): View {
  return events.reduce(viewAfter, emptyView);
}

function frame(options: Partial<FrameOptions> = {}): FrameOptions {
  return { width: 80, height: 30, colour: false, unicode: true, atMs: 9000, ...options };
}

function expectFits(lines: readonly string[], width: number): void {
  for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
}

test.each([
  { hours: 99.9999, says: "99:59:59 left" },
  { hours: 10_400, says: "433 d 08 h left" },
])("a long time left is told whole in a narrow terminal: $says", ({ hours, says }) => {
  const told = untilEpoch(run, 3).map((event) =>
    event.type === "epoch-done" ? { ...event, etaMs: hours * 3_600_000 } : event,
  );
  const view = told.reduce(viewAfter, emptyView);
  const atMs = view.run.stretch.epochAtMs ?? 0;
  const lines = liveLines(view, { width: 40, height: 30, colour: false, unicode: false, atMs });
  expect(lines.map((line) => line.trimEnd()).find((line) => line.endsWith(" left"))).toContain(
    says,
  );
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(40);
});
