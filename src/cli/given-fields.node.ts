/** Which fields of a request the command line gives: they win over those of a preset. */

import type { IsGiven } from "../sound/work/apply-preset.node.ts";
import type { CommandContext } from "./context.ts";

/** Options that a field comes from, where they are called otherwise. */
const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  length: ["duration"],
  controls: ["control"],
  loop: ["loop", "bars", "bpm", "meter"],
  space: ["width", "depth", "twoSeeds", "binaural", "ambisonic", "move"],
  encoding: ["bitDepth"],
};

export function givenFields({ given }: Pick<CommandContext, "given">): IsGiven {
  return (field) => (OPTIONS_OF[field] ?? [field]).some((option) => given.has(option));
}
