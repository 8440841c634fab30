/** A progress line on a terminal, overwritten in place. */

import type { CommandContext } from "./context.ts";

export interface ProgressLine {
  show(text: string): void;
  /** Leaves no trace. */
  clear(): void;
}

const CLEAR_LINE = "\r\u001b[K";

/** Shows nothing where stderr is no terminal. */
export function progressLine({ stderr }: Pick<CommandContext, "stderr">): ProgressLine {
  const write = (text: string): void => {
    if (stderr.isTerminal) stderr.write(`${CLEAR_LINE}${text}`);
  };
  return { show: write, clear: () => write("") };
}
