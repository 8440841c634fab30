/** What stays above the live view of a simulated run: all that can be read, in rows that fit. */

import { beforeAll, describe, expect, test } from "vitest";
import type { RunEvent } from "../src/events/events.ts";
import { simulatedPresenter } from "../src/rehearsal/console/presenter.ts";
import { paced } from "../src/rehearsal/engine/pace.ts";
import type { Scene } from "../src/rehearsal/engine/scene.ts";
import { SCENES } from "../src/rehearsal/scenes/scenes.ts";
import type { Presenter } from "../src/show/console/presenter.ts";
import { displayWidth } from "../src/show/draw/width.ts";
import { lineBudget } from "../src/show/line-budget.ts";
import { smallRun, wantedRun } from "./support/simulated.ts";

/** All those of people, and some of the wide ones. */
const WIDTHS = [...Array.from({ length: 91 }, (_, i) => 40 + i), 140, 150, 170, 200, 240, 300];

describe.each(SCENES)("$name", (scene) => {
  let told: readonly RunEvent[] = [];
  beforeAll(async () => {
    told = await recordingOf(scene);
  });

  test("no row is wider than the terminal, and none is cut, at 40 to 300 columns", () => {
    for (const width of WIDTHS) {
      const options = { width, height: 40, colour: width % 2 === 0, unicode: true };
      const presenter = unhurried();
      for (const event of told) {
        presenter.know(event);
        const lines = presenter.lastingLines(event, { ...options, atMs: event.atMs });
        expectFit(lines, width);
        if (event.seq % 97 === 0)
          expectFit(presenter.liveLines({ ...options, atMs: event.atMs }), width);
      }
      expectFit(presenter.closingLines({ ...options, atMs: 0, next: undefined }), width);
    }
  });

  test("a step tells what matters most, in a row, however narrow the terminal is", () => {
    for (const width of WIDTHS) {
      const presenter = unhurried();
      for (const event of told) {
        presenter.know(event);
        if (event.type !== "step-done" || event.step % 10 !== 0) continue;
        const frame = { width, height: 40, colour: false, unicode: false, atMs: event.atMs };
        const lines = presenter.lastingLines(event, frame);
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/step +[\d ]+.*loss (-?\d|skipped).*tok\/s/);
        if (width >= 80) expect(lines[0]).toMatch(/ lr \d.* (mfu|eta) /);
      }
    }
  });

  test("the view tells how fast it goes, in sequences too where it reads them, at 40 to 300 columns", () => {
    for (const width of WIDTHS) {
      const presenter = unhurried();
      for (const event of told) {
        presenter.know(event);
        if (event.type !== "step-done" || event.step % 10 !== 0) continue;
        const frame = { width, height: 60, colour: false, unicode: true, atMs: event.atMs };
        const speed = presenter.liveLines(frame).find((line) => /^ *speed /.test(line));
        // What a run writes itself has no length that could be counted in.
        if (event.policy !== undefined) expect(speed).toMatch(/ tok\/s(?!.*samples)/);
        else expect(speed).toMatch(/ tok\/s · \S+ samples\/s/);
      }
    }
  });

  test("at its own speed all of it is told", async () => {
    const { lines } = await shown(scene, 1);
    expect(lines.due).toBeGreaterThan(20);
    expect(lines.told).toBe(lines.due);
  });
});

test("what is too fast to be read is thinned, and NCCL keeps its share of it", async () => {
  const { steps, nccl } = await shown(sceneOf("llm_training"), 60);
  expect(steps.told).toBeLessThan(0.6 * steps.due);
  const share = nccl.told / nccl.due / (steps.told / steps.due);
  expect(share).toBeGreaterThan(0.7);
  expect(share).toBeLessThan(1.4);
});

test.each([1, 2, 3, 17, 30, 40])(
  "with %d instant lines no block goes beyond them",
  async (lines) => {
    const clock = { nowMs: () => 0 };
    const whole = simulatedPresenter({ clock });
    const presenter = simulatedPresenter({ clock, budget: lineBudget(lines) });
    const expected: string[] = [];
    const actual: string[] = [];
    const counts: number[] = [];
    for (const event of await recordingOf(sceneOf("llm_training"))) {
      for (const one of [whole, presenter]) one.know(event);
      expected.push(...whole.logLines(event, 80));
      actual.push(...presenter.logLines(event, 80));
      counts.push(actual.length);
    }
    expect(counts).toContain(lines);
    expect(actual).toEqual(expected);
  },
);

