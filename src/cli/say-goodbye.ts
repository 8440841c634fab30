/** The last line of a command that ran until it was stopped. */

import { wrap } from "../show/draw/width.ts";
import type { Output } from "./context.ts";

/**
 * @param what Without a full stop: "the replay ends here".
 * @param output Output for people; on a terminal the cursor is after the echoed "^C".
 */
export function sayGoodbye(output: Output, what: string): void {
  const text = `Goodbye: ${what}.`;
  output.write(output.isTerminal ? `\r${wrap(text, output.columns).join("\n")}\n` : `${text}\n`);
}
