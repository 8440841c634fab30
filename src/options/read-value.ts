/** The text of one option -> its value, or an error that says what is accepted. */

import { UserError, unreachable } from "../errors.ts";
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
    case "text":
    case "path":
      if (text !== "") return text;
      throw wrongUsage(
        `Cannot use ${flag}: found "", need ${spec.value}`,
        `Give a ${spec.value}: ${spec.description}.`,
      );
    case "flag":
      throw new TypeError(`A flag has no value, and ${flag} is one`);
    default:
      return unreachable(spec);
  }
}

/** What an option takes, in words: "one of a, b", "a whole number from 1 to 8". */
function acceptedValues(spec: ChoiceSpec | NumberSpec): string {
  if (spec.type === "choice") return `one of ${spec.choices.join(", ")}`;
  const kind = spec.type === "integer" ? "a whole number" : "a number";
  if (spec.max === Number.MAX_VALUE) return `${kind} of at least ${spec.min}`;
  // So many noughts are hard to count.
  const most = spec.max >= 1e9 && Number.isInteger(Math.log10(spec.max));
  return `${kind} from ${spec.min} to ${most ? `1e${Math.log10(spec.max)}` : spec.max}`;
}

export function wrongUsage(message: string, hint: string): UserError {
  return new UserError({ code: "usage", message, hint, exitCode: 2 });
}

function readChoice(flag: string, text: string, spec: ChoiceSpec): string {
  const known = spec.aliases?.[text] ?? text;
  if (spec.choices.includes(known)) return known;
  throw wrongUsage(
    `Cannot use ${flag}: found "${text}", need ${acceptedValues(spec)}`,
    choiceAdvice(flag, text, spec),
  );
}

function choiceAdvice(flag: string, text: string, { choices, repeatable }: ChoiceSpec): string {
  const parts = text.split(",").map((part) => part.trim());
  if (repeatable === true && parts.length > 1 && parts.every((part) => choices.includes(part))) {
    return `Give each of them alone: ${parts.map((part) => `${flag} ${part}`).join(" ")}`;
  }
  if (text.startsWith("=")) return withoutSign(flag, text);
  const nearest = nearestWord(text, choices);
  return nearest === undefined ? "Choose one of these." : `Did you mean "${nearest}"?`;
}

/** "-s=4" gives "-s" the value "=4". */
function withoutSign(flag: string, text: string): string {
  return `Leave the "=" out: it goes with the long name alone, "${flag}${text}".`;
}

function readNumber(flag: string, text: string, spec: NumberSpec): number {
  const given = text.trim();
  const isNumber = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(given);
  const number = isNumber ? Number(given) : Number.NaN;
  const isRightKind = spec.type === "number" || Number.isInteger(number);
  if (isRightKind && number >= spec.min && number <= spec.max) return number;
  throw wrongUsage(
    `Cannot use ${flag}: found "${text}", need ${acceptedValues(spec)}`,
    given.startsWith("=")
      ? withoutSign(flag, given)
      : pointNotComma(given) || "Give a number in that range.",
  );
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ...unit(1, ["ms"]),
  ...unit(1000, ["s", "sec", "secs", "second", "seconds"]),
  ...unit(60_000, ["m", "min", "mins", "minute", "minutes"]),
  ...unit(3_600_000, ["h", "hr", "hrs", "hour", "hours"]),
  ...unit(86_400_000, ["d", "day", "days"]),
};

function unit(milliseconds: number, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, milliseconds]));
}

/** "2h10min", "1h 30m", "90s", "10 minutes" -> milliseconds; each unit once, above 0 in all. */
function readDuration(flag: string, text: string): number {
  const given = text.trim().toLowerCase();
  const parts = [...given.matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-z]+)/gy)];
  const isWhole = parts.reduce((length, [part]) => length + part.length, 0) === given.length;
  const units = parts.map(([, , name = ""]) => UNIT_MS[name]);
  const isClear = new Set(units).size === units.length;
  const total = parts.reduce(
    (sum, [, number], i) => sum + Number(number) * (units[i] ?? Number.NaN),
    0,
  );
  if (isWhole && isClear && total > 0 && Number.isFinite(total)) return total;
  const isBare = /^\d+(\.\d+)?$/.test(given) && Number(given) > 0;
  throw wrongUsage(
    `Cannot use ${flag}: found "${text}", need a length of time above 0, of d, h, min, s, ms`,
    isBare
      ? `Add a unit: "${given}s" or "${given}min".`
      : pointNotComma(given) || 'For example "2h10min" or "90s".',
  );
}

function pointNotComma(text: string): string {
  return /\d,\d/.test(text) ? "Write a decimal point, not a comma." : "";
}
