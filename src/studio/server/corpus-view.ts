/** A corpus and its report as a page shows them. */

import type { CorpusFile, CorpusReport } from "../../sound/audio/corpus/corpus.ts";
import { fateText } from "../../sound/audio/corpus/fate-text.ts";
import { severityOfFile } from "../../sound/audio/corpus/severity.ts";
import { narrowed, type Waveform } from "../../sound/audio/waveform.ts";
import type { CorpusFileView, CorpusView } from "../contract.ts";

interface Shown {
  readonly isRemovable: boolean;
  readonly waveform?: Waveform;
}

const COLUMNS = 140;

/** Before it was read. */
export function emptyView(name: string): CorpusView {
  return {
    name,
    progress: { done: 0, total: 0 },
    trouble: undefined,
    files: [],
    summary: undefined,
  };
}

export function corpusView(
  name: string,
  report: CorpusReport,
  entries: ReadonlyMap<string, Shown>,
): CorpusView {
  return {
    ...emptyView(name),
    progress: undefined,
    files: report.files.map((file) => fileView(file, entries.get(file.path))),
    summary: {
      counts: report.counts,
      totalSeconds: report.durationSeconds.total,
      warnings: report.warnings.map(({ message, paths }) => ({ message, paths })),
    },
  };
}

function fileView(file: CorpusFile, shown: Shown | undefined): CorpusFileView {
  const outline = shown?.waveform && narrowed(shown.waveform, COLUMNS);
  return {
    path: file.path,
    fate: file.fate,
    severity: severityOfFile(file),
    text: fateText(file),
    durationSeconds: file.fate === "left-out" ? undefined : file.durationSeconds,
    lows: percents(outline?.lows),
    highs: percents(outline?.highs),
    isRemovable: shown?.isRemovable ?? false,
  };
}

function percents(values: Float32Array | undefined): number[] {
  return values === undefined ? [] : Array.from(values, (value) => Math.round(100 * value));
}
