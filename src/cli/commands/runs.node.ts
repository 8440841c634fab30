/** `etude runs`: lists training runs, and deletes what they no longer need. */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { displayWidth, padEnd, plainText } from "../../show/draw/width.ts";
import { formatBytes, formatQuantity } from "../../show/numbers.ts";
import {
  type KeptRun,
  keptRun,
  pruneRun,
  runFolders,
  type SpareFile,
} from "../../sound/train/kept-runs.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { peopleText } from "../people-text.ts";
import { shownPath } from "../training.node.ts";

const STATES: Readonly<Record<KeptRun["state"], string>> = {
  "at-work": "at work",
  finished: "finished",
  stopped: "stopped",
  "not-begun": "not begun",
};

export async function list(
  context: CommandContext,
  { folder }: CommandValues<"runs list">,
): Promise<ExitCode> {
  const { stdout, stderr, json } = context;
  const runs: KeptRun[] = [];
  await eachRun(context, folder, async (path) => {
    runs.push(await keptRun(path));
  });
  if (json) {
    stdout.write(`${JSON.stringify({ runs }, null, 2)}\n`);
    return 0;
  }
  const rows = runs.map((run) => ({ ...run, shown: plainText(shownPath(context, run.folder)) }));
  const width = Math.max(0, ...rows.map(({ shown }) => displayWidth(shown)));
  for (const { shown, state, bytes } of rows) {
    const row = `${padEnd(shown, width)}  ${padEnd(STATES[state], 9)}  ${formatBytes(bytes)}\n`;
    stdout.write(peopleText(row, stdout));
  }
  if (runs.length === 0) stderr.write("There is no run yet. Start one with: etude train FOLDER\n");
  return 0;
}

export async function prune(
  context: CommandContext,
  { folder, dryRun }: CommandValues<"runs prune">,
): Promise<ExitCode> {
  const { stdout, stderr, json } = context;
  const runs: { readonly folder: string; readonly bytes: number; readonly files: SpareFile[] }[] =
    [];
  const isWhole = await eachRun(context, folder, async (path) => {
    const files = [...(await pruneRun(path, { dryRun }))];
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    if (files.length > 0) runs.push({ folder: path, bytes, files });
  });
  const bytes = runs.reduce((sum, run) => sum + run.bytes, 0);
  if (json) {
    stdout.write(`${JSON.stringify({ dryRun, bytes, runs }, null, 2)}\n`);
    return isWhole ? 0 : 1;
  }
  for (const run of runs) {
    const files = formatQuantity(run.files.length, "file");
    const shown = plainText(shownPath(context, run.folder));
    stdout.write(peopleText(`${shown}: ${files}, ${formatBytes(run.bytes)}\n`, stdout));
  }
  stderr.write(
    runs.length === 0
      ? "There is nothing to delete.\n"
      : `${dryRun ? "Would free" : "Freed"} ${formatBytes(bytes)}.\n`,
  );
  return isWhole ? 0 : 1;
}

/**
 * Applies a function to each run. A run that cannot be read or used is skipped with a warning.
 *
 * @returns Whether none was skipped.
 */
async function eachRun(
  { settings, workingFolder, stderr }: CommandContext,
  given: string | undefined,
  work: (folder: string) => Promise<void>,
): Promise<boolean> {
  const place = given === undefined ? settings.paths.runs : resolve(workingFolder, given);
  if (given !== undefined) await requireThere(place);
  let isWhole = true;
  for (const folder of await runFolders(place)) {
    try {
      await work(folder);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      isWhole = false;
      stderr.write(`warning: ${error.message}\n  ${error.hint}\n`);
    }
  }
  return isWhole;
}

async function requireThere(place: string): Promise<void> {
  if ((await stat(place).catch(() => undefined))?.isDirectory() === true) return;
  throw new UserError({
    code: "runs-not-found",
    message: `Cannot look for runs in "${place}": there is no such folder`,
    hint: "Give the folder that holds your runs, or one of them.",
    exitCode: 2,
  });
}
