/** `etude corpus`: reads a folder, says what it found. */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { type CorpusFile, corpusReport } from "../../audio/corpus.ts";
import { createDecoderPool } from "../../audio/decoder-pool.node.ts";
import { readCorpus } from "../../audio/scan.node.ts";
import { wantsUnicode } from "../../show/console/terminal.ts";
import { corpusLines } from "../../show/corpus-text.ts";
import { openExamples } from "../augmented-examples.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";

const CLEAR_LINE = "\r\u001b[K";

export async function run(
  context: CommandContext,
  values: CommandValues<"corpus">,
): Promise<ExitCode> {
  const { stdout, stderr, signal, settings, json, workingFolder } = context;
  const folder = resolve(workingFolder, values.folder);
  const examplesFolder = values.exportAugmented && resolve(workingFolder, values.exportAugmented);
  const workerCount = settings.hardware.threads || availableParallelism();
  const pool = createDecoderPool({ workerCount });
  try {
    const examples =
      examplesFolder && (await openExamples(examplesFolder, { ...values, corpusFolder: folder }));
    const files: CorpusFile[] = [];
    for await (const { file, mono, index, fileCount } of readCorpus(folder, { pool, signal })) {
      files.push(file);
      if (stderr.isTerminal) stderr.write(`${CLEAR_LINE}reading ${index + 1} of ${fileCount}`);
      if (examples && mono !== undefined) await examples.add(file.path, mono);
    }
    if (stderr.isTerminal) stderr.write(CLEAR_LINE);
    const report = corpusReport(folder, files);
    const written = examples ? await examples.finish() : [];
    if (json) {
      const augmented = examples ? { folder: examplesFolder, examples: written } : undefined;
      stdout.write(`${JSON.stringify({ ...report, augmented }, null, 2)}\n`);
      return 0;
    }
    const unicode = wantsUnicode(process.env, process.platform);
    const lines = corpusLines(report, { width: stdout.columns, detail: "full", unicode });
    stdout.write(`${lines.join("\n")}\n`);
    if (examples) stderr.write(`Wrote ${written.length} examples to ${examplesFolder}\n`);
    return 0;
  } finally {
    await pool.close();
  }
}
