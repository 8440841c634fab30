/** Prints warnings of runs on stderr while stdout is for programs. */

import type { RunEvent } from "../events/events.ts";
import type { ConsoleMode } from "../show/console/terminal.ts";
import { plainText } from "../show/draw/width.ts";
import type { CommandValues, Output } from "./context.ts";

/** Whether stdout is for programs: JSON, or the log format of a framework. */
export function isProgramRead(
  { dialect }: Pick<CommandValues<"simulate">, "dialect">,
  mode: ConsoleMode,
): boolean {
  return mode === "json" || dialect !== "etude";
}

/** @returns What writes each of them once, however many runs give it. */
export function runWarnings(stderr: Pick<Output, "write">): (event: RunEvent) => void {
  const written = new Set<string>();
  return (event) => {
    if (event.type !== "notice" || event.level !== "warning") return;
    const hint = event.hint === undefined ? "" : `  ${plainText(event.hint)}\n`;
    const line = `warning: ${plainText(event.text)}\n${hint}`;
    if (!written.has(line)) stderr.write(line);
    written.add(line);
  };
}
