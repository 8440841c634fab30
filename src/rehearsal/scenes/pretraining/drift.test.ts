import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { driftAt, lastingStarts, type Start } from "./drift.ts";

const SEED = 11;
const FIRST: Start = { attempt: 0, step: 0 };
const FIGURES = ["loss", "gradient", "evaluation"] as const;

function at(figure: (typeof FIGURES)[number], step: number, starts: readonly Start[]): number {
  return driftAt(figure, step, { seed: SEED, starts });
}

describe("a run that was restarted", () => {
  test("does not depart from itself before it is", () => {
    for (const figure of FIGURES) expect(at(figure, 5, [FIRST])).toBe(0);
  });

  test("departs to three or four digits, not to the last", () => {
    for (const step of [1, 10, 100, 1000]) {
      const starts = [FIRST, { attempt: 1, step: 0 }];
      for (const figure of FIGURES) expect(Math.abs(at(figure, step, starts))).toBeGreaterThan(0);
      expect(Math.abs(at("loss", step, starts))).toBeLessThan(0.0015);
      expect(Math.abs(at("gradient", step, starts))).toBeLessThan(0.05);
    }
  });

  test("begins from what the checkpoint had departed, however often it was restarted", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 6 }), (lasted) => {
        let step = 0;
        let starts: readonly Start[] = [FIRST];
        lasted.forEach((steps, i) => {
          step += steps;
          const next = [...lastingStarts(starts, step), { attempt: i + 1, step }];
          const change = at("loss", step + 1, next) - at("loss", step + 1, starts);
          // A fortieth of the whole departure, which four deviations may exceed.
          expect(Math.abs(change)).toBeLessThan((4e-4 / 40) * 4);
          starts = next;
        });
      }),
    );
  });

  test("forgets where it came from once it has wholly departed, and no sooner", () => {
    const starts = [FIRST, { attempt: 1, step: 100 }, { attempt: 2, step: 150 }];
    expect(lastingStarts(starts, 200)).toEqual(starts);
    const later = lastingStarts(starts, 460);
    expect(later).toEqual(starts.slice(2));
    for (const figure of FIGURES) expect(at(figure, 470, later)).toBe(at(figure, 470, starts));
  });

  test("departs no further the more often it is restarted", () => {
    const starts = Array.from({ length: 40 }, (_, i) => ({ attempt: i, step: 50 * i }));
    const last = starts.at(-1)?.step ?? 0;
    const losses = Array.from({ length: 300 }, (_, i) => at("loss", last + i, starts));
    const mean = losses.reduce((sum, loss) => sum + loss * loss, 0) / losses.length;
    expect(Math.sqrt(mean)).toBeLessThan(1.2 * 4e-4);
  });
});
