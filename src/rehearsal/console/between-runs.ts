/** What is said between two simulated runs, and after the last one. */

import { asciiText, formatQuantity } from "../../show/numbers.ts";

export function transitionLines(): string[] {
  return ["", "Starting a new run", ""];
}

/** @param runs Runs that came to their end. */
export function farewellLine(runs: number): string {
  const told = runs === 0 ? "" : `${formatQuantity(runs, "run")} told, `;
  return asciiText(`Goodbye: ${told}no GPU was warmed, it was all simulated.`);
}
