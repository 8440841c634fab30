import { expect, test } from "vitest";
import { exampleRun, followedBy, untilEpoch } from "../../../test/example-run.ts";
import { unsaid } from "../../../test/support/said.ts";
import type { News, RunEvent } from "../../events/events.ts";
import { displayWidth } from "../draw/width.ts";
import { lastingLines, lineSelector, plainLine } from "./log-lines.ts";
import { emptyView, viewAfter } from "./view.ts";

const notice = {
  type: "notice",
  level: "warning",
  code: "few-files",
  text: "Only 3 files\nwere found",
  hint: "Add recordings: 20 or more give a varied sound",
} as const;

test("plain lines of a whole run", () => {
  const events = followedBy(exampleRun().slice(0, -1), notice, {
    type: "run-ended",
    outcome: "finished",
    step: 120,
    elapsedMs: 14_300,
  });
  expect(transcript(events).join("\n")).toMatchInlineSnapshot(`
    "  0:00  started: birds, onnxruntime-node cpu, 2 threads, seed 1
      0:00  reading: Reading the recordings
      0:00  reading: 12 of 48
      0:01  recordings: 46 files, 5 min 12 s of sound, 2 files left out: 41 to learn from, 5 to check with; /music/birds
      0:01  plan: 6 epochs, 120 steps, batches of 32, 1 234 567 numbers to learn
      0:01  new sound: epoch 0, 2.0 s, /music/birds-run/previews/epoch-0000-sample.wav
      0:02  training: Learning from 41 recordings
      0:02  step: 1 of 120 (0 %), loss 1.663, 65.2 s of sound per second
      0:04  epoch: 1 of 6, training 1.110, validation 1.132 (best), gap 2 %, still improving, 10 s left
      0:06  epoch: 2 of 6, training 0.7518, validation 0.7819 (best), gap 4 %, still improving, 8 s left
      0:08  epoch: 3 of 6, training 0.5347, validation 0.5668 (best), gap 6 %, still improving, 6 s left
      0:08  saved: step 60, 4.2 MB, /music/birds-run/checkpoints/step-60.safetensors
      0:08  new sound: epoch 3, 2.0 s, /music/birds-run/previews/epoch-0003-sample.wav
      0:08  original: epoch 3, 2.0 s, /music/birds-run/previews/epoch-0003-original.wav
      0:08  rebuilt: epoch 3, 2.0 s, /music/birds-run/previews/epoch-0003-reconstruction.wav
      0:10  epoch: 4 of 6, training 0.4030, validation 0.4352 (best), gap 8 %, still improving, 4 s left
      0:12  epoch: 5 of 6, training 0.3231, validation 0.3554 (best), gap 10 %, good enough: stop whenever you like, 2 s left
      0:14  epoch: 6 of 6, training 0.2747, validation 0.3076 (best), gap 12 %, good enough: stop whenever you like
      0:14  saved: step 120, 4.2 MB, /music/birds-run/checkpoints/step-120.safetensors
      0:14  new sound: epoch 6, 2.0 s, /music/birds-run/previews/epoch-0006-sample.wav
      0:14  original: epoch 6, 2.0 s, /music/birds-run/previews/epoch-0006-original.wav
      0:14  rebuilt: epoch 6, 2.0 s, /music/birds-run/previews/epoch-0006-reconstruction.wav
      0:14  model: best at step 120, 4.1 MB, /music/birds-run/model.etude
      0:14  warning: Only 3 files were found (Add recordings: 20 or more give a varied sound)
      0:14  finished: 6 epochs in 14 s"
  `);
});

test("plain lines of a run that was stopped, and of one that failed", () => {
  const end = { type: "run-ended", step: 20, elapsedMs: 4050 } as const;
  const events = untilEpoch(exampleRun(), 1);
  const cancelled = transcript(followedBy(events, { ...end, outcome: "cancelled" }));
  expect(cancelled.at(-1)).toBe(
    "  0:04  stopped: at step 20 of 120 after 4.0 s, everything is kept",
  );
  const early = transcript(
    followedBy(events, { ...end, outcome: "cancelled", reason: "there is nothing to keep" }),
  );
  expect(early.at(-1)).toMatch(/after 4.0 s: there is nothing to keep$/);
  const failed = transcript(followedBy(events, { ...end, outcome: "failed", reason: "disk full" }));
  expect(failed.at(-1)).toBe("  0:04  failed: at step 20 of 120 after 4.0 s: disk full");
});

test("a plan that is corrected after every epoch is told once a minute", () => {
  const events = exampleRun();
  const planned = events.findIndex(({ type }) => type === "plan-made");
  const plan = events[planned] as RunEvent;
  const again = [1, 2, 3].map((i) => ({ ...plan, atMs: plan.atMs + i }));
  const lines = transcript([...events.slice(0, planned + 1), ...again]);
  expect(lines.filter((line) => / plan: /.test(line))).toHaveLength(1);
  const late = { ...plan, atMs: plan.atMs + 60_000 };
  const later = transcript([...events.slice(0, planned + 1), ...again, late]);
  expect(later.filter((line) => / plan: /.test(line))).toHaveLength(2);
});

