/** Throughput in sequences per second. */

import type { StepDone } from "../../events/events.ts";
import { formatFixed, formatShort } from "../../show/numbers.ts";

/**
 * "80.1 samples/s", at the speed of the step. All sequences of a run are of the same length.
 *
 * @returns undefined for a run that does not learn from text of others: what it writes itself is of
 *   any length.
 */
export function samplesText({ text, policy }: StepDone): string | undefined {
  if (text === undefined || policy !== undefined || text.consumedTokens === 0) return undefined;
  const perSecond = (text.tokensPerSecond * text.consumedSamples) / text.consumedTokens;
  return `${threeDigits(perSecond)} samples/s`;
}

/** As wide for 5.00 as for 4.99: the figures behind stand in columns. */
function threeDigits(value: number): string {
  if (value < 0.995 || value >= 999.5) return formatShort(value);
  return formatFixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}
