/** `etude corpus`: scans a folder and prints the report. */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { wantsUnicode } from "../../show/console/terminal.ts";
import { formatPercent, formatQuantity } from "../../show/numbers.ts";
import { withSeverity } from "../../sound/audio/corpus/severity.ts";
import { corpusFolderOf } from "../../sound/work/corpus-folder.node.ts";
import { type CorpusScan, scanRecordings } from "../../sound/work/scan-recordings.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { peopleText } from "../people-text.ts";
import { progressLine } from "../progress-line.ts";
import { corpusFileLines } from "../text/corpus-files-text.ts";
import { corpusLines } from "../text/corpus-text.ts";
import { type WaveformRow, waveformRows } from "../text/waveform-text.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"corpus">,
): Promise<ExitCode> {
  const { signal, settings, workingFolder } = context;
  const { folder } = await corpusFolderOf(context, values.folder);
  const { thumbnails, exportAugmented } = values;
  const options = {
    threads: settings.hardware.threads || availableParallelism(),
    thumbnailFolder: thumbnails && resolve(workingFolder, thumbnails),
    exampleFolder: exportAugmented && resolve(workingFolder, exportAugmented),
    exampleSeed: values.seed,
  };
  const progress = progressLine(context);
  const waveforms: WaveformRow[] = [];
  const scan = await scanRecordings(folder, options, {
    signal,
    onProgress: ({ share, index, fileCount }) => {
      const part = share === 1 ? "" : `: ${formatPercent(share)}`;
      progress.show(`reading ${index + 1} of ${fileCount}${part}`);
    },
    onEntry: ({ file, waveform }) => {
      if (!values.waveforms || file.fate !== "used" || waveform === undefined) return;
      waveforms.push({ path: file.path, durationSeconds: file.durationSeconds, waveform });
    },
  }).finally(progress.clear);
  printReport(context, scan, waveforms);
  return 0;
}

function printReport(
  { stdout, stderr, json }: CommandContext,
  { report, thumbnails, augmented }: CorpusScan,
  waveforms: readonly WaveformRow[],
): void {
  if (json) {
    stdout.write(
      `${JSON.stringify({ ...withSeverity(report), thumbnails, augmented }, null, 2)}\n`,
    );
    return;
  }
  const unicode = wantsUnicode(process.env, process.platform);
  const page = { width: stdout.columns, unicode, colour: stdout.colour };
  const each =
    waveforms.length === 0 ? corpusFileLines(report, page) : waveformRows(waveforms, page);
  const lines = [
    ...each,
    ...(each.length === 0 ? [] : [""]),
    ...corpusLines(report, { ...page, detail: "full" }),
  ];
  stdout.write(peopleText(`${lines.join("\n")}\n`, stdout));
  if (thumbnails) {
    const written = thumbnails.files.filter((thumbnail) => thumbnail.written).length;
    const kept = thumbnails.files.length - written;
    stderr.write(
      `Wrote ${formatQuantity(written, "thumbnail")} to ${thumbnails.folder}${kept === 0 ? "" : `; ${kept} were up to date`}\n`,
    );
  }
  if (augmented) {
    stderr.write(`Wrote ${augmented.examples.length} examples to ${augmented.folder}\n`);
  }
}
