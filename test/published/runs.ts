/** The sets of published runs, in the order in which they were collected; README.md tells of each. */

import { type PublishedRun, readRuns } from "./read-runs.ts";

/** The seven runs that the constants `CALIBRATED` in `rates.ts` were fitted on. */
export const CALIBRATION_RUNS: readonly PublishedRun[] = readRuns("calibration");

/** Looked at while the structure of the planner was worked out, so they flatter it. */
export const HELD_OUT_RUNS: readonly PublishedRun[] = readRuns("held-out");

const FRESH: readonly PublishedRun[] = readRuns("fresh");

/** The half of the second set that might be looked at while the planner was improved. */
export const FRESH_A: readonly PublishedRun[] = freshHalf("A");
/** The half that was evaluated once, at the end of that, and has been looked at since. */
export const FRESH_B: readonly PublishedRun[] = freshHalf("B");

export const THIRD_RUNS: readonly PublishedRun[] = readRuns("third");
export const FOURTH_RUNS: readonly PublishedRun[] = readRuns("fourth");
/** Of which the figure, or something that it cannot do without, is only remembered. */
export const REMEMBERED_RUNS: readonly PublishedRun[] = readRuns("remembered");
export const FIFTH_RUNS: readonly PublishedRun[] = readRuns("fifth");

/** All that no constant of the planner was fitted to and that was read, not remembered. */
export const KEPT_ASIDE: readonly PublishedRun[] = [
  ...HELD_OUT_RUNS,
  ...FRESH_A,
  ...FRESH_B,
  ...THIRD_RUNS,
  ...FOURTH_RUNS,
  ...FIFTH_RUNS,
];

export function inGroup(
  runs: readonly PublishedRun[],
  group: PublishedRun["group"],
): PublishedRun[] {
  return runs.filter((run) => run.group === group);
}

/** Series of one group in the order of their hashes; every second one is in half A. */
function freshHalf(half: "A" | "B"): PublishedRun[] {
  return (["dense", "fp8", "experts"] as const).flatMap((group) => {
    const runs = inGroup(FRESH, group);
    const series = [...new Set(runs.map(seriesOf))].sort((a, b) => hashOf(a) - hashOf(b));
    return runs.filter((run) => (series.indexOf(seriesOf(run)) % 2 === 0) === (half === "A"));
  });
}

/** One model on one page. */
function seriesOf(run: PublishedRun): string {
  return run.name.split(" | ")[0] ?? run.name;
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash;
}
