/** The split view on a real terminal: size, frames, and the screen given back at any exit. */

import { nodeClock } from "../../host.node.ts";
import { FRAME_EVERY_MS } from "../../show/console/console.ts";
import { onSuspend } from "../../show/console/suspend.node.ts";
import { wantsUnicode } from "../../show/console/terminal.ts";
import { type JobsConsole, openJobsConsole } from "./jobs-console.ts";

/** A terminal that does not say its size, as some serial lines and containers. */
const FALLBACK = { columns: 80, rows: 24 };

export interface NodeJobsConsoleOptions {
  /** Their numbers, as far as they are known. */
  readonly jobs: readonly number[];
  readonly write: (text: string) => void;
  readonly colour: boolean;
}

export function openNodeJobsConsole(options: NodeJobsConsoleOptions): JobsConsole {
  const { stdout } = process;
  const console = openJobsConsole({
    ...options,
    clock: nodeClock,
    columns: () => stdout.columns || FALLBACK.columns,
    rows: () => stdout.rows || FALLBACK.rows,
    unicode: wantsUnicode(process.env, process.platform),
  });
  const timer = setInterval(console.refresh, FRAME_EVERY_MS).unref();
  const stopSuspending = onSuspend(console.suspend);
  const close = (): void => {
    clearInterval(timer);
    stopSuspending();
    stdout.off("resize", console.refresh);
    process.off("uncaughtExceptionMonitor", close);
    process.off("exit", close);
    console.close();
  };
  stdout.on("resize", console.refresh);
  // What is said of a failure must not vanish with the screen.
  process.on("uncaughtExceptionMonitor", close);
  process.on("exit", close);
  return { ...console, close };
}
