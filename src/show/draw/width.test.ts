import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import {
  displayWidth,
  flow,
  padEnd,
  padStart,
  plainText,
  truncate,
  truncatePath,
  wrap,
} from "./width.ts";

const RED = "\u001b[31m";
const PLAIN = "\u001b[39m";
const RESET = "\u001b[0m";

/** Names as they happen: plain, wide, combining, emoji with joiners, right to left. */
const name = fc.string({
  unit: fc.constantFrom("a", "B", " ", "9", "歌", "録", "e\u0301", "🎻", "👩‍🎤", "ش", "-", "é"),
  maxLength: 60,
});

test.each([
  ["abc", 3],
  ["歌声", 4],
  ["e\u0301", 1],
  ["👩‍🎤", 2],
  [`${RED}red${PLAIN}`, 3],
  ["", 0],
])("displayWidth() of %j is %d columns", (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test.each([
  ["field recording", 20, "field recording"],
  ["field recording", 8, "field r…"],
  ["歌声録音", 5, "歌声…"],
  ["歌声録音", 4, "歌…"],
  ["abc", 1, "…"],
  ["abc", 0, ""],
  [`${RED}abcdef${PLAIN}`, 4, `${RED}abc…${RESET}`],
  [`${RED}abc${PLAIN}`, 3, `${RED}abc${PLAIN}`],
])("truncate() of %j to %d columns", (text, width, expected) => {
  expect(truncate(text, width)).toBe(expected);
});

test.each([
  ["/music/birds/epoch-3.wav", 30, "/music/birds/epoch-3.wav"],
  ["/music/birds/epoch-3.wav", 20, "/music/…/epoch-3.wav"],
  ["/music/birds/epoch-3.wav", 14, "/…/epoch-3.wav"],
  ["/music/birds/epoch-3.wav", 10, "epoc…3.wav"],
  ["C:\\music\\birds\\epoch-3.wav", 20, "C:\\musi…\\epoch-3.wav"],
  ["a-very-long-file-name.wav", 11, "a-ver…e.wav"],
  ["/music/歌声/録音.wav", 14, "/mus…/録音.wav"],
])("truncatePath() of %j to %d columns keeps the file's name", (path, width, expected) => {
  const cut = truncatePath(path, width);
  expect(displayWidth(cut)).toBeLessThanOrEqual(width);
  expect(cut).toBe(expected);
});

test("plainText() takes away what could move the cursor, paint, break or turn a line", () => {
  expect(plainText("\u001b[31mred\u001b[0m.wav")).toBe("red.wav");
  expect(plainText("a\nb\tc\r\u0007d")).toBe("a b c d");
  expect(plainText("\u001b]0;title\u0007name")).toBe("name");
  expect(plainText("gpj\u202evaw.exe")).toBe("gpj vaw.exe");
  expect(plainText("\u001b[2J\u009b2Jx")).toBe("2Jx");
});

test("padEnd() and padStart() count columns and never cut", () => {
  expect(padEnd("歌", 4)).toBe("歌  ");
  expect(padStart("歌", 4)).toBe("  歌");
  expect(padEnd("歌声", 3)).toBe("歌声");
});

test("truncate() is never wider than asked, and wastes at most one column, for any name", () => {
  fc.assert(
    fc.property(name, fc.integer({ min: 1, max: 70 }), (text, width) => {
      const cut = displayWidth(truncate(text, width));
      expect(cut).toBeLessThanOrEqual(width);
      expect(cut).toBeGreaterThanOrEqual(Math.min(width - 1, displayWidth(text)));
    }),
  );
});

test("truncatePath() is never wider than asked, for any path", () => {
  const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  fc.assert(
    fc.property(path, fc.integer({ min: 0, max: 70 }), (text, width) => {
      expect(displayWidth(truncatePath(text, width))).toBeLessThanOrEqual(width);
    }),
  );
});

test("wrap() keeps every word and every width", () => {
  fc.assert(
    fc.property(name, fc.integer({ min: 2, max: 40 }), (text, width) => {
      const lines = wrap(text, width);
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
    }),
  );
});

test("flow() puts whole items on lines and leaves out what does not fit", () => {
  const items = ["gap 7 %", "best in epoch 12", "KL 4.2", "an item wider than the line"];
  expect(flow(items, { width: 26, linesMax: 2 })).toEqual(["gap 7 % · best in epoch 12", "KL 4.2"]);
  expect(flow(items, { width: 26, linesMax: 1 })).toEqual(["gap 7 % · best in epoch 12"]);
});

test("what is measured at once is as wide as its graphemes are", () => {
  const singles = [
    [0x20, 0x7e],
    [0xa0, 0xac],
    [0xae, 0xff],
    [0x2013, 0x2014],
    [0x2026, 0x2026],
    [0x202f, 0x202f],
    [0x2500, 0x25fc],
    [0x2800, 0x28ff],
  ].flatMap(([from = 0, to = 0]) =>
    Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)),
  );
  for (const one of singles) expect([one, stringWidth(one)]).toEqual([one, 1]);
  const others = ["\u0301", "\ufe0f", "\u200d", "\u20e3", "◽", "歌", "👩", `${RED}`, PLAIN];
  const unit = fc.constantFrom(...singles, ...others, ...others);
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
      expect(displayWidth(text)).toBe(stringWidth(text));
    }),
    { numRuns: 1000 },
  );
});
