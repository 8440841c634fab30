/** The outside world, in a browser. */

import type { Clock } from "./host.ts";

/** The clock of a browser, also in its workers. */
export const browserClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Math.round(performance.timeOrigin + performance.now()),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", abort, { once: true });
    }),
};
