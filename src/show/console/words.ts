/** Wording of verdicts and figures for the console. */

import type { EpochDone, Verdict } from "../../events/events.ts";
import type { Colours } from "../draw/colours.ts";
import { formatPercent } from "../numbers.ts";

export interface VerdictWords {
  readonly short: string;
  /** What to do about it. */
  readonly advice: string;
  readonly tone: keyof Pick<Colours, "accent" | "good" | "warning" | "bad">;
}

export const verdictWords: { readonly [V in Verdict]: VerdictWords } = {
  improving: { short: "still improving", advice: "the best is new", tone: "accent" },
  undecided: { short: "no clear trend", advice: "the next epochs will tell", tone: "accent" },
  "good enough": { short: "good enough", advice: "stop whenever you like", tone: "good" },
  overfitting: { short: "overfitting", advice: "more epochs will not help", tone: "warning" },
  worse: { short: "this got worse", advice: "what was best is kept", tone: "warning" },
  unstable: {
    short: "unstable",
    advice: "this got worse, a lower learning rate would help",
    tone: "bad",
  },
};

/** The gap between training and validation, as growth since the start where that is known. */
export function gapText({ gapGrowth, overfittingGap }: EpochDone): string {
  return gapGrowth === undefined
    ? `gap ${formatPercent(overfittingGap)}`
    : `gap ${formatPercent(gapGrowth)} since the start`;
}

/** What a preview is for the ear. */
export const previewWords = {
  sample: "new sound",
  original: "original",
  reconstruction: "rebuilt",
} as const;
