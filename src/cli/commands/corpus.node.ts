/** `etude corpus`: scans a folder and prints the report. */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { wantsUnicode } from "../../show/console/terminal.ts";
import { formatPercent, formatQuantity } from "../../show/numbers.ts";
import { createDecoderPool } from "../../sound/audio/codecs/decoder-pool.node.ts";
import {
  type CorpusFile,
  type CorpusReport,
  corpusReport,
} from "../../sound/audio/corpus/corpus.ts";
import { type CorpusEntry, readCorpus } from "../../sound/audio/corpus/scan.node.ts";
import { withSeverity } from "../../sound/audio/corpus/severity.ts";
import type { FileShare } from "../../sound/audio/corpus/with-shares.ts";
import { type AugmentedExample, openExamples } from "../../sound/work/augmented-examples.node.ts";
import { corpusFolderOf } from "../../sound/work/corpus-folder.node.ts";
import { openThumbnails, type Thumbnail } from "../../sound/work/thumbnails.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { peopleText } from "../people-text.ts";
import { corpusFileLines } from "../text/corpus-files-text.ts";
import { corpusLines } from "../text/corpus-text.ts";
import { type WaveformRow, waveformRows } from "../text/waveform-text.ts";

const CLEAR_LINE = "\r\u001b[K";

export async function run(
  context: CommandContext,
  values: CommandValues<"corpus">,
): Promise<ExitCode> {
  const { stderr, signal, settings } = context;
  const { folder } = await corpusFolderOf(context, values.folder);
  const workerCount = settings.hardware.threads || availableParallelism();
  const pool = createDecoderPool({ workerCount });
  try {
    const extras = await openExtras(context, values, folder);
    const files: CorpusFile[] = [];
    const show = (text: string): void => {
      if (stderr.isTerminal) stderr.write(`${CLEAR_LINE}reading ${text}`);
    };
    const onShare = ({ share, index, fileCount }: FileShare): void =>
      show(`${index + 1} of ${fileCount}: ${formatPercent(share)}`);
    for await (const entry of readCorpus(folder, { pool, signal, onShare })) {
      const { file, index, fileCount } = entry;
      files.push(file);
      show(`${index + 1} of ${fileCount}`);
      await extras.add(entry);
    }
    if (stderr.isTerminal) stderr.write(CLEAR_LINE);
    printReport(context, corpusReport(folder, files), await extras.finish());
    return 0;
  } finally {
    await pool.close();
  }
}

/** Optional outputs besides the report. */
interface Extras {
  readonly waveforms: readonly WaveformRow[];
  readonly thumbnails:
    | { readonly folder: string; readonly files: readonly Thumbnail[] }
    | undefined;
  readonly augmented:
    | { readonly folder: string; readonly examples: readonly AugmentedExample[] }
    | undefined;
}

async function openExtras(
  { workingFolder }: CommandContext,
  values: CommandValues<"corpus">,
  corpusFolder: string,
): Promise<{ add(entry: CorpusEntry): Promise<void>; finish(): Promise<Extras> }> {
  const examplesFolder = values.exportAugmented && resolve(workingFolder, values.exportAugmented);
  const thumbnailFolder = values.thumbnails && resolve(workingFolder, values.thumbnails);
  const examples =
    examplesFolder && (await openExamples(examplesFolder, { ...values, corpusFolder }));
  const draw = thumbnailFolder && (await openThumbnails(thumbnailFolder, corpusFolder));
  const waveforms: WaveformRow[] = [];
  const thumbnails: Thumbnail[] = [];
  return {
    add: async (entry) => {
      const { file, mono, waveform } = entry;
      if (examples && mono !== undefined) await examples.add(file.path, mono);
      const thumbnail = draw ? await draw(entry) : undefined;
      if (thumbnail !== undefined) thumbnails.push(thumbnail);
      if (values.waveforms && file.fate === "used" && waveform !== undefined) {
        waveforms.push({ path: file.path, durationSeconds: file.durationSeconds, waveform });
      }
    },
    finish: async () => ({
      waveforms,
      thumbnails: thumbnailFolder ? { folder: thumbnailFolder, files: thumbnails } : undefined,
      augmented:
        examples && examplesFolder
          ? { folder: examplesFolder, examples: await examples.finish() }
          : undefined,
    }),
  };
}

function printReport(
  { stdout, stderr, json }: CommandContext,
  report: CorpusReport,
  { waveforms, thumbnails, augmented }: Extras,
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
