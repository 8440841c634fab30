/**
 * Writes the pieces of an exporter into files.
 *
 * Pieces are buffered and written in blocks, at least once a second, so a killed process loses at
 * most a second. Writing is synchronous: nothing accumulates in memory if a disk is slow.
 */

import {
  accessSync,
  closeSync,
  constants,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { makeFolderSync, notWritten } from "../../files.node.ts";
import type { Clock } from "../../host.ts";
import type { Piece } from "./exporter.ts";

export interface PieceWriter {
  /** @throws UserError "disk-full" or "file-not-written". */
  write(pieces: readonly Piece[]): void;

  /** Writes out what was collected. @throws UserError like `write`. */
  close(): void;
}

const BLOCK_BYTES = 64 * 1024;
const WAIT_MS_MAX = 1000;

interface OpenFile {
  readonly descriptor: number;
  waiting: (string | Uint8Array)[];
  bytes: number;
}

export function pieceWriter({ clock }: { readonly clock: Pick<Clock, "nowMs"> }): PieceWriter {
  const files = new Map<string, OpenFile>();
  let flushedMs = clock.nowMs();

  const fileAt = (path: string): OpenFile => {
    const known = files.get(path);
    if (known !== undefined) return known;
    const opened = { descriptor: openAnew(path), waiting: [], bytes: 0 };
    files.set(path, opened);
    return opened;
  };

  const flushAll = (): void => {
    flushedMs = clock.nowMs();
    for (const [path, file] of files) flush(path, file);
  };

  return {
    write(pieces) {
      for (const { path, data, whole } of pieces) {
        if (whole === true) {
          replace(path, data);
          continue;
        }
        const file = fileAt(path);
        file.waiting.push(data);
        file.bytes += data.length;
        if (file.bytes >= BLOCK_BYTES) flush(path, file);
      }
      if (clock.nowMs() - flushedMs >= WAIT_MS_MAX) flushAll();
    },
    close() {
      try {
        flushAll();
      } finally {
        for (const { descriptor } of files.values()) closeSync(descriptor);
        files.clear();
      }
    },
  };
}

/**
 * Checks that a file, or files in a folder, can be written before a run starts. Existing files are
 * not changed.
 *
 * @throws UserError "disk-full" or "file-not-written".
 */
export function requireWritable(path: string, target: "file" | "folder"): void {
  try {
    makeFolderSync(target === "folder" ? path : dirname(path));
    const found = statSync(path, { throwIfNoEntry: false });
    // A pipe would wait here for its reader.
    if (target === "folder") accessSync(path, constants.W_OK);
    else if (found === undefined || found.isFile() || found.isDirectory())
      closeSync(openSync(path, "a"));
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

function openAnew(path: string): number {
  try {
    makeFolderSync(dirname(path));
    return openSync(path, "w");
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

function flush(path: string, file: OpenFile): void {
  if (file.waiting.length === 0) return;
  const bytes = Buffer.concat(
    file.waiting.map((data) => (typeof data === "string" ? Buffer.from(data) : data)),
  );
  file.waiting = [];
  file.bytes = 0;
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(file.descriptor, bytes, written);
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

/** A reader sees the old file or the new one. A crash of the machine may lose it: it comes again. */
function replace(path: string, data: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    makeFolderSync(dirname(path));
    writeFileSync(temporary, data);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw notWritten(path, cause);
  }
}
