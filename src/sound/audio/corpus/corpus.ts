/**
 * The report on a corpus: every file of a folder with its state, and totals over all of them.
 *
 * Plain data and pure functions; `scan.node.ts` walks the folder.
 */

import { UserError } from "../../../errors.ts";
import type {
  DecodeFailureCode,
  DecodeWarning,
  DecodeWarningCode,
} from "../codecs/decode-outcome.ts";
import type { AudioFormat } from "../codecs/sniff.ts";

/** Plain JSON. Every file that is not hidden is in exactly one of the three states. */
export type CorpusFile = UsedFile | DuplicateFile | LeftOutFile;

interface FileIdentity {
  /** Relative to the corpus folder, with "/"; bytes that are not UTF-8 are written "\\xff". */
  readonly path: string;
  /** Size on disk. */
  readonly bytes: number;
}

export interface SoundFacts {
  readonly format: AudioFormat;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly durationSeconds: number;
  /** Largest magnitude in any channel, 1 being full scale. */
  readonly peak: number;
}

export interface UsedFile extends FileIdentity, SoundFacts {
  readonly fate: "used";
  readonly warnings: readonly DecodeWarning[];
  /** Of a sound that étude made and a person picked: "history 3fa2..., model rain, seed 7". */
  readonly origin?: string;
}

/** Holds the same bytes, or the same sound, as a file that comes earlier in path order. */
export interface DuplicateFile extends FileIdentity, SoundFacts {
  readonly fate: "duplicate";
  readonly duplicateOf: string;
}

export interface LeftOutFile extends FileIdentity {
  readonly fate: "left-out";
  readonly code: LeaveOutCode;
  /** A sentence without a full stop, starting in lower case. */
  readonly reason: string;
}

export type LeaveOutCode = DecodeFailureCode | "silent" | "too-short";

export interface CorpusReport {
  /** The folder, as it was given. */
  readonly folder: string;
  /** In path order. */
  readonly files: readonly CorpusFile[];
  readonly counts: CorpusCounts;
  /** Of the used files; all 0 where there are none. */
  readonly durationSeconds: {
    readonly total: number;
    readonly min: number;
    readonly max: number;
    readonly mean: number;
  };
  /** Of the used files, the most frequent first. */
  readonly sampleRates: readonly { readonly sampleRateHz: number; readonly fileCount: number }[];
  readonly formats: readonly { readonly format: AudioFormat; readonly fileCount: number }[];
  readonly channels: readonly { readonly channelCount: number; readonly fileCount: number }[];
  readonly warnings: readonly CorpusWarning[];
}

export interface CorpusCounts {
  readonly total: number;
  readonly used: number;
  readonly duplicates: number;
  /** Broken or unusable sounds, and what is named like a sound and is none. */
  readonly leftOut: number;
  /** Sounds that étude wrote itself. */
  readonly madeHere: number;
  /** Texts, pictures and the like: expected, no warning. */
  readonly notAudio: number;
}

/** A file left out that the user may have expected to be used, unlike a text or a picture. */
export function isMissed(file: CorpusFile): file is LeftOutFile {
  if (file.fate !== "left-out" || isMadeHere(file)) return false;
  return file.code !== "not-audio" || isNamedLikeSound(file.path);
}

/** A sound that étude generated, not a recording. */
function isMadeHere(file: CorpusFile): boolean {
  return file.fate === "left-out" && file.code === "made-here";
}

/**
 * Whether the name looks like a sound file. Only the content decides what a file is; the name says
 * what the user expects.
 */
function isNamedLikeSound(path: string): boolean {
  return /\.(wave?|aif[cf]?|flac|mp3|og[ag]|opus|caf|m4a|aac|wma|amr|3gp|wv|ape|au)$/i.test(path);
}

export interface CorpusWarning {
  readonly code: "few-files" | "mixed-rates" | "very-short" | DecodeWarningCode;
  /** A sentence without a full stop. */
  readonly message: string;
  /** The files concerned; empty if it is about the whole corpus. */
  readonly paths: readonly string[];
}

/** With fewer used files than this, training works but generalises badly. */
const FILES_WANTED = 5;

/** Files shorter than this are used, and mentioned. */
const SHORT_SECONDS = 0.1;

export function corpusReport(folder: string, files: readonly CorpusFile[]): CorpusReport {
  const used = files.filter((file) => file.fate === "used");
  const leftOut = files.filter((file) => file.fate === "left-out");
  const missed = leftOut.filter(isMissed);
  const sampleRates = histogram(used.map((file) => file.sampleRateHz));
  return {
    folder,
    files,
    counts: {
      total: files.length,
      used: used.length,
      duplicates: files.filter((file) => file.fate === "duplicate").length,
      leftOut: missed.length,
      madeHere: files.filter(isMadeHere).length,
      notAudio: leftOut.filter((file) => !isMissed(file) && !isMadeHere(file)).length,
    },
    durationSeconds: durationSummary(used.map((file) => file.durationSeconds)),
    sampleRates: sampleRates.map(([sampleRateHz, fileCount]) => ({ sampleRateHz, fileCount })),
    formats: histogram(used.map((file) => file.format)).map(([format, fileCount]) => ({
      format,
      fileCount,
    })),
    channels: histogram(used.map((file) => file.channelCount)).map(([channelCount, fileCount]) => ({
      channelCount,
      fileCount,
    })),
    warnings: used.length === 0 ? [] : corpusWarnings(used, sampleRates[0]?.[0] ?? 0),
  };
}

