/** The outside world, on Node. */

import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "./host.ts";

/** The clock of Node. */
export const nodeClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Math.round(performance.timeOrigin + performance.now()),
  sleep: (ms, signal) => delay(ms, undefined, signal && { signal }),
};
