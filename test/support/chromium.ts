/** Debian's Chromium, which `.ci/run` installs; where it is missing, its tests say that they are left out. */

import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { describe } from "vitest";

const CHROMIUM = "/usr/bin/chromium";

/** Tests that need it. */
export function describeInChromium(what: string, tests: () => void): void {
  const isThere = existsSync(CHROMIUM);
  describe.skipIf(!isThere)(isThere ? what : `left out: no ${CHROMIUM} here`, tests);
}

/** A page that does not move by itself: what moves is drawn by the processor, sixty times a second. */
export const STILL = { reducedMotion: "reduce" } as const;

/** Sound may begin without a hand. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
  });
}
