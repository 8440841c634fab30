/** Verdicts over whole curves, recorded and made up: what they advise must hold ten epochs later. */

import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../../events/events.ts";
import { fillNormal, seededRandom } from "../../random.ts";
import { learningRateAt } from "./schedule.ts";
import { completeSettings } from "./settings.ts";
import { verdictOf } from "./verdict.ts";

interface Course {
  readonly epochsTotal: number;
  /** [train, validation] */
  readonly start: readonly [number, number];
  readonly epochs: readonly (readonly [number, number])[];
}

type Recorded = { readonly [K in "falling" | "overfitting" | "diverging"]: Course };
const path = new URL("../../../test/fixtures/validation-curves.json", import.meta.url);
const recorded = JSON.parse(await readFile(path, "utf8")) as Recorded;

const FORESIGHT = 10;
const settings = completeSettings(20, { learningRate: 1, warmUpSteps: 0 });

/** The verdict after each epoch, told from what was known then. */
function verdictsOf({ start, epochs, epochsTotal }: Course): Verdict[] {
  return epochs.map(([train, validation], index) =>
    verdictOf({
      start: start[1],
      history: epochs.slice(0, index + 1).map(([, value]) => value),
      gapGrowth: validation / train / (start[1] / start[0]) - 1,
      gapLimit: 0.2,
      skipped: 0,
      learningRateShare: learningRateAt(settings, index + 1, epochsTotal),
    }),
  );
}

/** Where the next ten epochs of `truth` refute what was said. @param truth [start, ...epochs] */
function refutations(verdicts: readonly Verdict[], truth: readonly number[]): string[] {
  return verdicts.flatMap((verdict, index) => {
    const epoch = index + 1;
    if (epoch + FORESIGHT >= truth.length) return [];
    const known = truth.slice(0, epoch + 1);
    const best = Math.min(...known);
    const ahead = Math.min(...truth.slice(epoch + 1, epoch + 1 + FORESIGHT));
    const refuted = {
      improving: Math.min(...known.slice(-FORESIGHT - 1)) > best,
      undecided: false,
      "good enough": ahead < best * (1 - 0.005),
      overfitting: ahead < best * (1 - 0.003),
      worse: (known.at(-1) ?? 0) <= best,
      unstable: false,
    };
    return refuted[verdict] ? [`epoch ${epoch}: ${verdict}`] : [];
  });
}

const told = (verdicts: readonly Verdict[]): Set<Verdict> => new Set(verdicts);
const validationOf = ({ start, epochs }: Course): number[] =>
  [start, ...epochs].map(([, validation]) => validation);

test.each(Object.entries(recorded).filter(([name]) => name !== "made"))(
  "no verdict on the recorded run that is %s is refuted by the next ten epochs",
  (_name, course) => {
    expect(refutations(verdictsOf(course), validationOf(course))).toEqual([]);
  },
);

test("a recorded run that falls in fits and starts is never called good enough or overfitting", () => {
  // Its loss stood still at epochs 11, 15 and 16, and was 4 % lower at epoch 19.
  const verdicts = verdictsOf(recorded.falling);
  expect(told(verdicts)).toEqual(new Set(["improving", "undecided"]));
  expect(verdicts.filter((verdict) => verdict === "improving").length).toBeGreaterThan(15);
});

test("a recorded run that learns six sounds by heart is said to get worse, and to overfit in the end", () => {
  const verdicts = verdictsOf(recorded.overfitting);
  expect(verdicts.slice(0, 12)).not.toContain("overfitting");
  expect(told(verdicts)).toEqual(new Set(["undecided", "worse", "overfitting"]));
  expect(verdicts.at(-1)).toBe("overfitting");
});

test("a recorded run that diverges is never praised", () => {
  expect(told(verdictsOf(recorded.diverging))).toEqual(new Set(["unstable"]));
});

/** Made-up courses of 100 epochs, as shares of the loss at the start; `rate` is the learning rate's. */
const shapes: { readonly [name: string]: (epoch: number, rate: number) => number } = {
  "falls ever more slowly": (epoch) => 0.5 + 0.5 * Math.exp(-epoch / 30),
  "falls by a tenth of a percent an epoch": (epoch) => Math.exp(-0.001 * epoch),
  "falls by less": (epoch) => Math.exp(-0.0006 * epoch),
  "stands still": (epoch) => 0.5 + 0.5 * Math.exp(-epoch / 6),
  "falls again when the rate does": (epoch, rate) => 0.6 + 0.1 * rate + 0.3 * Math.exp(-epoch / 5),
  "turns and rises": (epoch) => 0.5 + 0.5 * Math.exp(-epoch / 8) + 0.002 * Math.max(0, epoch - 20),
  "rises for a while": (epoch) =>
    0.5 + 0.5 * Math.exp(-epoch / 8) + 0.002 * Math.max(0, 20 - Math.abs(epoch - 50)),
  "rises from the start": (epoch) => 0.8 * Math.exp(0.02 * epoch),
  "jumps up at first": (epoch) =>
    0.75 + 0.25 * Math.exp(-((epoch - 4) ** 2) / 8) - 0.25 * (1 - Math.exp(-epoch / 20)),
  "falls in stairs": (epoch) => 1 - 0.05 * Math.floor(epoch / 15),
};

