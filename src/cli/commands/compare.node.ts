/** `etude compare`: sounds as loud as each other. */

import { resolve } from "node:path";
import { formatFixed } from "../../show/numbers.ts";
import { compareFiles } from "../../sound/work/compare-files.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { shownPath } from "../training.node.ts";

export async function run(
  context: CommandContext,
  { files, outputDir }: CommandValues<"compare">,
): Promise<ExitCode> {
  const { workingFolder, settings, stdout, stderr, json } = context;
  const folder = resolve(workingFolder, outputDir ?? settings.paths.generated);
  const paths = files.map((file) => resolve(workingFolder, file));
  const written = await compareFiles(paths, folder);
  if (json) {
    stdout.write(`${JSON.stringify(written, null, 2)}\n`);
    return 0;
  }
  for (const { path, gainDb } of written) {
    stdout.write(`${shownPath(context, path)}\n`);
    stderr.write(`  turned down by ${formatFixed(Math.abs(gainDb), 1)} dB\n`);
  }
  return 0;
}
