/** What a run's figures mean, in the words of somebody who wants a sound. */

import type { Verdict } from "../../events/events.ts";
import type { Colours } from "../draw/colours.ts";

export interface VerdictWords {
  readonly short: string;
  /** What to do about it. */
  readonly advice: string;
  readonly tone: keyof Pick<Colours, "accent" | "good" | "warning" | "bad">;
}

export const verdictWords: { readonly [V in Verdict]: VerdictWords } = {
  improving: { short: "still improving", advice: "more epochs help", tone: "accent" },
  "good enough": { short: "good enough", advice: "stop whenever you like", tone: "good" },
  overfitting: { short: "overfitting", advice: "more epochs will not help", tone: "warning" },
  unstable: { short: "unstable", advice: "a lower learning rate would help", tone: "bad" },
};

/** What a preview is for the ear. */
export const previewWords = {
  sample: "new sound",
  original: "original",
  reconstruction: "rebuilt",
} as const;
