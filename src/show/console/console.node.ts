/** The console on a real terminal: streams, size, frames, and restoring the cursor at any exit. */

import { nodeClock } from "../../host.node.ts";
import { type Console, type ConsoleOptions, FRAME_EVERY_MS, openConsole } from "./console.ts";
import { onSuspend } from "./suspend.node.ts";
import { type ConsoleMode, wantsColour, wantsUnicode } from "./terminal.ts";

export interface NodeConsoleOptions
  extends Partial<Pick<ConsoleOptions, "next" | "write" | "presenter" | "rate">> {
  readonly mode: ConsoleMode;
  /** @default what the environment and the terminal say */
  readonly colour?: boolean;
  /** @default what the environment says */
  readonly unicode?: boolean;
  /** Where people's text goes. @default stderr */
  readonly to?: "stdout" | "stderr";
}

/** Assumed size of a terminal that reports none, as on some serial lines and in containers. */
const FALLBACK = { columns: 80, rows: 24 };

/**
 * Opens the console on this process: people's text on stderr, the events of mode "json" on stdout.
 *
 * A reader that goes away (a closed pipe) ends the output and nothing else: the run goes on.
 */
export function openNodeConsole({ mode, to = "stderr", ...given }: NodeConsoleOptions): Console {
  const stream = mode === "json" || to === "stdout" ? process.stdout : process.stderr;
  const surroundings = { environment: process.env, isTerminal: stream.isTTY === true };
  const console = openConsole({
    mode,
    write: given.write ?? guarded(stream),
    columns: () => stream.columns || FALLBACK.columns,
    rows: () => stream.rows || FALLBACK.rows,
    clock: nodeClock,
    colour: given.colour ?? wantsColour(surroundings),
    unicode: given.unicode ?? wantsUnicode(process.env, process.platform),
    ...(given.next && { next: given.next }),
    ...(given.presenter && { presenter: given.presenter }),
    ...(given.rate !== undefined && { rate: given.rate }),
  });
  if (mode !== "live") return console;

  const timer = setInterval(console.refresh, FRAME_EVERY_MS).unref();
  const stopSuspending = onSuspend(console.suspend);
  stream.on("resize", console.refresh);
  const close = (): void => {
    clearInterval(timer);
    stopSuspending();
    stream.off("resize", console.refresh);
    process.off("exit", close);
    console.close();
  };
  process.on("exit", close);
  return { ...console, close };
}

/** EPIPE: the reader has gone. EIO: the terminal was closed. Neither is worth a crash. */
function guarded(stream: NodeJS.WriteStream): (text: string) => void {
  let isOpen = true;
  stream.on("error", () => {
    isOpen = false;
  });
  return (text) => {
    if (isOpen) stream.write(text);
  };
}