/**
 * @throws UserError "corpus-empty" (exit code 2) if no file can be used.
 */
export function requireSounds(report: CorpusReport): void {
  const { folder, counts } = report;
  if (counts.used > 0) return;
  const broken = report.files.find(isMissed);
  const found =
    counts.total === 0
      ? "it holds no files"
      : counts.madeHere === counts.total
        ? `all of its ${counts.total} sounds were made by étude`
        : `none of its ${counts.total} files can be used as sound`;
  const example = broken === undefined ? "" : ` (for example "${broken.path}": ${broken.reason})`;
  throw new UserError({
    code: "corpus-empty",
    message: `Cannot use "${folder}" as a corpus: ${found}${example}, need at least 1`,
    hint: "Put recordings there: WAV, AIFF, FLAC, MP3, Ogg Vorbis, Opus or CAF, in any subfolder; M4A and others too where ffmpeg is on the PATH.",
    exitCode: 2,
  });
}

function durationSummary(durations: readonly number[]): CorpusReport["durationSeconds"] {
  const total = durations.reduce((sum, seconds) => sum + seconds, 0);
  if (durations.length === 0) return { total, min: 0, max: 0, mean: 0 };
  const byLength = durations.toSorted((a, b) => a - b);
  return { total, min: byLength[0]!, max: byLength.at(-1)!, mean: total / durations.length };
}

/** Values with their counts, the most frequent first; ties in order of appearance. */
function histogram<Value>(values: readonly Value[]): [Value, number][] {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

function corpusWarnings(used: readonly UsedFile[], majorityRateHz: number): CorpusWarning[] {
  const warnings: CorpusWarning[] = [];
  if (used.length < FILES_WANTED) {
    const files = used.length === 1 ? "1 file" : `${used.length} files`;
    const message = `only ${files} can be used; ${FILES_WANTED} or more give a better model`;
    warnings.push({ code: "few-files", message, paths: [] });
  }
  const groups: readonly {
    readonly code: CorpusWarning["code"];
    readonly concerns: (file: UsedFile) => boolean;
    readonly predicate: (one: boolean) => string;
  }[] = [
    {
      code: "mixed-rates",
      concerns: (file) => file.sampleRateHz !== majorityRateHz,
      predicate: (one) =>
        `${one ? "has" : "have"} another sample rate than most (${majorityRateHz} Hz)`,
    },
    {
      code: "very-short",
      concerns: (file) => file.durationSeconds < SHORT_SECONDS,
      predicate: (one) => `${one ? "is" : "are"} shorter than ${SHORT_SECONDS} s`,
    },
    ...remarkCodes.map((code) => ({
      code,
      concerns: (file: UsedFile) => file.warnings.some((warning) => warning.code === code),
      predicate: (one: boolean) => remarks[code][one ? "one" : "many"],
    })),
  ];
  for (const { code, concerns, predicate } of groups) {
    const paths = used.filter(concerns).map((file) => file.path);
    if (paths.length === 0) continue;
    const subject = paths.length === 1 ? "1 file" : `${paths.length} files`;
    warnings.push({ code, message: `${subject} ${predicate(paths.length === 1)}`, paths });
  }
  return warnings;
}

/** What follows "1 file" and "3 files" where files have a remark. */
const remarks: {
  readonly [C in DecodeWarningCode]: { readonly one: string; readonly many: string };
} = {
  truncated: {
    one: "is cut off; what is there is used",
    many: "are cut off; what is there is used",
  },
  "not-finite": {
    one: "has samples that are not numbers; they became 0",
    many: "have samples that are not numbers; they became 0",
  },
  damaged: {
    one: "is damaged in places; the rest is used",
    many: "are damaged in places; the rest is used",
  },
  "by-ffmpeg": {
    one: "is decoded with ffmpeg: étude has no decoder for it",
    many: "are decoded with ffmpeg: étude has no decoder for them",
  },
  "format-change": {
    one: "changes its rate or channels part-way",
    many: "change their rate or channels part-way",
  },
  reversed: {
    one: "has a channel of reversed polarity, which was inverted before mixing",
    many: "have a channel of reversed polarity, which was inverted before mixing",
  },
  "one-channel": {
    one: "has channels that cancel each other when mixed; its loudest one is used alone",
    many: "have channels that cancel each other when mixed; the loudest one of each is used alone",
  },
  offset: {
    one: "has a DC offset, which was removed",
    many: "have a DC offset, which was removed",
  },
  clipped: {
    one: "is clipped at full scale; a model learns that too",
    many: "are clipped at full scale; a model learns that too",
  },
  quiet: {
    one: "is never louder than -60 dB; a model learns mostly recorder noise",
    many: "are never louder than -60 dB; a model learns mostly recorder noise",
  },
};

const remarkCodes = Object.keys(remarks) as DecodeWarningCode[];
