import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escaped, manpage } from "./manpage.ts";
import { outlineOf, programTable } from "./outline.ts";

const page = manpage(programTable, { program: "etude 1.2.3", day: "2026-11-02" });

describe("manpage()", () => {
  test.each(outlineOf(programTable).filter(({ words }) => words.join() !== "help"))(
    "has every option of etude $words",
    ({ options, words }) => {
      for (const flag of options.flatMap(({ flags }) => flags)) {
        expect(page).toContain(`\\fB${escaped(flag)}\\fR`);
      }
      if (programTable.commands[words.join(" ")] !== undefined) {
        expect(page).toContain(`.SS "${escaped(["etude", ...words].join(" "))}"`);
      }
    },
  );

  test("has its name, its version and its day at the top", () => {
    expect(page.split("\n")[0]).toBe('.TH ETUDE 1 "2026-11-02" "etude 1.2.3" "User Commands"');
    expect(page).toMatch(/\n\.SH NAME\netude \\- [a-z]/);
  });

  test("holds only macros of man(7), ASCII, and no empty line", () => {
    const macros = /^\.(TH|SH|SS|TP|PP|RS|RE|B|I|RI|nf|fi|nh)( |$)/;
    for (const line of page.split("\n").slice(0, -1)) {
      expect(line).toMatch(/^[ -~]+$/);
      if (/^[.']/.test(line)) expect(line).toMatch(macros);
    }
  });

  test("has the examples of the commands as they are typed", () => {
    for (const { examples } of Object.values(programTable.commands)) {
      for (const line of examples) expect(page).toContain(`\n${escaped(line)}\n`);
    }
  });

  test("guards lines that would be taken for a macro", () => {
    const spec = { summary: ".so /etc/passwd", arguments: [], options: {}, examples: ["'x"] };
    const table = { ...programTable, commands: { run: { ...spec, details: "'br" } } };
    const lines = manpage(table, { program: "etude 1", day: "2026-01-01" }).split("\n");
    expect(lines).toEqual(expect.arrayContaining(["\\&.so /etc/passwd.", "\\(aqbr", "\\(aqx"]));
  });
});

test("escaped() gives text that roff shows as it was", () => {
  const signs: Readonly<Record<string, string>> = { aq: "'", ga: "`", ha: "^", ti: "~" };
  const shown = (roff: string): string =>
    roff.replace(/\\(?:e|-|\((..)|\[u([0-9A-F]+)\])/g, (whole, sign?: string, code?: string) => {
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      if (sign !== undefined) return signs[sign] ?? whole;
      return whole === "\\e" ? "\\" : "-";
    });
  const unit = fc.oneof(
    fc.constantFrom(..."\\'`^~-.\"éß 🎻"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
      expect(escaped(text)).toMatch(/^[ -~]*$/);
      expect(shown(escaped(text))).toBe(text.replace(/\s+/g, " "));
    }),
    { seed: 1, numRuns: 300 },
  );
});
