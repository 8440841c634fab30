import { describe, expect, test } from "vitest";
import { displayWidth } from "../../show/draw/width.ts";
import type { PairDistances } from "../../sound/audio/distance.ts";
import {
  type Evaluation,
  type FileRow,
  gainsOver,
  type MethodName,
  methodResults,
  trainingEffect,
} from "../../sound/work/evaluate.ts";
import { noveltyReading } from "../../sound/work/evaluate-novelty.ts";
import { evaluationLines } from "./evaluation-text.ts";

/** Distances that grow with one number. */
function distances(size: number): PairDistances {
  return {
    lsdDb: 1.5 * size,
    lsdActiveDb: 1.5 * size,
    melL1Db: size,
    melL1ActiveDb: size,
    spectralConvergence: size / 10,
    multiScale: size / 4,
    loudnessDb: size / 2,
    levelDb: -size / 3,
    envelopeCorrelation: 1 - size / 20,
  };
}

const factors: { readonly [M in MethodName]: number } = {
  model: 3,
  untrained: 3.2,
  pca: 4,
  copy: 0.25,
};
const numbersPerSecond = { model: 750, untrained: 750, pca: 750, copy: null };

const clarity = {
  count: 12,
  valleyDb: 26,
  jitterCents: 0.31,
  wobbleDb: 0.04,
  latticeDb: null,
  highDb: -42.5,
  extraBursts: 0,
  cutShare: 0,
};

function rowOf(path: string, size: number, names: readonly MethodName[]): FileRow {
  return {
    path,
    durationSeconds: 2,
    distances: Object.fromEntries(names.map((name) => [name, distances(size * factors[name])])),
  };
}

function evaluation(names: readonly MethodName[], parts: Partial<Evaluation> = {}): Evaluation {
  const rows = [
    rowOf("drums/kick.wav", 1, names),
    rowOf("a very long folder name/rain on the roof of the old mill.wav", 1.5, names),
    rowOf("bell\u001b[31m.wav", 0.5, names),
  ];
  const methods = methodResults(
    names.map((name) => ({ name, numbersPerSecond: numbersPerSecond[name] })),
    rows,
  );
  return {
    model: {
      name: "rain",
      recipe: {
        name: "spectral",
        shape: {
          groupFrames: 4,
          exampleFrames: 64,
          latentSize: 32,
          width: 384,
          encoderBlocks: 2,
          decoderBlocks: 2,
          widening: 1,
        },
      },
      program: "etude 0.1.0",
      step: 2400,
      epoch: 12,
      path: "runs/rain/model.etude",
    },
    folder: "recordings",
    split: "held-out",
    durationSeconds: 6,
    ruler: { sampleRateHz: 44_100, floorDb: -80, phaseIterations: 32 },
    methods,
    gainOver: gainsOver(methods),
    training: trainingEffect(gainsOver(methods).untrained),
    novelty: {
      ratio: 0.93,
      reading: "as-new",
      likeness: { mmdRatio: 1.234, coverageRatio: 0.876, hubShare: 0.1 },
      generatedCount: 30,
      trainCount: 100,
      heldOutCount: 20,
    },
    clarity: {
      recordings: clarity,
      rebuilt: { ...clarity, valleyDb: 25.2, wobbleDb: 0.14 },
      generated: { ...clarity, valleyDb: 26.3, extraBursts: 0.05, cutShare: 0.1 },
    },
    rows,
    notes: [],
    kept: null,
    elapsedMs: 41_000,
    ...parts,
  };
}

const spaced = (lines: readonly string[]): string => lines.join("\n").replaceAll("\u202f", " ");

describe("evaluationLines()", () => {
  test("shows the methods side by side, and what the model is worth", () => {
    const shown = evaluation(["model", "untrained", "pca", "copy"], { kept: "rebuilt" });
    expect(spaced(evaluationLines(shown, { width: 80 }))).toMatchSnapshot();
  });

  test("says what is missing and why", () => {
    const text = "PCA is left out: it needs the model's training files, and they are not here";
    const shown = evaluation(["model", "copy"], {
      novelty: null,
      notes: [{ code: "pca-impossible", text }],
    });
    const lines = spaced(evaluationLines(shown, { width: 100 }));
    expect(lines).toContain(`Note        ${text}`);
    expect(lines).toContain("Novelty     not measured");
    expect(lines).not.toContain("Against PCA");
  });

  test("calls a model worse that is worse", () => {
    const methods = evaluation(["model", "pca"]).methods.map((method) => ({
      ...method,
      name: method.name === "model" ? ("pca" as const) : ("model" as const),
    }));
    const shown = evaluation(["model", "pca"], { methods, gainOver: gainsOver(methods) });
    expect(spaced(evaluationLines(shown, { width: 80 }))).toContain("mel-L1 33 % worse");
  });

  test("says of a model that its training changed nothing that it learned nothing", () => {
    const { methods } = evaluation(["untrained"]);
    const unchanged = [...methods.map((one) => ({ ...one, name: "model" as const })), ...methods];
    const gainOver = gainsOver(unchanged);
    const training = trainingEffect(gainOver.untrained);
    expect(training).toBe("nothing");
    const lines = evaluationLines(evaluation(["model", "untrained"], { gainOver, training }), {
      width: 120,
    });
    expect(lines.join("\n")).toContain("Training    no effect: this model");
    expect(lines.join("\n")).not.toContain("0 % better");
  });

  test("does not call better what it calls no change", () => {
    const gain = { melL1Db: 0.003, lsdDb: -0.02, multiScale: -0.001, spectralConvergence: -0.01 };
    const shown = evaluation(["model", "untrained"], {
      ...{ gainOver: { untrained: gain, pca: null }, training: trainingEffect(gain) },
    });
    expect(spaced(evaluationLines(shown, { width: 120 }))).toContain(
      "training made it worse: mel-L1 as before, LSD 2 % worse, multi-scale as before",
    );
  });

  test.each([
    [0.1, "close to copies"],
    [0.93, "about as new as"],
    [2.6, "off the corpus"],
  ])("reads a novelty of %d as %s", (ratio, says) => {
    const counts = { likeness: null, generatedCount: 30, trainCount: 100, heldOutCount: 20 };
    const novelty = { ratio, reading: noveltyReading(ratio), ...counts };
    const lines = evaluationLines(evaluation(["model"], { novelty }), { width: 300 });
    expect(spaced(lines)).toContain(`Novelty     ${ratio} for 30 generated segments: ${says}`);
  });

  test.each([60, 72, 100, 200])(
    "keeps within %d columns, and out of the terminal's hands",
    (width) => {
      const lines = evaluationLines(evaluation(["model", "untrained", "pca", "copy"]), { width });
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
      expect(lines.join("")).not.toContain("\u001b");
    },
  );

  test("writes nothing but ASCII where the terminal knows nothing else", () => {
    const shown = evaluation(["model", "untrained", "pca", "copy"]);
    const lines = evaluationLines(shown, { width: 60, unicode: false });
    expect(lines.join("\n")).toMatch(/^[\n -~]*$/);
  });
});
