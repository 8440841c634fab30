/** What went wrong, as text for stderr. */

import { UserError } from "../errors.ts";

export interface ReportOptions {
  readonly colour: boolean;
  /** Also tells the causes and the stack of errors that a person can fix. */
  readonly verbose: boolean;
  /** "etude 0.1.0, Node 20.19.0, linux x64" */
  readonly program: string;
}

export function errorReport(error: unknown, options: ReportOptions): string {
  const label = options.colour ? "\u001b[31metude:\u001b[39m" : "etude:";
  if (error instanceof UserError) {
    const details = options.verbose ? `\n${traceOf(error)}` : "";
    return `${label} ${error.message}\n  ${error.hint}${details}\n`;
  }
  return `${label} ${traceOf(error)}\n  This is a bug in étude (${options.program}). Please report it with the lines above.\n`;
}

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\n  caused by ${traceOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
