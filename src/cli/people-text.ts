/** Text for people on its way to an output. */

import { plainSpaces } from "../show/numbers.ts";
import type { Output } from "./context.ts";

/** On a terminal as it is; in a pipe or a file with plain spaces, so that grep finds "12 s". */
export function peopleText(text: string, { isTerminal }: Pick<Output, "isTerminal">): string {
  return isTerminal ? text : plainSpaces(text);
}
