/** An option in words, for the help text and the man page. */

import { isRepeatable, type OptionSpec } from "./spec.ts";

/** A range that ends here or later is described as open. */
const UNBOUNDED = 10_000;

/** The description with what is accepted and what holds when it is not given. */
export function describe(spec: OptionSpec): string {
  const notes: string[] = [];
  if (spec.type === "choice") notes.push(spec.choices.join(", "));
  if (isRepeatable(spec)) notes.push("may be repeated");
  if (spec.type === "number" || spec.type === "integer") {
    notes.push(spec.max < UNBOUNDED ? `${spec.min} to ${spec.max}` : `${spec.min} or more`);
  }
  const otherwise = spec.otherwise ?? ("default" in spec ? spec.default : undefined);
  if (otherwise !== undefined) notes.push(`default: ${otherwise}`);
  return notes.length === 0 ? spec.description : `${spec.description} (${notes.join("; ")})`;
}
