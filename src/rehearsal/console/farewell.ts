/** The last line of `etude simulate`. */

import { asciiText, formatQuantity } from "../../show/numbers.ts";

/** @param runs Runs that came to their end. */
export function farewellLine(runs: number): string {
  const told = runs === 0 ? "" : `${formatQuantity(runs, "run")} told, `;
  return asciiText(`Goodbye: ${told}no GPU was warmed, it was all simulated.`);
}
