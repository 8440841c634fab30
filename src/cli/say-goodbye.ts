/** The last line of a command that ran until it was stopped. */

import { wrap } from "../show/draw/width.ts";
import type { Output } from "./context.ts";

/**
 * @param what Without a full stop: "the replay ends here".
 * @param output Where people are told; a terminal has its cursor behind the "^C" that it shows.
 */
export function sayGoodbye(output: Output, what: string): void {
  const text = `Goodbye: ${what}.`;
  output.write(output.isTerminal ? `\r${wrap(text, output.columns).join("\n")}\n` : `${text}\n`);
}
