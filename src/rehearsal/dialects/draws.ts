/**
 * Random details that carry no information, drawn for a place: a start of the processes, a rank, a step. The same place always gives the same draw, independently of all others.
 */

import type { RunStarted } from "../../events/events.ts";
import { type Random, seededRandom } from "../../random.ts";

/** Each run has draws of its own. */
interface SeededRun {
  readonly started: Pick<RunStarted, "seed"> | undefined;
}

/** Which start of the processes it is, see Facts. */
interface ProcessStart extends SeededRun {
  readonly launches: number;
  readonly attempts: number;
  readonly regroups: number;
}

/** @param place What is drawn, and for whom: "nccl-thread", "node-0004", 2 */
export function drawsOf({ started }: SeededRun, ...place: readonly (string | number)[]): Random {
  let hash = 0x811c9dc5 ^ ((started?.seed ?? 0) >>> 0);
  for (const letter of place.join("/")) hash = mixed(hash ^ (letter.codePointAt(0) ?? 0));
  return seededRandom(hash);
}

/** For a start of the processes. */
export function drawsOfStart(start: ProcessStart, ...place: readonly (string | number)[]): Random {
  return drawsOf(start, ...place, start.launches, start.attempts, start.regroups);
}

/** Log-normal: as often more than `median` as less. @param spread Deviation of the logarithm */
export function around(random: Random, median: number, spread: number): number {
  // Twelve uniform numbers less six are normal enough.
  let normal = -6;
  for (let i = 0; i < 12; i += 1) normal += random.next();
  return median * Math.exp(spread * normal);
}

/** The finaliser of MurmurHash3 (public domain). */
function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
