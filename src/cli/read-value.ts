/** The text of one option -> its value, or an error that says what is accepted. */

import { UserError } from "../errors.ts";
import type { ChoiceSpec, NumberSpec, OptionSpec } from "./spec.ts";
import { nearestWord } from "./suggest.ts";

export type OptionValue = boolean | number | string;

/**
 * @param flag The option as it is written, "--epochs".
 * @throws UserError "usage" if `text` is not what the option takes.
 */
export function readValue(flag: string, text: string, spec: OptionSpec): OptionValue {
  switch (spec.type) {
    case "choice":
      return readChoice(flag, text, spec);
    case "integer":
    case "number":
      return readNumber(flag, text, spec);
    default:
      if (text === "")
        throw wrongUsage(`Cannot use ${flag} "": need ${spec.type}`, "Give a value.");
      return text;
  }
}

/** What an option takes, in words: "one of a, b", "a whole number from 1 to 8". */
function acceptedValues(spec: ChoiceSpec | NumberSpec): string {
  if (spec.type === "choice") return `one of ${spec.choices.join(", ")}`;
  const kind = spec.type === "integer" ? "a whole number" : "a number";
  return `${kind} from ${spec.min} to ${spec.max}`;
}

export function wrongUsage(message: string, hint: string): UserError {
  return new UserError({ code: "usage", message, hint, exitCode: 2 });
}

function readChoice(flag: string, text: string, spec: ChoiceSpec): string {
  const known = spec.aliases?.[text] ?? text;
  if (spec.choices.includes(known)) return known;
  const nearest = nearestWord(text, spec.choices);
  throw wrongUsage(
    `Cannot use ${flag} "${text}": need ${acceptedValues(spec)}`,
    nearest === undefined ? "Choose one of these." : `Did you mean "${nearest}"?`,
  );
}

function readNumber(flag: string, text: string, spec: NumberSpec): number {
  const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  const isRightKind = spec.type === "number" || Number.isInteger(number);
  if (isRightKind && number >= spec.min && number <= spec.max) return number;
  throw wrongUsage(
    `Cannot use ${flag} "${text}": need ${acceptedValues(spec)}`,
    text.includes(",") ? "Write a decimal point, not a comma." : "Give a number in that range.",
  );
}
