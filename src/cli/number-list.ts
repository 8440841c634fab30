/** Several numbers in one value: "90,30". */

import { wrongUsage } from "../options/read-value.ts";

export interface NumberPart {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Of parts that may be left out at the end. */
  readonly otherwise?: number;
}

/** @throws UserError "usage" that names the parts and their ranges. */
export function readNumbers(flag: string, text: string, parts: readonly NumberPart[]): number[] {
  const words = text.split(",").map((word) => word.trim());
  const least = parts.filter(({ otherwise }) => otherwise === undefined).length;
  const values = parts.map((part, i) => {
    const word = words[i];
    const value = word === undefined ? part.otherwise : word === "" ? Number.NaN : Number(word);
    return value !== undefined && value >= part.min && value <= part.max ? value : undefined;
  });
  const isRight = words.length >= least && words.length <= parts.length;
  if (isRight && values.every((value) => value !== undefined)) return values;
  throw wrongUsage(
    `Cannot use ${flag}: found "${text}", need ${parts.map(({ name }) => name).join(",")}`,
    `${parts.map(({ name, min, max }) => `${name} is a number from ${min} to ${max}`).join("; ")}.`,
  );
}
