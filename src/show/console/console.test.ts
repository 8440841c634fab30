import xterm from "@xterm/headless";
import { describe, expect, test } from "vitest";
import { exampleRun, stamped, startNews, untilEpoch } from "../../../test/example-run.ts";
import { unsaid } from "../../../test/support/said.ts";
import type { RunEvent } from "../../events/events.ts";
import { eventToLine } from "../../events/wire.ts";
import { type ConsoleOptions, openConsole } from "./console.ts";
import { consoleMode, wantsColour, wantsUnicode } from "./terminal.ts";

const run = exampleRun();

test("the mode json writes the events as lines, and nothing else", () => {
  const { written } = shown(run, { mode: "json" });
  expect(written).toEqual(run.map(eventToLine));
});

test("the mode silent writes nothing", () => {
  expect(shown(run, { mode: "silent" }).written).toEqual([]);
});

test("the mode plain writes whole lines without an escape code, and what to do next", () => {
  const text = shown(run, { mode: "plain", next: () => "etude generate birds" }).written.join("");
  expect(text).not.toContain("\u001b");
  expect(text.split("\n").filter((line) => / epoch: /.test(line))).toHaveLength(6);
  expect(text).toMatch(/ {2}0:14 {2}next: etude generate birds\n$/);
});

test("the mode live draws at most about ten frames a second", () => {
  const long = exampleRun({ epochsTotal: 4, stepsPerEpoch: 500, stepMs: 10 });
  const { written, elapsedMs } = shown(long, { mode: "live" });
  expect(written.length).toBeGreaterThan(elapsedMs / 200);
  expect(written.length).toBeLessThan(elapsedMs / 100 + 5);
});

test("without news the clock on the screen goes on, once a second", () => {
  const { console, written, clock } = opened({ mode: "live" });
  for (const event of untilEpoch(run, 1)) console.show(event);
  console.refresh();
  const before = written.length;
  for (let i = 0; i < 50; i += 1) {
    clock.ms += 100;
    console.refresh();
  }
  expect(written.length - before).toBeGreaterThanOrEqual(5);
  expect(written.length - before).toBeLessThanOrEqual(6);
});

test("frames wait until a dragged window has settled", () => {
  const size = { columns: 80 };
  const columns = () => size.columns;
  const { console, written, clock } = opened({ mode: "live", columns, rows: () => 60 });
  for (const event of untilEpoch(run, 1)) console.show(event);
  clock.ms += 1000;
  console.refresh();
  const before = written.length;
  for (let i = 0; i < 10; i += 1) {
    size.columns -= 2;
    clock.ms += 100;
    console.refresh();
  }
  expect(written).toHaveLength(before);
  clock.ms += 400;
  console.refresh();
  expect(written).toHaveLength(before + 1);
});

