/** Judges recordings on disk: files, and all that lie in folders. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { DecoderPool } from "../audio/codecs/decoder-pool.node.ts";
import { listFiles } from "../audio/corpus/list-files.node.ts";
import { qualityOf } from "../audio/quality/quality.ts";
import type { JudgedFile, UnreadFile } from "./judged-file.ts";

export interface QualityTools {
  readonly pool: DecoderPool;
  readonly signal: AbortSignal;
  /** Called with each file in order. */
  onFile(file: JudgedFile | UnreadFile, place: FilePlace): void;
}

export interface FilePlace {
  /** From 0. */
  readonly index: number;
  readonly fileCount: number;
}

/**
 * Judges each file by `qualityOf`, in order. In folders, hidden files and what is no sound at all are
 * passed over.
 *
 * @param paths Absolute, with what they are called.
 * @throws UserError of listing a folder; the signal's reason when it aborts.
 */
export async function judgeFiles(
  paths: readonly NamedPath[],
  { pool, signal, onFile }: QualityTools,
): Promise<void> {
  const files = (await Promise.all(paths.map(filesAt))).flat();
  const judged = files.map(() => undefined as Promise<JudgedFile | UnreadFile> | undefined);
  // As many ahead as threads decode: more would only fill the memory.
  const ask = (index: number): void => {
    const file = files[index];
    if (file !== undefined) judged[index] = judge(pool, file);
  };
  for (let i = 0; i < pool.workerCount; i += 1) ask(i);
  for (const index of files.keys()) {
    signal.throwIfAborted();
    const file = await judged[index]!;
    judged[index] = undefined;
    ask(index + pool.workerCount);
    const isNoSound = "failure" in file && file.failure.code === "not-audio";
    if (isNoSound && files[index]!.fromFolder) continue;
    onFile(file, { index, fileCount: files.length });
  }
}

export interface NamedPath {
  /** Absolute. */
  readonly path: string;
  readonly shown: string;
}

interface FileToJudge {
  readonly diskPath: string | Uint8Array;
  readonly shown: string;
  readonly fromFolder: boolean;
}

async function filesAt({ path, shown }: NamedPath): Promise<FileToJudge[]> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder) return [{ diskPath: path, shown, fromFolder: false }];
  const files = await listFiles(path);
  return files.map((file) => ({
    diskPath: file.diskPath,
    shown: join(shown, file.path),
    fromFolder: true,
  }));
}

async function judge(pool: DecoderPool, file: FileToJudge): Promise<JudgedFile | UnreadFile> {
  const { outcome } = await pool.decode(file.diskPath);
  if (!outcome.ok) return { path: file.shown, failure: outcome };
  return { path: file.shown, ...qualityOf(outcome.sound) };
}
