/** `etude quality`: green, yellow or red for each file, as lines or as JSON. */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { createDecoderPool } from "../../sound/audio/codecs/decoder-pool.node.ts";
import type { JudgedFile, UnreadFile } from "../../sound/work/judged-file.ts";
import { judgeFiles } from "../../sound/work/quality-files.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { progressLine } from "../progress-line.ts";
import { qualityLine, qualitySummary } from "../text/quality-text.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"quality">,
): Promise<ExitCode> {
  const { stdout, stderr, signal, settings, workingFolder, json } = context;
  const pool = createDecoderPool({
    workerCount: settings.hardware.threads || availableParallelism(),
  });
  const progress = progressLine(context);
  const files: (JudgedFile | UnreadFile)[] = [];
  try {
    const paths = values.files.map((shown) => ({ path: resolve(workingFolder, shown), shown }));
    await judgeFiles(paths, {
      pool,
      signal,
      onFile: (file, { index, fileCount }) => {
        files.push(file);
        progress.clear();
        if (!json) stdout.write(`${qualityLine(file, stdout)}\n`);
        progress.show(`judged ${index + 1} of ${fileCount}`);
      },
    });
  } finally {
    progress.clear();
    await pool.close();
  }
  if (json) stdout.write(`${JSON.stringify(files, null, 2)}\n`);
  else if (files.length !== 1) stderr.write(`${qualitySummary(files)}\n`);
  return files.some((file) => "failure" in file) ? 2 : 0;
}
