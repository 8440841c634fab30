/** The questions of `etude train`, asked in the terminal, if there is one. */

import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { wrongUsage } from "../options/read-value.ts";
import { wantsUnicode } from "../show/console/terminal.ts";
import { requireSounds } from "../sound/audio/corpus/corpus.ts";
import { saveConfig } from "../sound/library/config.node.ts";
import { corpusFolderOf } from "../sound/work/corpus-folder.node.ts";
import { fileSafe } from "../sound/work/file-safe.ts";
import { freeFolder } from "../sound/work/free-folder.node.ts";
import { defaultOutside, requireOutside } from "../sound/work/outside-corpus.node.ts";
import { scanRecordings } from "../sound/work/scan-recordings.node.ts";
import type { CommandContext, CommandValues } from "./context.ts";
import { askForTraining, type Memory, type TrainGuide } from "./guided-train.ts";
import { progressLine } from "./progress-line.ts";
import { openPrompter, typedPath } from "./prompter.node.ts";
import { quotedWord } from "./quoted-word.ts";
import { corpusLines } from "./text/corpus-text.ts";
import { shownPath } from "./training.node.ts";

type TrainValues = CommandValues<"train">;

/**
 * Where the command line has no folder, asks for it and what goes with it. Only people are asked:
 * stdin and stderr must both be a terminal, and without `--json`.
 *
 * @throws UserError "usage" (exit code 2) without an interactive terminal; the signal's reason
 * after
 *   Ctrl-C.
 */
export async function withFolder(
  context: CommandContext,
  values: TrainValues,
): Promise<TrainValues & { readonly folder: string }> {
  const { stderr, signal, json, workingFolder } = context;
  const { folder } = values;
  if (folder !== undefined) return { ...values, folder };
  if (json || !stderr.isTerminal || process.stdin.isTTY !== true) {
    throw wrongUsage(
      "Cannot train without recordings: need FOLDER",
      'Name the folder that holds them, or run "etude train --help" for what is accepted.',
    );
  }
  const prompter = openPrompter({
    input: process.stdin,
    output: process.stderr,
    workingFolder,
    signal,
    // Like a signal from the terminal: it aborts the run, and with it the question.
    onInterrupt: () => process.emit("SIGINT", "SIGINT"),
  });
  try {
    return { ...values, ...(await askForTraining({ ...guideOf(context), prompter }, values)) };
  } finally {
    prompter.close();
  }
}

function guideOf(context: CommandContext): Omit<TrainGuide, "prompter"> {
  const { settings, workingFolder } = context;
  return {
    // "@NAME" of a dataset stays as it is until the run begins.
    pathOf: (answer) => (answer.startsWith("@") ? answer : typedPath(answer, workingFolder)),
    shown: (path) => quotedWord(path.startsWith("@") ? path : shownPath(context, path)),
    reportOn: async (given) => shortReport(context, (await corpusFolderOf(context, given)).folder),
    runFolderFor: async (given) => {
      const { folder, name } = await corpusFolderOf(context, given);
      const runs = await defaultOutside(settings.paths.runs, folder, context);
      return freeFolder(runs, fileSafe(name));
    },
    checkRunFolder: async (runFolder, given) => {
      const { folder } = await corpusFolderOf(context, given);
      const path = resolve(workingFolder, runFolder);
      await requireOutside(path, folder, "runs");
      await requireEmpty(path);
    },
    remember: (runFolder) => memoryOf(context, dirname(runFolder)),
  };
}

async function requireEmpty(folder: string): Promise<void> {
  const entries = await readdir(folder).catch(() => []);
  if (entries.length === 0) return;
  throw wrongUsage(
    `Cannot start a new run in "${folder}": it is not empty`,
    "Name another folder.",
  );
}

/** The report on a folder, in short. @throws UserError where there is nothing to learn from. */
async function shortReport(context: CommandContext, folder: string): Promise<readonly string[]> {
  const { stderr, signal, settings } = context;
  const threads = settings.hardware.threads || availableParallelism();
  const progress = progressLine(context);
  const { report } = await scanRecordings(
    folder,
    { threads },
    {
      signal,
      onProgress: ({ index, fileCount }) => progress.show(`reading ${index + 1} of ${fileCount}`),
    },
  ).finally(progress.clear);
  requireSounds(report);
  const unicode = wantsUnicode(process.env, process.platform);
  return corpusLines(report, { width: stderr.columns, detail: "short", unicode });
}

/**
 * Offers to save the folders of runs and sounds, so that they no longer depend on the working
 * folder.
 */
function memoryOf(context: CommandContext, runs: string): Memory | undefined {
  const { settings, config } = context;
  if (config.exists && settings.paths.runs === runs) return undefined;
  const { generated } = settings.paths;
  return {
    offer: `From now on, wherever you are, new runs could go into ${runs}\nand new sounds into ${generated}.`,
    save: async () => {
      await saveConfig(config.path, { paths: { runs, generated } });
      return `Saved in ${config.path}`;
    },
  };
}
