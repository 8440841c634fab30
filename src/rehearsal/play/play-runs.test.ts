import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../events/events.ts";
import { eventToLine } from "../../events/wire.ts";
import { openConsole } from "../../show/console/console.ts";
import { type LineBudget, lineBudget } from "../../show/line-budget.ts";
import { simulatedPresenter } from "../console/presenter.ts";
import { dialectConsole } from "../dialects/dialect-console.ts";
import { DIALECTS, type DialectName, openDialect } from "../dialects/dialects.ts";
import type { Scene, SceneItem, SceneRun } from "../engine/scene.ts";
import { SCENES } from "../scenes/scenes.ts";
import { playRuns, type RunConsole } from "./play-runs.ts";

type Way = "plain" | "json" | DialectName;

const dialects = Object.keys(DIALECTS) as DialectName[];
const cases = SCENES.flatMap((scene) => {
  const ways: Way[] = ["plain", "json", ...(scene.takes.includes("dialect") ? dialects : [])];
  return ways.map((way) => ({ name: scene.name, way, scene }));
});

describe.each(cases)("$name, told as $way", ({ scene, way }) => {
  test("so many lines come at once, then none without a wait, and none is lost", async () => {
    const run = shortened(scene);
    const all = await told(run, way, Number.POSITIVE_INFINITY);
    expect(all.atOnce).toBe(all.text);
    const total = linesOf(all.text).length;
    for (const lines of [1, 2, 3, 5, 20, 50, 90, 200, total - 1, total]) {
      if (lines > total) continue;
      const { atOnce, text, waits } = await told(run, way, lines);
      expect([lines, linesOf(atOnce).length]).toEqual([lines, lines]);
      expect(waits[0]).toBeGreaterThanOrEqual(200);
      expect(text).toBe(all.text);
    }
  });
});

const ITEMS_MAX = 400;

/** The beginning of a run, and its end. */
function shortened(scene: Scene): SceneRun {
  const options = { seed: 7, program: "etude 0.0.0", wanted: {}, funny: false, incidents: [] };
  const { isEven, items } = scene.start({ ...options, byChance: false });
  const first: SceneItem[] = [];
  for (const item of items) {
    first.push(item);
    if (first.length === ITEMS_MAX) break;
  }
  const last = first.at(-1);
  if (last === undefined) throw new Error("The run says nothing");
  const isWhole = "news" in last && last.news.type === "run-ended";
  const ended = { type: "run-ended", outcome: "finished", step: 90, elapsedMs: last.atMs } as const;
  return { isEven, items: isWhole ? first : [...first, { news: ended, atMs: last.atMs }] };
}

/** All lines, and those of them before anything was waited for. */
async function told(run: SceneRun, way: Way, linesMax: number) {
  const budget = lineBudget(linesMax);
  const clock = { ms: 0 };
  const nowMs = (): number => clock.ms;
  const waits: number[] = [];
  let text = "";
  let atOnce: string | undefined;
  const write = (part: string): void => {
    text += part;
  };
  await playRuns({
    start: () => run,
    runsMax: 1,
    open: () => consoleFor(way, { write, budget, nowMs }),
    between() {},
    clock: {
      nowMs,
      sleep: async (ms) => {
        atOnce ??= text;
        waits.push(ms);
        clock.ms += ms;
      },
    },
    speedFactor: 1,
    signal: new AbortController().signal,
    isInstant: () => budget.isInstant,
    breathe: () => undefined,
  });
  return { text, atOnce: atOnce ?? text, waits };
}

interface Output {
  readonly write: (text: string) => void;
  readonly budget: LineBudget;
  readonly nowMs: () => number;
}

function consoleFor(way: Way, { write, budget, nowMs }: Output): RunConsole {
  if (way === "json") {
    const show = (event: RunEvent): void => write(budget.take([eventToLine(event)]).join(""));
    return { show, close() {} };
  }
  if (way !== "plain") return dialectConsole(openDialect(way), write, { budget });
  const presenter = simulatedPresenter({ clock: { nowMs }, budget });
  const options = { clock: { nowMs }, colour: false, unicode: false, presenter };
  return openConsole({ mode: "plain", write, columns: () => 80, rows: () => 0, ...options });
}

function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}
