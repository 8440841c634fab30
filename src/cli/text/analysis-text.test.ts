import { expect, test } from "vitest";
import { displayWidth } from "../../show/draw/width.ts";
import type { ModelAnalysis } from "../../sound/model/analysis.ts";
import { analysisLines } from "./analysis-text.ts";

const evidence = {
  spearman: 1,
  spearmanLowest: 0.9,
  effect: 1.5,
  leakage: 0.12,
  leaksInto: "loudness",
};

const analysis: ModelAnalysis = {
  version: 1,
  measured: { sounds: 6, positions: [-9, 0, 9], files: 48, phases: "sketch" },
  controls: [
    {
      ...{ name: "brightness", label: "Glanz", unit: "octaves", step: 0.1, evidence },
      ...{ range: { low: -1, middle: 0, high: 1 }, safe: { least: -3, most: 4 } },
    },
  ],
  declined: [{ name: "body", reason: "moves width as well: 0.6", evidence }],
  characters: [],
  labels: { brightness: "Glanz" },
};

test("analysisLines() shows name, safe positions, effect and evidence of a control", () => {
  const lines = analysisLines(analysis, { width: 80, unicode: true });
  expect(lines.find((line) => line.startsWith("Glanz"))).toBe(
    "Glanz             ·······===|====······    +1.5 octaves  1.00   0.12",
  );
  expect(lines).toContain("not offered: body, it moves width as well: 0.6");
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(80);
});

test("analysisLines() is plain for a terminal that knows only ASCII", () => {
  const text = analysisLines(analysis, { width: 80, unicode: false }).join("");
  expect([...text].every((letter) => letter.charCodeAt(0) < 128)).toBe(true);
});

test("analysisLines() takes the escape sequences out of a crafted model", () => {
  const crafted = {
    ...analysis,
    controls: analysis.controls.map((control) => ({
      ...{ ...control, label: "a\u001b[2Jb\n", unit: "dB\u001b[31m" },
    })),
    declined: [{ name: "body\u0007", reason: "it\u001b]0;x\u0007", evidence }],
    measured: { ...analysis.measured, phases: "\u001b[41m" },
  };
  const text = analysisLines(crafted, { width: 80, unicode: true }).join("");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(text).not.toMatch(/[\u0000-\u001f]/);
});
