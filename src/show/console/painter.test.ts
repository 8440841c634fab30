import xterm from "@xterm/headless";
import { describe, expect, test } from "vitest";
import { displayWidth } from "../draw/width.ts";
import { painter } from "./painter.ts";

test.each([40, 60, 80, 120, 200])(
  "frames follow each other in place at %d columns",
  async (columns) => {
    const screen = terminal(columns, 12);
    await screen.say("prompt$ etude train\r\n");
    const canvas = painter(screen);
    for (let frame = 0; frame < 30; frame += 1) {
      canvas.draw(lines(3 + (frame % 4), columns, `frame ${frame}`));
    }
    expect(await screen.text()).toEqual([
      "prompt$ etude train",
      ...lines(4, columns, "frame 29"),
      ...Array(7).fill(""),
    ]);
  },
);

test("a full row keeps its last character, whether it is drawn again or not", async () => {
  const screen = terminal(10, 5);
  const canvas = painter(screen);
  canvas.draw(["0123456789", "ab"]);
  canvas.draw(["0123456789", "cd"], ["ABCDEFGHIJ"]);
  canvas.draw(["9876543210", "cd"]);
  expect(await screen.text()).toEqual(["ABCDEFGHIJ", "9876543210", "cd", "", ""]);
});

test("lines above the view stay, in order, and scroll with the screen", async () => {
  const screen = terminal(30, 6);
  const canvas = painter(screen);
  for (let i = 1; i <= 9; i += 1) canvas.draw(["bar", "help"], [`line ${i}`]);
  expect(await screen.text()).toEqual(["line 7", "line 8", "line 9", "bar", "help", ""]);
  expect(await screen.history()).toEqual([1, 2, 3, 4, 5, 6].map((i) => `line ${i}`));
});

test("an unchanged frame writes nothing, and a changed line only itself", () => {
  const written: string[] = [];
  const canvas = painter({
    write: (text) => written.push(text),
    columns: () => 80,
    rows: () => 24,
  });
  canvas.draw(["first", "second"]);
  canvas.draw(["first", "second"]);
  expect(written).toHaveLength(1);
  canvas.draw(["first", "changed"]);
  expect(written[1]).toContain("changed");
  expect(written[1]).not.toContain("first");
});

