/**
 * The run's log on disk: one event per line, append-only.
 *
 * Lines are written at most `FLUSH_AFTER_MS` late and are synced after each checkpoint and at the
 * end. A crash can truncate the last line: readers skip it, and a resumed run removes it before it
 * continues. Complete lines are never modified, not even damaged ones.
 */

import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { messageOf, UserError } from "../errors.ts";
import { writeFailureOf } from "../files.node.ts";
import type { Clock } from "../host.ts";
import type { News, RunEvent } from "./events.ts";
import { type FollowOptions, growingText } from "./growing-log.node.ts";
import type { StampStart } from "./stamp.ts";
import { eventToLine, readLine } from "./wire.ts";

export interface EventLog {
  /** Where the log stopped: `stamp` continues from here. Zeros for a new log. */
  readonly start: StampStart;

  /** @throws UserError "event-log-not-written" if an earlier line could not be written. */
  append(event: RunEvent): void;

  /** Resolves when everything appended so far is in the file. */
  flush(): Promise<void>;

  /** Flushes, syncs and closes. Throws what `append` or `flush` would, unless they have already. */
  close(): Promise<void>;
}

const FLUSH_AFTER_MS = 200;
const READ_BYTES = 64 * 1024;
const LINE_FEED = 10;

/** Longer than any event; longer lines are not read into memory and are reported as damaged. */
const LINE_LENGTH_MAX = 1 << 26;

/** The log is synced after these events, so that it survives a crash of the machine. */
const SYNCED: ReadonlySet<News["type"]> = new Set<News["type"]>([
  "checkpoint-saved",
  "model-saved",
  "run-ended",
]);

/**
 * Opens the log at `path`, a new one or an existing one to append to.
 *
 * @throws UserError "event-log-not-written" if it cannot be opened.
 */
export async function openEventLog(
  path: string,
  { clock }: { readonly clock: Pick<Clock, "sleep"> },
): Promise<EventLog> {
  const file = await open(path, "a+").catch((cause: unknown) => {
    throw notWritten(path, cause);
  });
  try {
    return writer(path, { file, clock, start: await repaired(file) });
  } catch (cause) {
    await file.close();
    throw notWritten(path, cause);
  }
}

export interface ReadLogOptions {
  /**
   * Receives the number of each line that is not an event, and the line is passed over.
   *
   * @default such a line ends the reading with a UserError
   */
  readonly onDamagedLine?: (lineNumber: number) => void;

  /** Called for each line that only a newer program understands, which is then skipped. */
  readonly onNewerLine?: (lineNumber: number, what: string) => void;

  /** Called if the last line is truncated, as after a crash. It is skipped. */
  readonly onTornLine?: () => void;

  /** Waits at the end of the file for what is appended. @default ends there */
  readonly follow?: FollowOptions;
}

/**
 * The events of a log, oldest first, those of an older protocol as they would be written now. What
 * only a newer program understands and a cut last line are left out.
 *
 * @throws UserError "event-log-missing" if there is no such file; "event-log-corrupt", with the
 *   line's number, if a line before the last is not an event.
 */
export function readEventLog(path: string, options: ReadLogOptions = {}): AsyncGenerator<RunEvent> {
  return eventsIn(linesOf(chunksOf(path, options.follow)), { name: path, ...options });
}

/** The same for text from another source, such as stdin. @param name For messages. */
export function readEventStream(
  chunks: AsyncIterable<string>,
  options: ReadLogOptions & { readonly name: string },
): AsyncGenerator<RunEvent> {
  return eventsIn(linesOf(chunks), options);
}

async function* eventsIn(
  lines: AsyncIterable<Line>,
  { name, onDamagedLine, onNewerLine, onTornLine }: ReadLogOptions & { readonly name: string },
): AsyncGenerator<RunEvent> {
  let lineNumber = 0;
  for await (const { text, whole } of lines) {
    lineNumber += 1;
    if (text === "") continue;
    let event: RunEvent | undefined;
    try {
      const read = readLine(text);
      if (read.newer !== undefined) onNewerLine?.(lineNumber, read.newer);
      event = read.event;
    } catch (cause) {
      if (!whole) return onTornLine?.();
      if (onDamagedLine === undefined) throw corruptLine(name, lineNumber, cause);
      onDamagedLine(lineNumber);
    }
    if (event !== undefined) yield event;
  }
}

interface WriterParts {
  readonly file: FileHandle;
  readonly clock: Pick<Clock, "sleep">;
  readonly start: StampStart;
}

