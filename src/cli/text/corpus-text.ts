/** The corpus report as text: what is used, what is not, and why. */

import { padEnd, plainText, truncatePath, wrap } from "../../show/draw/width.ts";
import { asciiText, formatCount, formatQuantity, formatSoundLength } from "../../show/numbers.ts";
import {
  type CorpusFile,
  type CorpusReport,
  type CorpusWarning,
  isMissed,
} from "../../sound/audio/corpus/corpus.ts";
import { channelName, formatNames, kilohertz } from "../../sound/audio/corpus/fate-text.ts";
import { SPLIT_SECONDS_MIN } from "../../sound/train/held-out.ts";
import { validationFractionFor } from "../../sound/train/settings.ts";

export interface CorpusTextOptions {
  /** Columns that a line may take. */
  readonly width: number;
  /** "full" names every broken and every doubled file, "short" a few of each. */
  readonly detail: "full" | "short";
  /** False for a terminal that knows only ASCII; names of files stay as they are. @default true */
  readonly unicode?: boolean;
}

/** Lines without line breaks, none wider than the width (from 20 columns on). */
export function corpusLines(report: CorpusReport, options: CorpusTextOptions): string[] {
  const page: Page = {
    width: Math.max(20, options.width),
    namesMax: options.detail === "full" ? Number.POSITIVE_INFINITY : NAMES_IN_SHORT,
  };
  const lines = [
    ...row("Corpus", truncatePath(plainText(report.folder), page.width - LABEL), page),
    ...usedRows(report, page),
    ...pickedRows(report.files, page),
    ...singleTakeRows(report, page),
    ...duplicateRows(report.files, page),
    ...leftOutRows(report.files, page),
    ...passedOverRows(report, page),
    ...report.warnings.flatMap((warning) => warningRows(warning, page)),
  ];
  return options.unicode === false ? lines.map(asciiText) : lines;
}

interface Page {
  readonly width: number;
  /** How many files a list names at most. */
  readonly namesMax: number;
}

/** Columns of the labels on the left. */
const LABEL = 12;
const NAMES_IN_SHORT = 3;

function usedRows(report: CorpusReport, page: Page): string[] {
  const { counts, durationSeconds, formats, sampleRates, channels } = report;
  if (counts.used === 0) return row("Used", "no file", page);
  const { total, min, max, mean } = durationSeconds;
  const spread = counts.used === 1 ? "" : spreadText({ min, max, mean });
  return [
    ...row(
      "Used",
      `${formatQuantity(counts.used, "file")}, ${formatSoundLength(total)}${spread}`,
      page,
    ),
    ...row(
      "Formats",
      counted(formats.map(({ format, fileCount }) => [formatNames[format], fileCount])),
      page,
    ),
    ...row(
      "Rates",
      counted(
        sampleRates.map(({ sampleRateHz, fileCount }) => [kilohertz(sampleRateHz), fileCount]),
      ),
      page,
    ),
    ...row(
      "Channels",
      counted(
        channels.map(({ channelCount, fileCount }) => [channelName(channelCount), fileCount]),
      ),
      page,
    ),
  ];
}

/** A corpus of one file cannot be split by files. */
function singleTakeRows({ counts, durationSeconds: { total } }: CorpusReport, page: Page) {
  if (counts.used !== 1) return [];
  const text =
    total < SPLIT_SECONDS_MIN
      ? `nothing can be held out of a single take shorter than ${SPLIT_SECONDS_MIN} s`
      : `training holds out a part of the take to check with: ${formatSoundLength(total * validationFractionFor(1))}`;
  return row("Split", text, page);
}

/** Equal lengths are printed once. */
function spreadText(seconds: {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}) {
  const [min, max] = [formatSoundLength(seconds.min), formatSoundLength(seconds.max)];
  if (min === max) return `, each ${min}`;
  return `, each ${min} to ${max}, ${formatSoundLength(seconds.mean)} on average`;
}

function duplicateRows(files: readonly CorpusFile[], page: Page): string[] {
  const duplicates = files.filter((file) => file.fate === "duplicate");
  if (duplicates.length === 0) return [];
  return [
    ...row("Doubled", `${formatQuantity(duplicates.length, "file")}, each sound used once`, page),
    ...list(
      duplicates.map(({ path, duplicateOf }) => `${path} is the same as ${duplicateOf}`),
      page,
    ),
  ];
}

function leftOutRows(files: readonly CorpusFile[], page: Page): string[] {
  const broken = files.filter(isMissed);
  if (broken.length === 0) return [];
  return [
    ...row("Left out", formatQuantity(broken.length, "file"), page),
    ...list(
      broken.map(({ path, reason }) => `${path}: ${reason}`),
      page,
    ),
  ];
}

/** Sounds that étude made and a person picked to learn from, with where they come from. */
function pickedRows(files: readonly CorpusFile[], page: Page): string[] {
  const picked = files.flatMap((file) =>
    file.fate === "used" && file.origin !== undefined ? [`${file.path}: ${file.origin}`] : [],
  );
  if (picked.length === 0) return [];
  const what = `${formatQuantity(picked.length, "file")} of the used ones, made by étude`;
  return [...row("Picked", what, page), ...list(picked, page)];
}

/** Only their number: notes and pictures among recordings are expected. */
function passedOverRows({ counts }: CorpusReport, page: Page): string[] {
  const kinds = [
    ["Not audio", counts.notAudio, ""],
    ["Made here", counts.madeHere, ": generated by étude"],
  ] as const;
  return kinds.flatMap(([label, count, why]) =>
    count === 0 ? [] : row(label, `${formatQuantity(count, "file")}, passed over${why}`, page),
  );
}

function warningRows({ message, paths }: CorpusWarning, page: Page): string[] {
  const named = { ...page, namesMax: Math.min(page.namesMax, NAMES_IN_WARNING) };
  return [...row("Note", message, page), ...list(paths, named)];
}

const NAMES_IN_WARNING = 6;

/** "label       text", the text broken into lines beside the label. */
function row(label: string, text: string, page: Page): string[] {
  return wrap(plainText(text), page.width - LABEL).map(
    (line, index) => `${padEnd(index === 0 ? label : "", LABEL)}${line}`,
  );
}

/** One item a line, indented; longer ones continue two columns further in. */
function list(items: readonly string[], { width, namesMax }: Page): string[] {
  const shown = items.slice(0, namesMax);
  const more = items.length - shown.length;
  const lines = shown.flatMap((item) =>
    wrap(plainText(item), width - 4).map((line, index) => `${index === 0 ? "  " : "    "}${line}`),
  );
  return more > 0 ? [...lines, `  and ${formatCount(more)} more`] : lines;
}

function counted(values: readonly (readonly [name: string, count: number])[]): string {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return `all ${only[0]}`;
  return values.map(([name, count]) => `${formatCount(count)} × ${name}`).join(", ");
}

/** 44100 -> "44.1 kHz"; with all its digits, since 22.05 and 22.255 differ. */
