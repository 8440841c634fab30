/** What one of several jobs is exported to: files and a port of its own. */

import type { CommandContext } from "../context.ts";
import { type Exports, type ExportValues, openExports } from "../exports.node.ts";
import { type Job, outputsOf } from "./jobs-request.ts";

/**
 * Says on stderr whose the port is.
 *
 * @param values As the command line says them, for all jobs.
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
