/** `etude score`: reads alerts and truth, prints the score. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { messageOf, UserError } from "../../errors.ts";
import { isErrno } from "../../files.node.ts";
import { readAlerts } from "../../rehearsal/score/read-alerts.ts";
import { readTruth } from "../../rehearsal/score/read-truth.ts";
import { DEFAULT_SLACK, scoreAlerts } from "../../rehearsal/score/score.ts";
import { scoreLines } from "../../rehearsal/score/score-text.ts";
import { wantsUnicode } from "../../show/console/terminal.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { peopleText } from "../people-text.ts";

export async function run(
  { stdout, json, workingFolder }: CommandContext,
  values: CommandValues<"score">,
): Promise<ExitCode> {
  const runs = readTruth(await textOf(values.truth, workingFolder), values.truth);
  const alerts =
    values.alerts === "-" ? await text(process.stdin) : await textOf(values.alerts, workingFolder);
  const score = scoreAlerts(readAlerts(alerts, values.alerts), runs, {
    toleranceMs: values.tolerance ?? DEFAULT_SLACK.toleranceMs,
    graceMs: values.grace ?? DEFAULT_SLACK.graceMs,
  });
  if (json) {
    stdout.write(`${JSON.stringify(score, null, 2)}\n`);
    return 0;
  }
  const unicode = wantsUnicode(process.env, process.platform);
  const lines = scoreLines(score, { width: widthOf(stdout), unicode });
  stdout.write(peopleText(`${lines.join("\n")}\n`, stdout));
  return 0;
}

/** Lines are not wrapped in a file or a pipe. */
function widthOf({ isTerminal, columns }: CommandContext["stdout"]): number {
  return isTerminal ? columns : 120;
}

async function textOf(path: string, workingFolder: string): Promise<string> {
  try {
    return await readFile(resolve(workingFolder, path), "utf8");
  } catch (cause) {
    throw new UserError({
      code: "score-unreadable",
      message: `Cannot read "${path}": ${isErrno(cause) && cause.code === "ENOENT" ? "there is no such file" : messageOf(cause)}`,
      hint: "Check the path: etude score ALERTS TRUTH.",
      exitCode: 2,
      cause,
    });
  }
}