test("each frame is one write within a synchronized update, with the cursor hidden", () => {
  const written: string[] = [];
  const canvas = painter({
    write: (text) => written.push(text),
    columns: () => 80,
    rows: () => 24,
  });
  canvas.draw(["a"], ["b"]);
  canvas.draw(["c"]);
  for (const text of written) expect(text).toMatch(/^.\[\?2026h.\[\?25l.*.\[\?2026l$/s);
  canvas.finish(["d"]);
  expect(written[2]).toMatch(/.\[\?25h$/);
});

test.each([
  { from: 80, to: 41 },
  { from: 80, to: 79 },
  { from: 60, to: 120 },
  { from: 120, to: 40 },
])("nothing is left of the old frame when $from columns become $to", async ({ from, to }) => {
  const screen = terminal(from, 30);
  await screen.say("prompt$ etude train\r\n");
  const canvas = painter(screen);
  canvas.draw(lines(6, from, "before"), ["a line that stays"]);
  await screen.resize(to, 30);
  canvas.draw(lines(7, to, "after"));
  canvas.draw(lines(7, to, "last"));
  const shown = (await screen.text()).filter((line) => line !== "");
  expect(shown).toEqual(["prompt$ etude train", "a line that stays", ...lines(7, to, "last")]);
});

test("a window dragged back and forth ends clean", async () => {
  const screen = terminal(100, 40);
  const canvas = painter(screen);
  canvas.draw(lines(8, 100, "first"), ["stays"]);
  for (const columns of [90, 70, 55, 47, 60, 80, 110, 64]) {
    await screen.resize(columns, 40);
    canvas.draw(lines(8, columns, `at ${columns}`));
  }
  const shown = (await screen.text()).filter((line) => line !== "");
  expect(shown).toEqual(["stays", ...lines(8, 64, "at 64")]);
});

describe("giveWay()", () => {
  /** Shorter than the terminal is wide, as most lines are. */
  const high = (text: string) => lines(27, 88, text);

  test("leaves nothing of a high view behind, however narrow the terminal becomes then", async () => {
    const screen = terminal(100, 30);
    const canvas = painter(screen);
    canvas.draw(high("before"), ["a line that stays"]);
    for (const columns of [96, 80, 61, 45, 90, 40]) {
      await screen.resize(columns, 30);
      canvas.giveWay();
    }
    canvas.draw(lines(20, 40, "after"));
    expect(await screen.everything()).toEqual(["a line that stays", ...lines(20, 40, "after")]);
  });

  test("where lines are broken already, leaves what the terminal has moved out of its screen", async () => {
    const screen = terminal(100, 30);
    const canvas = painter(screen);
    canvas.draw(high("before"), ["a line that stays"]);
    await screen.resize(60, 30);
    canvas.giveWay();
    canvas.draw(["after"]);
    const left = await screen.everything();
    expect(left[0]).toBe("a line that stays");
    expect(left.at(-1)).toBe("after");
    expect(left.length).toBeLessThan(20);
  });

  test.each([
    { what: "that is low", view: lines(8, 88, "low"), columns: 90 },
    { what: "in a terminal that became wider", view: high("high"), columns: 120 },
    { what: "in a terminal of the same width", view: high("high"), columns: 100 },
  ])("leaves a view alone $what", ({ view, columns }) => {
    const written: string[] = [];
    const size = { columns: 100 };
    const canvas = painter({
      write: (text) => written.push(text),
      columns: () => size.columns,
      rows: () => 30,
    });
    canvas.draw(view);
    size.columns = columns;
    canvas.giveWay();
    expect(written).toHaveLength(1);
  });
});

test("a width that the terminal sees otherwise cuts a line and never breaks it", async () => {
  const screen = terminal(12, 5);
  const canvas = painter(screen);
  for (let i = 0; i < 3; i += 1) canvas.draw([`0123456789abcdef ${i}`, `next ${i}`]);
  const shown = await screen.text();
  expect(shown.map((line) => line.slice(0, 6))).toEqual(["012345", "next 2", "", "", ""]);
});

test("finish() leaves its lines and the cursor below them", async () => {
  const screen = terminal(40, 8);
  const canvas = painter(screen);
  canvas.draw(lines(5, 40, "live"));
  canvas.finish(["summary", ""]);
  await screen.say("prompt$");
  expect(await screen.text()).toEqual(["summary", "", "prompt$", "", "", "", "", ""]);
});

/** Lines of different lengths, the first as wide as the terminal. */
function lines(count: number, columns: number, text: string): string[] {
  return Array.from({ length: count }, (_, i) =>
    i === 0 ? text.padEnd(columns, ".") : `${text} ${i} ${"-".repeat(i * 5)}`.slice(0, columns),
  );
}

/** A terminal emulator that breaks its lines again when it is resized, as people's terminals do. */
function terminal(columns: number, rows: number) {
  const emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const say = (text: string) => new Promise<void>((resolve) => emulator.write(text, resolve));
  const read = async (from: number, to: number): Promise<string[]> => {
    await say("");
    const { active } = emulator.buffer;
    return Array.from({ length: to - from }, (_, i) =>
      (active.getLine(from + i)?.translateToString(true) ?? "").trimEnd(),
    );
  };
  return {
    say,
    write: (text: string) => emulator.write(text),
    columns: () => emulator.cols,
    rows: () => emulator.rows,
    resize: async (cols: number, height: number) => {
      await say("");
      emulator.resize(cols, height);
    },
    history: () => read(0, emulator.buffer.active.baseY),
    /** All lines that are not empty, also those above the screen. */
    everything: async () => {
      const all = await read(0, emulator.buffer.active.length);
      return all.filter((line) => line !== "");
    },
    text: async () => {
      await say("");
      const { baseY } = emulator.buffer.active;
      const shown = await read(baseY, baseY + emulator.rows);
      for (const line of shown) expect(displayWidth(line)).toBeLessThanOrEqual(emulator.cols);
      return shown;
    },
  };
}
