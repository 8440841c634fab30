/** The recordings of a corpus, as the browser keeps them: read by our own decoders, in this thread. */

import { sha256Of } from "../../../sha256.ts";
import { decodeBytes } from "../../../sound/audio/codecs/decode.ts";
import { type CorpusEntry, corpusJudge } from "../../../sound/audio/corpus/judge.ts";
import {
  type PreparedOutcome,
  prepareSound,
  resamplersTo,
} from "../../../sound/audio/corpus/prepare.ts";
import { MODEL_RATE_HZ } from "../../../sound/audio/spectrogram.ts";
import type { CorpusSource } from "../../../sound/train/corpus-source.ts";
import { gatheredFrames } from "../../../sound/train/gathered-frames.ts";
import type { Files } from "./opfs.browser.ts";

const OPENING_SECONDS = 2;
const resamplerFor = resamplersTo(MODEL_RATE_HZ);

export function recordingsFolder(corpus: string): string {
  return `datasets/${corpus}`;
}

/** A recording may have lain in folders; here each is one file, whose name holds them. */
export function recordingFile(corpus: string, path: string): string {
  return `${recordingsFolder(corpus)}/${encodeURIComponent(path)}`;
}

/** The paths of a corpus, in order. */
export async function recordingPaths(files: Files, corpus: string): Promise<string[]> {
  return (await files.namesIn(recordingsFolder(corpus))).map(decodeURIComponent).sort();
}

/** Reads all of a corpus; those in `first` come before all others. */
export async function* readRecordings(
  files: Files,
  corpus: string,
  { signal, first }: { readonly signal: AbortSignal; readonly first?: ReadonlySet<string> },
): AsyncGenerator<CorpusEntry> {
  const paths = (await recordingPaths(files, corpus)).toSorted(
    (a, b) => Number(first?.has(b) ?? false) - Number(first?.has(a) ?? false),
  );
  const judge = corpusJudge();
  for (const [index, path] of paths.entries()) {
    signal.throwIfAborted();
    const prepared = await preparedRecording(files, corpus, path);
    const diskPath = new TextEncoder().encode(path);
    yield judge({ path, diskPath, index, fileCount: paths.length }, prepared);
  }
}

export function browserCorpus(files: Files, corpus: string): CorpusSource {
  return {
    read: (options) => gatheredFrames(corpus, readRecordings(files, corpus, options)),
    openings: async (starts) => {
      const openings = new Map<string, Float32Array>();
      for (const [path, startSeconds] of starts) {
        const { outcome } = await preparedRecording(files, corpus, path);
        if (!outcome.ok) continue;
        const start = Math.round(startSeconds * MODEL_RATE_HZ);
        openings.set(path, outcome.mono.slice(start, start + OPENING_SECONDS * MODEL_RATE_HZ));
      }
      return openings;
    },
  };
}

export async function preparedRecording(
  files: Files,
  corpus: string,
  path: string,
): Promise<{ readonly bytes: number; readonly outcome: PreparedOutcome }> {
  const bytes = (await files.read(recordingFile(corpus, path))) ?? new Uint8Array(0);
  const tools = { decode: decodeBytes, resamplerFor, sha256: sha256OfAll };
  return { bytes: bytes.length, outcome: await prepareSound(bytes, tools) };
}

function sha256OfAll(pieces: Iterable<Uint8Array>): Promise<string> {
  const all = [...pieces];
  const whole = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of all) {
    whole.set(piece, at);
    at += piece.length;
  }
  return sha256Of(whole);
}
