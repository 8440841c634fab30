/** A console that tells a run in a dialect: plain lines, on a terminal and in a pipe alike. */

import type { Console } from "../console/console.ts";
import type { Dialect } from "./dialect.ts";

export interface DialectConsole extends Console {
  readonly linesTold: number;
}

export function dialectConsole(dialect: Dialect, write: (text: string) => void): DialectConsole {
  let told = 0;
  return {
    get linesTold() {
      return told;
    },
    show(event) {
      const lines = dialect.lines(event);
      if (lines.length === 0) return;
      told += lines.length;
      write(`${lines.join("\n")}\n`);
    },
    recall(event) {
      dialect.lines(event);
    },
    refresh() {},
    close() {},
  };
}
