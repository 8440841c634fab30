/**
 * Scans a folder: its files one at a time, each with its state and, if it is used, its sound.
 *
 * Only a few sounds are in memory at once. The result does not depend on thread timing: files come
 * in path order, and of two equal ones the first is kept.
 */

import type { DecoderPool } from "../codecs/decoder-pool.node.ts";
import type { OnShare } from "../on-share.ts";
import { MODEL_RATE_HZ } from "../spectrogram.ts";
import type { Waveform } from "../waveform.ts";
import type { CorpusFile } from "./corpus.ts";
import { type ListedFile, listFiles } from "./list-files.node.ts";
import type { PreparedOutcome, PreparedSound } from "./prepare.ts";
import type { FileShare } from "./with-shares.ts";

/** Files that swing less than this (-80 dB) about their middle are left out as silent. */
const SILENT_SWING = 1e-4;

/** Shorter files hold no sound to speak of; a single cycle of a waveform is longer. */
const SECONDS_MIN = 0.001;

export interface ScanTools {
  readonly pool: DecoderPool;
  readonly signal?: AbortSignal;
  /** Come before all others, so that of equal sounds these are the ones that are used. */
  readonly first?: ReadonlySet<string>;
  /** Called while a long file is read, about the one that is waited for. */
  onShare?(done: FileShare): void;
}

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

/**
 * Walks a folder and yields each file with its state, and with its sound if it is used.
 *
 * @throws UserError "corpus-not-found", "corpus-not-a-folder" or "corpus-unreadable" (exit code 2).
 * @throws the signal's reason when it aborts.
 */
export async function* readCorpus(folder: string, tools: ScanTools): AsyncGenerator<CorpusEntry> {
  const { pool, signal, first, onShare } = tools;
  const listed = (await listFiles(folder)).toSorted(
    (a, b) => Number(first?.has(b.path) ?? false) - Number(first?.has(a.path) ?? false),
  );
  const judge = createJudge();
  const ahead: Promise<Prepared>[] = [];
  let started = 0;
  let awaited = 0;
  for (const [index, listedFile] of listed.entries()) {
    // One more than there are threads, so that none of them waits while the consumer works.
    while (started < listed.length && ahead.length <= pool.workerCount) {
      const position = started;
      const next = prepareListed(listed[position]!, pool, (share) => {
        if (position === awaited) onShare?.({ share, index: position, fileCount: listed.length });
      });
      // If the consumer stops early, rejections of the rest have no handler.
      next.catch(() => undefined);
      ahead.push(next);
      started += 1;
    }
    signal?.throwIfAborted();
    awaited = index;
    const prepared = await unlessAborted(ahead.shift()!, signal);
    const file = judge(listedFile, prepared);
    const used = file.fate === "used" ? (prepared.outcome as PreparedSound) : undefined;
    yield {
      file,
      diskPath: listedFile.diskPath,
      index,
      fileCount: listed.length,
      ...(used && {
        mono: used.mono,
        waveform: used.waveform,
        contentHash: used.contentHash,
        soundHash: used.soundHash,
      }),
    };
  }
}

/**
 * Rejects as soon as the signal aborts, even while a long file decodes.
 *
 * Not a race against one promise for all files: that promise would hold every result, hundreds of
 * megabytes of sound, for as long as the signal lives.
 */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

interface Prepared {
  readonly bytes: number;
  readonly outcome: PreparedOutcome;
}

async function prepareListed(
  listed: ListedFile,
  pool: DecoderPool,
  onShare: OnShare,
): Promise<Prepared> {
  if (listed.failure !== undefined) return { bytes: 0, outcome: listed.failure };
  return pool.prepare(listed.diskPath, MODEL_RATE_HZ, onShare);
}

/** Decides the state of each file, in path order; remembers the files before it. */
function createJudge(): (listed: ListedFile, prepared: Prepared) => CorpusFile {
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
