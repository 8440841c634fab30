/** The text of one option -> its value, or an error that says what is accepted. */

import { UserError } from "../errors.ts";
import { nearestWord } from "../suggest.ts";
import type { ChoiceSpec, NumberSpec, OptionSpec } from "./spec.ts";

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
    case "duration":
      return readDuration(flag, text);
    default:
      if (text === "")
        throw wrongUsage(
          `Cannot use ${flag}: found "", need ${NEEDED[spec.type]}`,
          "Give a value.",
        );
      return text;
  }
}

const NEEDED = { text: "a text", path: "a path", flag: "nothing" } as const;

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
    `Cannot use ${flag}: found "${text}", need ${acceptedValues(spec)}`,
    nearest === undefined ? "Choose one of these." : `Did you mean "${nearest}"?`,
  );
}

function readNumber(flag: string, text: string, spec: NumberSpec): number {
  const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  const isRightKind = spec.type === "number" || Number.isInteger(number);
  if (isRightKind && number >= spec.min && number <= spec.max) return number;
  throw wrongUsage(
    `Cannot use ${flag}: found "${text}", need ${acceptedValues(spec)}`,
    text.includes(",") ? "Write a decimal point, not a comma." : "Give a number in that range.",
  );
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** "2h10min", "1h 30m", "90s", "0.5s" -> milliseconds; each unit at most once, above 0 in all. */
function readDuration(flag: string, text: string): number {
  const parts = [...text.matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]+)/gy)];
  const isWhole =
    parts.reduce((length, [part]) => length + part.length, 0) === text.trimEnd().length;
  const units = parts.map(([, , unit = ""]) => UNIT_MS[unit]);
  const isClear = new Set(units).size === units.length;
  const total = parts.reduce(
    (sum, [, number], i) => sum + Number(number) * (units[i] ?? Number.NaN),
    0,
  );
  if (isWhole && isClear && total > 0 && Number.isFinite(total)) return total;
  throw wrongUsage(
    `Cannot use ${flag}: found "${text}", need a length of time above 0, of d, h, min, s, ms`,
    'For example "2h10min" or "90s".',
  );
}
