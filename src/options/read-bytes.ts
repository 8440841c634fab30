/** Sizes of files and disks as people write them. */

import { wrongUsage } from "./read-value.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
};

/**
 * "2GB" -> 2e9: decimal units, as disks are sold and shown.
 *
 * @param flag The option as it is written, "--keep".
 * @throws UserError "usage" for what is no size.
 */
export function readBytes(flag: string, text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (number !== "" && factor !== undefined) return Math.round(Number(number) * factor);
  throw wrongUsage(
    `Cannot use ${flag}: found "${text}", need a size like 2GB, 500MB or 10kB`,
    "A size is a number with a unit of B, kB, MB, GB or TB.",
  );
}