const EPOCHS = 100;
const rateAt = (epoch: number): number => learningRateAt(settings, epoch, EPOCHS);

/** @param noise Standard deviation of what is measured, as a share of it. */
function madeUp(shape: string, noise: number, seed: number) {
  const scatter = fillNormal(seededRandom(seed), new Float32Array(EPOCHS));
  const epochs = Array.from({ length: EPOCHS }, (_, index) => index + 1);
  const truth = epochs.map((epoch) => 0.4 * (shapes[shape]?.(epoch, rateAt(epoch)) ?? 0));
  const course: Course = {
    epochsTotal: EPOCHS,
    start: [0.25, 0.4],
    // The training files are known better and better, whatever the others do.
    epochs: truth.map((value, index) => [
      0.25 * Math.exp(-index / 40),
      value * Math.exp(noise * (scatter[index] ?? 0)),
    ]),
  };
  return { truth: [0.4, ...truth], verdicts: verdictsOf(course) };
}

describe.each(Object.keys(shapes))("a validation loss that %s", (shape) => {
  test.each([0, 0.002, 0.01, 0.03])("with %d noise gives no advice that it refutes", (noise) => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const { truth, verdicts } = madeUp(shape, noise, seed);
      // What is said of the past is said of what was measured; advice must be true.
      const advice = verdicts.map(
        (verdict): Verdict =>
          verdict === "improving" || verdict === "worse" ? "undecided" : verdict,
      );
      expect({ seed, refuted: refutations(advice, truth) }).toEqual({ seed, refuted: [] });
    }
  });
});

test.each([
  { shape: "stands still", says: "good enough" },
  { shape: "turns and rises", says: "overfitting" },
  { shape: "falls ever more slowly", says: "improving" },
  { shape: "rises from the start", says: "unstable" },
] as const)(
  "in the end a loss that $shape is $says, also with a little noise",
  ({ shape, says }) => {
    for (const noise of [0, 0.002]) {
      expect(madeUp(shape, noise, 3).verdicts.slice(-10)).toEqual(
        new Array<Verdict>(10).fill(says),
      );
    }
  },
);

test("a model that is worse than before its first step is not said to improve while it comes back", () => {
  const history = [0.9, 0.8, 0.7, 0.6];
  const about = { gapGrowth: 0, gapLimit: 0.2, skipped: 0, learningRateShare: 1 };
  expect(verdictOf({ ...about, start: 0.5, history })).toBe("undecided");
  expect(verdictOf({ ...about, start: 0.5, history: [...history, 0.49] })).toBe("improving");
  expect(verdictOf({ ...about, start: 0.5, history: [0.6, 0.6, 0.61] })).toBe("worse");
  expect(verdictOf({ ...about, start: 0.2, history: [4.55] })).toBe("unstable");
});

test("a run with skipped steps or without a finite loss is unstable", () => {
  const about = { gapGrowth: 0, gapLimit: 0.2, learningRateShare: 1 };
  expect(verdictOf({ ...about, history: [5, 4], skipped: 1 })).toBe("unstable");
  expect(verdictOf({ ...about, history: [5, Number.NaN], skipped: 0 })).toBe("unstable");
});

test("the gap alone never makes a run overfit: its loss must rise", () => {
  const history = Array.from({ length: 30 }, (_, i) => 0.5 * 0.995 ** i);
  const about = { gapGrowth: 6, gapLimit: 0.2, skipped: 0, learningRateShare: 0.1 };
  expect(verdictOf({ ...about, start: 0.6, history })).toBe("improving");
});

test("verdictOf() takes a run of as many epochs as can be asked for", () => {
  const history = new Array<number>(1_000_000).fill(1);
  const about = { gapGrowth: 0, gapLimit: 0.2, skipped: 0, learningRateShare: 0.02 };
  expect(verdictOf({ ...about, start: 1, history })).toBe("good enough");
});