function writer(path: string, { file, clock, start }: WriterParts): EventLog {
  const closing = new AbortController();
  let lines: string[] = [];
  let sync = false;
  let timed = false;
  let failure: UserError | undefined;
  let isTold = false;
  let writing: Promise<void> = Promise.resolve();

  const writeOut = async (): Promise<void> => {
    if (lines.length === 0 || failure !== undefined) return;
    const text = lines.join("");
    const synced = sync;
    lines = [];
    sync = false;
    try {
      await file.appendFile(text);
      if (synced) await file.datasync();
    } catch (cause) {
      failure = notWritten(path, cause);
    }
  };
  const queueWrite = (): Promise<void> => {
    writing = writing.then(writeOut);
    return writing;
  };
  const writeLater = async (): Promise<void> => {
    timed = true;
    await clock.sleep(FLUSH_AFTER_MS, closing.signal).catch(() => {});
    timed = false;
    await queueWrite();
  };
  const requireWritten = (): void => {
    if (failure === undefined) return;
    isTold = true;
    throw failure;
  };
  const flush = async (): Promise<void> => {
    await queueWrite();
    requireWritten();
  };

  return {
    start,
    append(event) {
      requireWritten();
      lines.push(eventToLine(event));
      sync ||= SYNCED.has(event.type);
      if (sync) void queueWrite();
      else if (!timed) void writeLater();
    },
    flush,
    async close() {
      closing.abort();
      try {
        await queueWrite();
        if (!isTold) requireWritten();
        if (failure === undefined) await file.datasync();
      } finally {
        await file.close();
      }
    },
  };
}

/** Removes a line truncated by a crash, and returns where the log stopped. */
async function repaired(file: FileHandle): Promise<StampStart> {
  let { size: end } = await file.stat();
  while (end > 0) {
    const start = await lineStart(file, end - 1);
    const [lastByte] = await bytesOf(file, end - 1, end);
    const isWhole = lastByte === LINE_FEED;
    const isLine = end - start <= LINE_LENGTH_MAX;
    const stamp = isLine ? stampOf(await textOf(file, start, end)) : undefined;
    if (!isWhole && stamp === undefined) await file.truncate(start);
    if (!isWhole && stamp !== undefined) await file.appendFile("\n");
    if (stamp !== undefined) return { seq: stamp.seq + 1, atMs: stamp.atMs };
    end = start;
  }
  return { seq: 0, atMs: 0 };
}

/** Where the line begins that holds the byte at `position`; a line feed there belongs to it. */
async function lineStart(file: FileHandle, position: number): Promise<number> {
  let end = position;
  while (end > 0) {
    const start = Math.max(0, end - READ_BYTES);
    const bytes = await bytesOf(file, start, end);
    const at = bytes.lastIndexOf(LINE_FEED);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

async function textOf(file: FileHandle, start: number, end: number): Promise<string> {
  return (await bytesOf(file, start, end)).toString("utf8");
}

async function bytesOf(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** Place and time of any event, also of a kind that only a newer program knows. */
function stampOf(line: string): StampStart | undefined {
  try {
    readLine(line);
    const { seq, atMs } = JSON.parse(line) as StampStart;
    if (!Number.isSafeInteger(seq) || seq < 0) return undefined;
    return { seq, atMs: Number.isFinite(atMs) && atMs >= 0 ? atMs : 0 };
  } catch {
    return undefined;
  }
}

interface Line {
  readonly text: string;
  /** False for what follows the last line feed. */
  readonly whole: boolean;
}

/** Broken at line feeds only: other breaks that Unicode knows may stand in a title. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<Line> {
  let pieces: string[] = [];
  let length = 0;
  const add = (piece: string): void => {
    // Of a line that is too long the rest is dropped: it cannot be read, whatever stands there.
    if (length <= LINE_LENGTH_MAX) pieces.push(piece);
    length += piece.length;
  };
  for await (const chunk of chunks) {
    const [first = "", ...others] = chunk.split("\n");
    add(first);
    for (const piece of others) {
      yield { text: pieces.join(""), whole: true };
      pieces = [];
      length = 0;
      add(piece);
    }
  }
  if (length > 0) yield { text: pieces.join(""), whole: false };
}

async function* chunksOf(path: string, follow: FollowOptions | undefined): AsyncGenerator<string> {
  try {
    yield* follow === undefined
      ? createReadStream(path, { encoding: "utf8" })
      : growingText(path, follow);
  } catch (cause) {
    throw new UserError({
      code: "event-log-missing",
      message: `Cannot read the event log "${path}": ${messageOf(cause)}`,
      hint: "Give the folder of a run: it holds the file events.jsonl.",
      exitCode: 2,
      cause,
    });
  }
}

function corruptLine(path: string, lineNumber: number, cause: unknown): UserError {
  return new UserError({
    code: "event-log-corrupt",
    message: `Cannot read line ${lineNumber} of "${path}": it is not one JSON object with "type" and "seq"`,
    hint: "Delete that line, or give the log of a run of étude.",
    cause,
  });
}

function notWritten(path: string, cause: unknown): UserError {
  const { reason, hint } = writeFailureOf(cause);
  return new UserError({
    code: "event-log-not-written",
    message: `Cannot write the event log "${path}": ${reason}`,
    hint,
    cause,
  });
}
