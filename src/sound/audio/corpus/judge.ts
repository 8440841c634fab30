/** The state of each file of a corpus: used, the same as an earlier one, or left out. */

import type { Waveform } from "../waveform.ts";
import type { CorpusFile } from "./corpus.ts";
import type { PreparedOutcome, PreparedSound } from "./prepare.ts";

/** Files that swing less than this (-80 dB) about their middle are left out as silent. */
const SILENT_SWING = 1e-4;

/** Shorter files hold no sound to speak of; a single cycle of a waveform is longer. */
const SECONDS_MIN = 0.001;

export interface CorpusEntry {
  readonly file: CorpusFile;
  /** The path to open, as raw bytes where it is not UTF-8. */
  readonly diskPath: Uint8Array;
  /** The sound of a used file: mono at `MODEL_RATE_HZ`, shape [time]. */
  readonly mono?: Float32Array<ArrayBuffer>;
  /** The outline of a used file. */
  readonly waveform?: Waveform;
  /** SHA-256 of a used file, as hexadecimal digits. */
  readonly contentHash?: string;
  /** SHA-256 of its sound, see `PreparedSound`. */
  readonly soundHash?: string;
  /** Position in the order of reading, from 0, of `fileCount`. */
  readonly index: number;
  readonly fileCount: number;
}

/** What a file turned out to be. */
export interface Prepared {
  readonly bytes: number;
  readonly outcome: PreparedOutcome;
}

/** Where a file stands in the order of reading. */
export type ListedPlace = Pick<CorpusEntry, "diskPath" | "index" | "fileCount"> & {
  /** Within the corpus. */
  readonly path: string;
};

/** Judges the files of one corpus, in path order; remembers those before. */
export function corpusJudge(): (place: ListedPlace, prepared: Prepared) => CorpusEntry {
  const judge = createJudge();
  return ({ path, ...place }, prepared) => {
    const file = judge({ path }, prepared);
    const used = file.fate === "used" ? (prepared.outcome as PreparedSound) : undefined;
    if (used === undefined) return { file, ...place };
    const { mono, waveform, contentHash, soundHash } = used;
    return { file, ...place, mono, waveform, contentHash, soundHash };
  };
}

// --- internal ---

/** Decides the state of each file, in path order; remembers the files before it. */
function createJudge(): (listed: { readonly path: string }, prepared: Prepared) => CorpusFile {
  const pathOfHash = new Map<string, string>();
  return ({ path }, { bytes, outcome }) => {
    if (!outcome.ok) {
      return { path, bytes, fate: "left-out", code: outcome.code, reason: outcome.message };
    }
    const { facts, contentHash, soundHash, warnings } = outcome;
    const unusable = unusableReason(outcome);
    if (unusable !== undefined) return { path, bytes, fate: "left-out", ...unusable };
    const duplicateOf = pathOfHash.get(contentHash) ?? pathOfHash.get(soundHash);
    if (duplicateOf !== undefined) return { path, bytes, fate: "duplicate", duplicateOf, ...facts };
    pathOfHash.set(contentHash, path).set(soundHash, path);
    const { origin } = outcome;
    return { path, bytes, fate: "used", ...facts, warnings, ...(origin && { origin }) };
  };
}

function unusableReason({
  facts,
  swing,
}: PreparedSound): { code: "silent" | "too-short"; reason: string } | undefined {
  if (facts.durationSeconds < SECONDS_MIN) {
    const ms = (facts.durationSeconds * 1000).toFixed(2);
    return { code: "too-short", reason: `it lasts ${ms} ms, less than ${SECONDS_MIN * 1000} ms` };
  }
  if (swing >= SILENT_SWING) return undefined;
  const isShifted = facts.peak >= SILENT_SWING;
  const percent = (100 * facts.peak).toPrecision(2);
  const reason = isShifted
    ? `it is silent throughout: a constant at ${percent} % of full scale and no sound`
    : "it is silent throughout";
  return { code: "silent", reason };
}
