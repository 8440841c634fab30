/** Decibels <-> power as graph nodes. */

import type { Graph, Node } from "../tensor/graph.ts";

/** Power of FLOOR_DB, the lower limit. */
const FLOOR_POWER = 1e-8;
const DECIBELS_PER_LOG_POWER = 10 / Math.LN10;

/** 10^(dB / 10). */
export function powerOfDecibels(graph: Graph, decibels: Node): Node {
  return graph.exp(graph.scale(decibels, 1 / DECIBELS_PER_LOG_POWER));
}

/** 10 log10(power), not under -80 dB. */
export function decibelsOfPower(graph: Graph, power: Node): Node {
  const limited = graph.max(power, graph.scalar(FLOOR_POWER));
  return graph.scale(graph.log(limited), DECIBELS_PER_LOG_POWER);
}
