/** Exports of one of several jobs: files and a port of its own. */

import type { CommandContext } from "../context.ts";
import { type Exports, type ExportValues, openExports } from "../exports.node.ts";
import { type Job, outputsOf } from "./jobs-request.ts";

/**
 * Prints on stderr which job has which port.
 *
 * @param values Values of the command line, for all jobs.
 * @throws UserError like `openExports`.
 */
export function openJobExports(
  context: CommandContext,
  values: ExportValues,
  job: Job,
): Promise<Exports> {
  const { stderr } = context;
  const saysWhose = {
    ...stderr,
    write: (text: string) => stderr.write(`[${job.number}] ${text}`),
  };
  const wanted = outputsOf({ ...values, truth: undefined }, job);
  return openExports({ ...context, stderr: saysWhose }, wanted);
}
