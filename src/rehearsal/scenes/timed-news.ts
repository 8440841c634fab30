/** News with pauses, for scenes that are shown at a pace of their own. */

import type { ClusterMessage } from "../../events/cluster.ts";
import type { News } from "../../events/events.ts";
import { type Random, uniform } from "../../random.ts";
import type { SceneItem } from "../engine/scene.ts";

/**
 * News after a pause.
 *
 * @param shownMs As it is shown at speed 1. Simulated time passes just as fast.
 */
export function after(run: { nowMs: number }, shownMs: number, news: News): SceneItem {
  run.nowMs += Math.round(shownMs);
  return { atMs: run.nowMs, shownMs, news };
}

/** A pause as people make them: uniform between two, in shown milliseconds. */
export function between(
  { random }: { readonly random: Random },
  low: number,
  high: number,
): number {
  return uniform(random, low, high);
}

type Saying = Omit<ClusterMessage, "type">;

export function says(saying: Saying): ClusterMessage {
  return { type: "cluster-message", ...saying };
}
