/** Date and ambient temperature of a simulated run. */

import { fixedShare, wander } from "./chance.ts";
import { DRAW } from "./draws.ts";
import { sineOfTurns } from "./portable-math.ts";
import { DAY_MS } from "./units.ts";

/** Runs begin in November 2026: at any moment of the twenty days from the second at midnight. */
const FIRST_WALL_MS = 1_793_577_600_000;
const SPREAD_DAYS = 20;

/** @returns Milliseconds since 1970. */
export function startOf(seed: number): number {
  // Two draws: one has not enough digits for every millisecond.
  const share =
    (fixedShare(seed, 3, DRAW.startDay) + fixedShare(seed, 3, DRAW.startMoment) / 65_536) % 1;
  return FIRST_WALL_MS + Math.floor(share * SPREAD_DAYS * DAY_MS);
}

/** The warmest time of day, as a share of it. */
const WARMEST = 15 / 24;
/** How much days differ, against the swing of one. Assumed. */
const WEATHER = 0.4;

/** About 1 on an afternoon, -1 before dawn; some days are warmer. @param atMs Since the start */
export function warmthAt(seed: number, atMs: number): number {
  const days = (startOf(seed) + atMs) / DAY_MS;
  return sineOfTurns(days - WARMEST + 0.25) + WEATHER * wander(seed, 73, days);
}
