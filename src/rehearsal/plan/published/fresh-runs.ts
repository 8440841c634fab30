/**
 * A second set of published runs, to test the planner on what it has not seen.
 *
 * Collected and split before the planner was run on any of it. Series (one model on one page)
 * are ordered by a hash of their name and dealt in turn to two halves: half A may be looked at
 * while the planner is improved, half B was evaluated once, at the end of that. It has been
 * looked at since, so both halves flatter the planner by now (see docs/log.md).
 */

import { FRESH_EXPERTS } from "./fresh-experts.ts";
import { FRESH_INTERNEVO, FRESH_MEGATRON, FRESH_MEGATRON_FP8 } from "./fresh-megatron.ts";
import { FRESH_SHARDED, FRESH_SHARDED_FP8 } from "./fresh-sharded.ts";
import { type PublishedRun, published } from "./published-run.ts";

const ALL: readonly PublishedRun[] = [
  ...[...FRESH_MEGATRON, ...FRESH_INTERNEVO, ...FRESH_SHARDED].map((row) =>
    published("dense", row),
  ),
  ...[...FRESH_MEGATRON_FP8, ...FRESH_SHARDED_FP8].map((row) => published("fp8", row)),
  ...FRESH_EXPERTS.map((row) => published("experts", row)),
];

const seriesOf = (run: PublishedRun) => run.name.split(" | ")[0] ?? run.name;

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash;
}

/** Series of one group in the order of their hashes; every second one is in half A. */
function half(group: PublishedRun["group"], wanted: "A" | "B"): PublishedRun[] {
  const runs = ALL.filter((run) => run.group === group);
  const series = [...new Set(runs.map(seriesOf))].sort((a, b) => hashOf(a) - hashOf(b));
  return runs.filter((run) => (series.indexOf(seriesOf(run)) % 2 === 0) === (wanted === "A"));
}

const GROUPS = ["dense", "fp8", "experts"] as const;

export const FRESH_A: readonly PublishedRun[] = GROUPS.flatMap((group) => half(group, "A"));
export const FRESH_B: readonly PublishedRun[] = GROUPS.flatMap((group) => half(group, "B"));
