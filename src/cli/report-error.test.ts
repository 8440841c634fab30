import { describe, expect, test } from "vitest";
import { UserError } from "../errors.ts";
import { displayWidth } from "../show/draw/width.ts";
import { errorReport } from "./report-error.ts";

const error = new UserError({
  code: "inside-corpus",
  message:
    'Cannot write runs to "/home/me/recordings/runs/rain": it lies in the corpus "/home/me/recordings"',
  hint: "Name a folder outside of it, or the runs become part of the corpus.\n  Or go elsewhere, and say so there.",
});
const usual = { colour: false, verbose: false, program: "etude 1.2.3" };

describe("errorReport()", () => {
  test.each([24, 40, 60, 80])("keeps words whole within %d columns", (columns) => {
    const report = errorReport(error, { ...usual, columns });
    const lines = report.trimEnd().split("\n");
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines[0]).toMatch(/^etude: Cannot write/);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {2}/);
    // A path that is wider than the terminal has to be broken somewhere.
    const flat = (text: string): string => text.replace(/\s+/g, columns < 40 ? "" : " ");
    expect(flat(report)).toBe(flat(errorReport(error, usual)));
  });

  test("leaves each sentence on its line in a pipe", () => {
    expect(errorReport(error, usual)).toBe(`etude: ${error.message}\n  ${error.hint}\n`);
  });

  test("colours the name and nothing else", () => {
    const plain = errorReport(error, { ...usual, columns: 40 });
    const coloured = errorReport(error, { ...usual, columns: 40, colour: true });
    expect(coloured).toBe(plain.replace("etude:", "\u001b[31metude:\u001b[39m"));
  });
});