test("a console that is suspended gives the cursor back, and then draws anew", () => {
  const { console, written, clock } = opened({ mode: "live" });
  console.suspend();
  expect(written).toEqual([]);
  for (const event of untilEpoch(run, 1)) console.show(event);
  clock.ms += 1000;
  console.refresh();
  const frames = written.length;
  console.suspend();
  expect(written.slice(frames)).toEqual(["\u001b[?25h"]);
  console.refresh();
  const frame = written.slice(frames + 1).join("");
  expect(frame).toContain("\u001b[?25l");
  // Whole, and below what the shell has said meanwhile.
  expect(frame).toContain("birds");
  expect(frame).not.toMatch(/\[\d+A/);
});

test("recalled events are known but not told", () => {
  const { console, written } = opened({ mode: "plain" });
  for (const event of untilEpoch(run, 3)) console.recall(event);
  expect(written).toEqual([]);
  const [resumed] = stamped([[8000, startNews({}, 60)]]);
  if (resumed !== undefined) console.show(resumed);
  expect(written).toEqual([
    "  0:08  resumed: birds from step 60, onnxruntime-node cpu, 2 threads\n",
  ]);
});

test("close() twice says goodbye once", () => {
  const { console, written } = opened({ mode: "live" });
  console.close();
  const count = written.length;
  console.close();
  console.refresh();
  expect(written).toHaveLength(count);
});

const SUMMARY = [
  ...["finished 6 epochs in 14 s", "good enough: stop whenever you like", "0.2747"],
  ...["0.3076 on validation, in epoch 6", "/music/birds-run/model.etude"],
  ...["/music/birds-run/previews/epoch-0006-sample.wav", "next etude generate birds"],
];

describe.each([40, 60, 80, 120, 200])("on a terminal of %d columns", (columns) => {
  test("a whole run scrolls by and leaves lasting lines, the summary and a visible cursor", async () => {
    const emulator = new xterm.Terminal({
      cols: columns,
      rows: 24,
      scrollback: 500,
      allowProposedApi: true,
    });
    const { written } = shown(run, {
      mode: "live",
      columns: () => columns,
      next: () => "etude generate birds",
    });
    await new Promise<void>((resolve) => emulator.write(written.join(""), resolve));
    const { active } = emulator.buffer;
    const lines = Array.from({ length: active.baseY + active.cursorY + 1 }, (_, i) =>
      active.getLine(i),
    );
    expect(lines.filter((line) => line?.isWrapped)).toEqual([]);
    const told = lines.map((line) => line?.translateToString(true).trimEnd() ?? "");
    const lasting = told.filter((line) => /^ {2}\d:\d\d /.test(line));
    // When it happened and what: the same at every width.
    expect(lasting.map((line) => line.slice(2, 18).trimEnd())).toEqual([
      ...["0:00  started", "0:01  recordings", "0:01  new sound"],
      ...["0:08  new sound", "0:08  original", "0:08  rebuilt"],
      ...["0:14  new sound", "0:14  original", "0:14  rebuilt", "0:14  model"],
    ]);
    const summary = told.slice(told.findLastIndex((line) => /^ *birds /.test(line)));
    expect(unsaid(summary, SUMMARY)).toEqual([]);
    expect(told.at(-1)).toBe("");
    expect(told.join("\n")).not.toContain("Ctrl-C");
    expect(written.at(-1)).toContain("\u001b[?25h");
  });
});

test.each([
  [{ environment: {}, isTerminal: true }, {}, "live"],
  [{ environment: { TERM: "dumb" }, isTerminal: true }, {}, "plain"],
  [{ environment: {}, isTerminal: false }, {}, "plain"],
  [{ environment: {}, isTerminal: true }, { json: true }, "json"],
  [{ environment: {}, isTerminal: true }, { quiet: true }, "silent"],
])("consoleMode() in %j, asked %j, is %s", (surroundings, asked, mode) => {
  expect(consoleMode(surroundings, asked)).toBe(mode);
});

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "0" }, true, false],
  [{ TERM: "dumb" }, true, false],
])("wantsColour() for %j, terminal %s, is %s", (environment, isTerminal, expected) => {
  expect(wantsColour({ environment, isTerminal })).toBe(expected);
});

test.each([
  [{}, "linux", true],
  [{ LANG: "de_DE.UTF-8" }, "linux", true],
  [{ LANG: "C" }, "linux", false],
  [{ LANG: "C", LC_ALL: "en_US.utf8" }, "darwin", true],
  [{ TERM: "linux", LANG: "en_US.UTF-8" }, "linux", false],
  [{}, "win32", false],
  [{ WT_SESSION: "1" }, "win32", true],
])("wantsUnicode() for %j on %s is %s", (environment, platform, expected) => {
  expect(wantsUnicode(environment, platform)).toBe(expected);
});

type Chosen = Partial<ConsoleOptions> & Pick<ConsoleOptions, "mode">;

function opened(options: Chosen) {
  const written: string[] = [];
  const clock = { ms: 0, nowMs: () => clock.ms };
  const console = openConsole({
    write: (text) => written.push(text),
    columns: () => 80,
    rows: () => 24,
    clock,
    colour: false,
    unicode: true,
    ...options,
  });
  return { console, written, clock };
}

/** Shows a run in its own time, and closes. */
function shown(events: readonly RunEvent[], options: Chosen) {
  const { console, written, clock } = opened(options);
  for (const event of events) {
    for (; clock.ms + 100 < event.atMs; clock.ms += 100) console.refresh();
    clock.ms = event.atMs;
    console.show(event);
  }
  console.close();
  return { written, elapsedMs: clock.ms };
}
