/** Recordings of the console, played on a terminal emulator. */

import xterm from "@xterm/headless";
import { describe, expect, test } from "vitest";
import { exampleRun } from "../../../test/example-run.ts";
import { exported, simulatedEvents } from "../../../test/support/exported.ts";
import type { RunEvent } from "../../events/events.ts";
import { openAsciicast } from "./asciicast.ts";

type CastEvent = readonly [interval: number, code: string, data: string];

interface Cast {
  readonly header: { readonly term: { readonly cols: number; readonly rows: number } } & Record<
    string,
    unknown
  >;
  readonly events: readonly CastEvent[];
}

function castOf(
  events: readonly RunEvent[],
  options: { readonly recalled?: number; readonly shownAt?: (event: RunEvent) => number } = {},
): Cast {
  const { text } = exported(openAsciicast, events, { path: "run.cast", ...options });
  const [header, ...lines] = text("run.cast").trimEnd().split("\n");
  return {
    header: JSON.parse(header ?? ""),
    events: lines.map((line) => JSON.parse(line)),
  };
}

/** What stands on the screen and above it when the recording has been played so far. */
async function played({ header, events }: Cast, count: number = events.length): Promise<string[]> {
  const { cols, rows } = header.term;
  const terminal = new xterm.Terminal({ cols, rows, scrollback: 20_000, allowProposedApi: true });
  for (const [, code, data] of events.slice(0, count))
    if (code === "o") await new Promise<void>((resolve) => terminal.write(data, resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, i) => {
    return active.getLine(i)?.translateToString(true) ?? "";
  });
  terminal.dispose();
  return lines;
}

describe("a recording of a simulated run", () => {
  const events = simulatedEvents();
  const cast = castOf(events, { shownAt: ({ atMs }) => atMs / 100 });

  test("has the header of version 3, whose title says that the run is simulated", () => {
    expect(cast.header).toMatchObject({
      version: 3,
      term: { cols: 100, rows: 30, type: "xterm-256color" },
      title: "SIMULATED: TinyLlama-1.1B on 16 H100",
      timestamp: events[0]?.type === "run-started" ? Math.floor(events[0].wallMs / 1000) : 0,
    });
  });

  test("lasts as long as the run was shown, whatever its intervals were rounded to", () => {
    const seconds = cast.events.reduce((sum, [interval]) => sum + interval, 0);
    expect(seconds).toBeCloseTo((events.at(-1)?.atMs ?? 0) / 100_000, 2);
    for (const [interval] of cast.events) expect(interval).toBeGreaterThanOrEqual(0);
  });

  test("plays as one view that is drawn in place, labelled all along", async () => {
    for (const share of [0.3, 0.6, 0.9]) {
      const lines = await played(cast, Math.floor(cast.events.length * share));
      expect(lines.filter((line) => line.includes(" SIMULATED "))).toHaveLength(1);
      expect(lines.some((line) => /loss\s+\d/.test(line))).toBe(true);
    }
    const end = await played(cast);
    expect(end.join("\n")).toMatch(/finished: step \d/);
  });

  test("marks the run and its interruptions, and ends with an exit code", () => {
    const marks = cast.events.filter(([, code]) => code === "m").map(([, , text]) => text);
    expect(marks).toEqual(["TinyLlama-1.1B on 16 H100", "step 59: gpu-unreachable"]);
    expect(cast.events.at(-1)).toMatchObject([expect.any(Number), "x", "0"]);
  });
});

test("a recording of a training shows its own view, and nothing of simulation", async () => {
  const cast = castOf(exampleRun());
  expect(cast.header["title"]).toBe("birds");
  const lines = await played(cast);
  expect(lines.join("\n")).toContain("birds");
  expect(lines.join("\n")).not.toMatch(/simulated/i);
});

test("several runs follow one another in one recording", async () => {
  const cast = castOf([...exampleRun(), ...exampleRun({ title: "wind" })]);
  const text = (await played(cast)).join("\n");
  expect(text.match(/Starting a new run/g)).toHaveLength(1);
  expect(cast.events.filter(([, code]) => code === "m").map(([, , mark]) => mark)).toEqual([
    "birds",
    "wind",
  ]);
  expect(cast.events.filter(([, code]) => code === "x")).toHaveLength(1);
});

test("what was before a resume is known, and not shown again", async () => {
  const events = exampleRun();
  const resumedMs = events[60]?.atMs ?? 0;
  const cast = castOf(events, { recalled: 60, shownAt: ({ atMs }) => atMs - resumedMs });
  const seconds = cast.events.reduce((sum, [interval]) => sum + interval, 0);
  expect(seconds).toBeCloseTo(((events.at(-1)?.atMs ?? 0) - resumedMs) / 1000, 2);
  expect((await played(cast)).join("\n")).toContain("birds");
});
