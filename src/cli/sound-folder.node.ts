/** Where made sounds go. */

import { resolve } from "node:path";
import { runOfModel } from "../sound/train/run-of-model.node.ts";
import { defaultOutside, requireOutside } from "../sound/work/outside-corpus.node.ts";
import type { CommandContext } from "./context.ts";

/** Refuses to write into the folder of the training recordings, as far as it is known. */
export async function soundFolder(
  context: CommandContext,
  outputDir: string | undefined,
  modelPath: string,
): Promise<string> {
  const { workingFolder, settings } = context;
  const corpusFolder = (await runOfModel(modelPath))?.corpusFolder;
  const given = resolve(workingFolder, outputDir ?? settings.paths.generated);
  if (corpusFolder === undefined) return given;
  if (outputDir === undefined) return defaultOutside(given, corpusFolder, context);
  await requireOutside(given, corpusFolder, "sounds");
  return given;
}
