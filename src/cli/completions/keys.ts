/** Names of places in the scripts, and the positions of arguments. */

import type { Place, ValueOutline } from "../outline.ts";

/** "" for the program, " train", " dataset add". */
export function keyOf({ words }: Pick<Place, "words">): string {
  return words.map((word) => ` ${word}`).join("");
}

/** Places where something other than a word of the table can come. */
export function placesWithValues(places: readonly Place[]): readonly Place[] {
  return places.filter(
    (place) => place.arguments.length > 0 || place.options.some(({ value }) => value !== undefined),
  );
}

/** The arguments by position, from 0; an open one also stands for all that follow. */
export function argumentPatterns(
  place: Place,
): readonly { readonly from: number; readonly open: boolean; readonly value: ValueOutline }[] {
  return place.arguments.map((value, from) => ({ from, open: value.repeatable, value }));
}