describe("a short run", () => {
  let events: readonly RunEvent[] = [];
  beforeAll(async () => {
    events = await recordingOf(sceneOf("rl_post_training"));
  });

  function linesAt(width: number): string[] {
    const presenter = unhurried();
    const options = { width, height: 40, colour: false, unicode: false };
    const lines: string[] = [];
    for (const event of events) {
      presenter.know(event);
      if (event.type === "step-done" && event.step > 30) continue;
      lines.push(...presenter.lastingLines(event, { ...options, atMs: event.atMs }));
    }
    lines.push(...presenter.closingLines({ ...options, atMs: 0, next: undefined }));
    return lines;
  }

  /** How often each kind of thing is told, with wrapped lines put together again. */
  function countsAt(width: number): Record<string, number> {
    const text = linesAt(width).join(" ").replace(/\s+/g, " ");
    const count = (words: RegExp): number => text.match(words)?.length ?? 0;
    return {
      steps: count(/ step \d+(?:\/\d+)? loss /g),
      heldOut: count(/% of 500 problems solved/g),
      checkpoints: count(/ saved checkpoints/g),
      warnings: count(/ (?:W|WARNING) /g),
      files: count(/ \S+\.(?:safetensors|json) [\d.]+ \S?B /g),
    };
  }

  test("tells the same at every width", () => {
    const counts = countsAt(160);
    const saved = events.filter(({ type }) => type === "checkpoint-saved").length;
    expect(counts).toMatchObject({ steps: 4, checkpoints: saved });
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
    for (const width of [40, 60, 80, 100]) expect(countsAt(width)).toEqual(counts);
  });

  test.each([40, 60, 80, 100, 160])("has its parts in order at %d columns", (width) => {
    const text = linesAt(width).join("\n");
    const parts = [
      /^SIMULATED RUN:\s+nothing here is measured/,
      /^=+ Initialisation complete =+$/m,
      / step +1[ /].*loss/,
      /^=+ Training complete =+$/m,
      /^\| Simulated training summary +\|$/m,
      /^ *\[SIMULATED\][\s\S]*\sfinished:\s+step \d+ of \d+,/m,
    ];
    const places = parts.map((part) => text.search(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test.each([40, 60, 80, 100, 160])("sums up in an aligned box at %d columns", (width) => {
    const box = linesAt(width).filter((line) => /^[+|]/.test(line));
    expect(new Set(box.map(displayWidth)).size).toBe(1);
    const labels = box.flatMap((line) => /^\| (\S.*?) {2,}\S/.exec(line)?.[1] ?? []);
    for (const label of ["Total time", "Steps", "Tokens", "Final loss", "Energy", "Size"]) {
      expect(labels).toContain(label);
    }
  });
});

test("lines that come at once are not thinned", async () => {
  const clock = { nowMs: () => 0 };
  const budget = lineBudget(100);
  const presenter = simulatedPresenter({ clock, budget });
  const frame = { width: 120, height: 40, colour: false, unicode: false, atMs: 0 };
  const lines: string[] = [];
  for (const event of await recordingOf(sceneOf("llm_training"))) {
    presenter.know(event);
    lines.push(...presenter.lastingLines(event, frame));
    if (!budget.isInstant) break;
  }
  expect(lines).toHaveLength(100);
  const steps = lines.filter((line) => line.includes(" loss "));
  expect(steps.length).toBeGreaterThan(20);
});

/** A presenter that has all the time there is for every line. */
function unhurried(): Presenter {
  let nowMs = 0;
  return simulatedPresenter({
    clock: {
      nowMs() {
        nowMs += 10_000;
        return nowMs;
      },
    },
  });
}

/** Lines above the view, as they are told and as they would be to somebody with endless time. */
async function shown(scene: Scene, speedFactor: number) {
  const clock = { ms: 0 };
  const presenter = simulatedPresenter({ clock: { nowMs: () => clock.ms } });
  const full = unhurried();
  const told: string[] = [];
  const due: string[] = [];
  for await (const event of events(scene, clock, speedFactor)) {
    const frame = { width: 120, height: 40, colour: false, unicode: false, atMs: event.atMs };
    for (const one of [presenter, full]) one.know(event);
    told.push(...presenter.lastingLines(event, frame));
    due.push(...full.lastingLines(event, frame));
  }
  const counted = (words: RegExp) => ({
    told: told.filter((line) => words.test(line)).length,
    due: due.filter((line) => words.test(line)).length,
  });
  return { lines: counted(/./), steps: counted(/ loss /), nccl: counted(/ NCCL /) };
}

function sceneOf(wanted: string): Scene {
  const scene = SCENES.find(({ name }) => name === wanted);
  if (scene === undefined) throw new Error(`no scene ${wanted}`);
  return scene;
}

/** A run without most of what nothing is said of. */
async function recordingOf(scene: Scene): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events(scene, { ms: 0 }, 1)) {
    if (!isMore(event)) all.push(event);
  }
  return all;
}

function isMore(event: RunEvent): boolean {
  switch (event.type) {
    case "step-done":
      return event.step > 30 && event.step % 90 !== 0;
    case "cluster-status":
    case "phase-progress":
      return event.seq % 9 !== 0;
    default:
      return false;
  }
}

function events(scene: Scene, clock: { ms: number }, speedFactor: number) {
  const wanted =
    scene.name === "llm_pretraining" ? wantedRun("TinyLlama-1.1B", "H100:32", 2e9) : {};
  return paced(scene.start({ ...smallRun, wanted, seed: 28 }), {
    clock: {
      nowMs: () => clock.ms,
      sleep: async (ms) => {
        clock.ms += ms;
      },
    },
    speedFactor,
    signal: new AbortController().signal,
    isInstant: () => false,
    onTruth: () => {},
  });
}

function expectFit(lines: readonly string[], width: number): void {
  for (const line of lines) {
    if (displayWidth(line) > width || line.includes("…")) expect(line).toBe(`in ${width} columns`);
  }
}