test("the lines of a training say what was chosen, and name what is held out", () => {
  const held = Array.from({ length: 10 }, (_, i) => `bell ${i}.wav`);
  const configuration = { preset: "conservative", model: "spectral", learningRate: 0.0005 };
  const events = exampleRun().map((event): RunEvent => {
    if (event.type === "corpus-read") return { ...event, validationFiles: held };
    return event.type === "plan-made" ? { ...event, configuration } : event;
  });
  const plan = /plan: 6 epochs, .* preset conservative, model spectral, learning rate 0.0005$/;
  const start = { trainTaskLoss: 0.21, validationTaskLoss: 0.64 };
  const measured = followedBy(events, { type: "start-measured", ...start });
  expect(transcript(measured).at(-1)).toMatch(
    /before the first step, training 0.21\d*, validation 0.64/,
  );
  expect(transcript(events).filter((line) => plan.test(line))).toHaveLength(1);
  const recordings = transcript(events).find((line) => line.includes("recordings: "));
  expect(recordings).toContain('10 to check with ("bell 0.wav", "bell 1.wav", ');
  expect(recordings).toContain('"bell 7.wav" and 2 more);');

  const above = lineSelector({ everything: false });
  const lines = [...events, ...events].flatMap((event) => above.lineFor(event, emptyView) ?? []);
  const planned = lines.filter(({ subject }) => subject === "plan");
  expect(planned.map(({ text }) => text)).toEqual([expect.stringContaining("model spectral")]);
});

test("the recording that is rebuilt all through a run is told once, its rebuilding every time", () => {
  const about = { type: "preview-made", sampleRate: 48_000, durationSeconds: 2 } as const;
  const pair = [2, 4].flatMap((epoch): News[] => [
    {
      ...about,
      epoch,
      step: 8 * epoch,
      kind: "original",
      recording: "a.wav",
      path: "original.wav",
    },
    {
      ...about,
      epoch,
      step: 8 * epoch,
      kind: "reconstruction",
      recording: "a.wav",
      path: `${epoch}.wav`,
    },
  ]);
  const lines = transcript(followedBy(untilEpoch(exampleRun(), 1), ...pair)).slice(-3);
  expect(lines.map((line) => line.slice(8))).toEqual([
    'original: epoch 2, 2.0 s of "a.wav", original.wav',
    'rebuilt: epoch 2, 2.0 s of "a.wav", 2.wav',
    'rebuilt: epoch 4, 2.0 s of "a.wav", 4.wav',
  ]);
});

test("every plain line of a simulated run says that it is simulated", () => {
  const lines = transcript(exampleRun({ source: "simulated" }));
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) expect(line).toMatch(/^\[simulated\] /);
});

test("a run of 20,000 fast steps and 2,000 epochs does not flood a log", () => {
  const options = { epochsTotal: 2000, stepsPerEpoch: 10, stepMs: 5 } as const;
  const lines = transcript(exampleRun({ ...options, verdictOf: () => "improving" }));
  const epochs = lines.filter((line) => / epoch: /.test(line));
  expect(epochs[19]).toContain("epoch: 20 of");
  expect(epochs.at(-1)).toContain("epoch: 2 000 of 2 000");
  expect(epochs.length).toBeLessThan(230);
});

test("a slow epoch of an hour is told of every ten seconds", () => {
  const lines = transcript(exampleRun({ epochsTotal: 1, stepsPerEpoch: 600, stepMs: 6000 }));
  expect(lines.filter((line) => / step: /.test(line))).toHaveLength(300);
});

test("a checkpoint of the routine kind is told once a minute, any other always", () => {
  const saved = (reason: "time" | "interval", step: number): News => ({
    type: "checkpoint-saved",
    step,
    epoch: 1,
    path: "c",
    bytes: 1,
    durationMs: 1,
    reason,
  });
  const news = [1, 2, 3].flatMap((step) => [saved("time", step), saved("interval", step)]);
  const lines = transcript(followedBy([], ...news));
  expect(lines.filter((line) => line.includes("saved:"))).toHaveLength(4);
});

test.each([20, 40, 60, 80, 120])("lasting lines fit %d columns", (width) => {
  const selector = lineSelector({ everything: false });
  let view = emptyView;
  const lines: string[] = [];
  for (const event of followedBy(exampleRun({ folder: "/home/ana/my recordings/歌" }), notice)) {
    view = viewAfter(view, event);
    const line = selector.lineFor(event, view);
    const frame = { width, height: 20, colour: false, unicode: true, atMs: event.atMs };
    if (line !== undefined) lines.push(...lastingLines(line, frame));
  }
  for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
  expect(
    unsaid(lines, [
      ...[
        "birds, onnxruntime-node cpu, 2 threads, seed 1",
        "5 min 12 s of sound",
        "2 files left out",
      ],
      ...["41 to learn from", "5 to check with", "epoch 0", "epoch 3", "epoch 6"],
      ...[
        "best at step 120",
        "6 epochs in 14 s",
        "Only 3 files were found",
        "Add recordings: 20 or more",
      ],
    ]),
  ).toEqual([]);
  // A path loses its middle at worst: what it is can still be read.
  const letters = lines.join("").replace(/\s/g, "");
  expect(letters.match(/sample\.wav/g)).toHaveLength(3);
  expect(letters.match(/iginal\.wav/g)).toHaveLength(2);
  expect(letters.match(/uction\.wav/g)).toHaveLength(2);
  expect(letters).toContain("model.etude");
});

function transcript(events: readonly RunEvent[]): string[] {
  const selector = lineSelector({ everything: true });
  let view = emptyView;
  const lines: string[] = [];
  for (const event of events) {
    view = viewAfter(view, event);
    const line = selector.lineFor(event, view);
    if (line !== undefined) lines.push(plainLine(line, event, view));
  }
  return lines;
}
