/**
 * Validates what is read from a file before it is used: types, ranges, lengths.
 *
 * A file may be damaged, of another program, or malicious: an invalid field is reported by name, with
 * what was found and what is needed, so that the caller can refuse the file.
 */

import * as v from "valibot";

/** Turns what may be anything into a T; what it does not name stays as it is. */
export type Shape<T> = v.GenericSchema<unknown, T>;

export type Checked<T> =
  | { readonly value: T; readonly problem?: never }
  /** "settings.latentSize: found 1000000000, need <=512" */
  | { readonly value?: never; readonly problem: string };

export function checked<T>(shape: Shape<T>, value: unknown): Checked<T> {
  const result = v.safeParse(shape, value, { abortEarly: true });
  if (result.success) return { value: result.output };
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  const what = `found ${shortened(issue.received)}, need ${neededBy(issue)}`;
  return { problem: place === null ? what : `${shortened(place)}: ${what}` };
}

/** The same for JSON as text. */
export function checkedJson<T>(shape: Shape<T>, text: string): Checked<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: `found ${shortened(JSON.stringify(text))}, need JSON` };
  }
  // Code that walks through it, to print or write it, would run out of stack.
  if (isDeeperThan(DEPTH_MAX, value)) return { problem: `found more than ${DEPTH_MAX} levels` };
  return checked(shape, value);
}

const DEPTH_MAX = 32;

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}

/** An object with a check for each of its fields; those that are not known stay as they are. */
export function fields<T extends object>(
  checks: {
    readonly [K in keyof T]-?: v.GenericSchema<unknown, T[K]>;
  },
): Shape<T> {
  // A list would pass for an object without fields.
  return v.pipe(
    v.custom<object>((value) => !Array.isArray(value), "an object"),
    v.looseObject(checks as v.ObjectEntries),
  ) as unknown as Shape<T>;
}

/** Beyond every length and count that a run can have. */
const COUNT_MAX = 1e12;

/** From 0 on. */
export const count: Shape<number> = wholeNumber(0, COUNT_MAX);

export function wholeNumber(least: number, most: number): Shape<number> {
  return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
}

/** Both ends belong to it. */
export function numberWithin(least: number, most: number): Shape<number> {
  return v.pipe(v.number(), v.minValue(least), v.maxValue(most));
}

/** Any finite number: JSON reads 1e999 as infinite. */
export const finite: Shape<number> = v.pipe(v.number(), v.finite());

/** SHA-256 as hexadecimal digits. */
export const sha256: Shape<string> = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const SHOWN_MAX = 60;

function shortened(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}

/** Types of checks whose own words would not be understood. */
const NEEDED: Readonly<Record<string, string>> = {
  array: "a list",
  finite: "a finite number",
  integer: "a whole number",
  loose_object: "an object",
  regex: "64 hexadecimal digits",
};

function neededBy({ type, expected, received, message }: v.BaseIssue<unknown>): string {
  if (type === "check" || type === "custom") return message;
  if (received === "undefined") return "a value";
  return NEEDED[type] ?? expected ?? type;
}
