/** stdout and stderr as outputs that never throw: after the reader has gone, text is dropped. */

import type { WriteStream } from "node:tty";
import { type Environment, wantsColour } from "../show/console/terminal.ts";
import type { Output } from "./context.ts";
import { peopleText } from "./people-text.ts";

const COLUMNS_WITHOUT_TERMINAL = 80;

export interface GuardedOutput extends Output {
  /** Resolves when everything written has left the process, or the reader has gone. */
  flush(): Promise<void>;
}

export interface OutputOptions {
  /** Text for people and nothing else, as stderr is; stdout may carry data, names of files among it. */
  readonly forPeople: boolean;
  /** False for `--no-color` or a configuration without colours. */
  readonly colour: boolean;
  readonly environment: Environment;
  /** Called once, when a write finds that the reader has gone. */
  readonly onReaderGone?: (error: NodeJS.ErrnoException) => void;
}

export function guardOutput(stream: WriteStream, options: OutputOptions): GuardedOutput {
  const { onReaderGone = () => {} } = options;
  const isTerminal = stream.isTTY === true;
  let isOpen = true;
  // EPIPE: the pipe's reader ended. EIO: the terminal was closed. Neither is worth a crash.
  stream.on("error", (error) => {
    if (isOpen) onReaderGone(error);
    isOpen = false;
  });
  return {
    write: (text) => {
      if (!isOpen || text === "") return;
      stream.write(options.forPeople ? peopleText(text, { isTerminal }) : text);
    },
    taken: (signal) =>
      isOpen && stream.writableNeedDrain && !signal.aborted ? drained(stream, signal) : undefined,
    isTerminal,
    get columns() {
      return (isTerminal && stream.columns) || COLUMNS_WITHOUT_TERMINAL;
    },
    colour: options.colour && wantsColour({ environment: options.environment, isTerminal }),
    flush: () =>
      new Promise((resolve) => {
        if (isOpen) stream.write("", () => resolve());
        else resolve();
      }),
  };
}

function drained(stream: WriteStream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      for (const name of ["drain", "error", "close"]) stream.off(name, end);
      signal.removeEventListener("abort", end);
      resolve();
    };
    for (const name of ["drain", "error", "close"]) stream.on(name, end);
    signal.addEventListener("abort", end);
  });
}
