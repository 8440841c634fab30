/** Formats an error for stderr. */

import { UserError } from "../errors.ts";
import { wrap } from "../show/draw/width.ts";

export interface ReportOptions {
  readonly colour: boolean;
  /** Also prints causes and stack of errors that the user can fix. */
  readonly verbose: boolean;
  /** "etude 0.1.0, Node 20.19.0, linux x64" */
  readonly program: string;
  /** Width of the terminal; absent in a pipe, where each sentence stays on its line. */
  readonly columns?: number;
}

export function errorReport(error: unknown, options: ReportOptions): string {
  const label = options.colour ? "\u001b[31metude:\u001b[39m" : "etude:";
  if (error instanceof UserError) {
    const details = options.verbose ? `\n${traceOf(error)}` : "";
    const message = folded(`etude: ${error.message}`, options).slice("etude:".length);
    const hint = folded(`  ${error.hint}`, options);
    return `${label}${message}\n${hint}${details}\n`;
  }
  return `${label} ${traceOf(error)}\n  This is a bug in étude (${options.program}). Please report it with the lines above.\n`;
}

/** Wraps sentences between words; continuation lines are indented by two columns. */
function folded(text: string, { columns }: ReportOptions): string {
  if (columns === undefined) return text;
  const width = Math.max(MIN_COLUMNS, columns);
  return text
    .split("\n")
    .map((line) => {
      const indent = /^ */.exec(line)?.[0] ?? "";
      const room = width - INDENT.length - indent.length;
      const [first = "", ...rest] = wrap(line.trimStart(), room);
      return [`${indent}${first}`, ...rest.map((part) => `${indent}${INDENT}${part}`)].join("\n");
    })
    .join("\n");
}

const INDENT = "  ";
const MIN_COLUMNS = 20;

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\n  caused by ${traceOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
