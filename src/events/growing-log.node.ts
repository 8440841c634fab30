/**
 * Reads a log that is still being written: its text so far, then what is appended to it. Ends where
 * the file is deleted, or another one took its place.
 */

import { open, stat } from "node:fs/promises";
import type { Clock } from "../host.ts";
import type { RunEvent } from "./events.ts";

export interface FollowOptions {
  readonly clock: Pick<Clock, "sleep">;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

const POLL_MS = 250;
const CHUNK_BYTES = 2 ** 16;

/** @throws The file system's error if the file cannot be opened. */
export async function* growingText(
  path: string,
  { clock, signal }: FollowOptions,
): AsyncGenerator<string> {
  const file = await open(path);
  try {
    const { ino } = await file.stat();
    const decoder = new TextDecoder();
    const chunk = new Uint8Array(CHUNK_BYTES);
    let position = 0;
    while (!signal.aborted) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
      position += bytesRead;
      if (bytesRead > 0) yield decoder.decode(chunk.subarray(0, bytesRead), { stream: true });
      else if ((await stat(path).catch(() => undefined))?.ino !== ino) return;
      else await clock.sleep(POLL_MS, signal).catch(() => undefined);
    }
  } finally {
    await file.close();
  }
}

/** The events up to the end of the run. A run that was only stopped may go on, so it is waited for. */
export async function* untilRunEnds(events: AsyncIterable<RunEvent>): AsyncGenerator<RunEvent> {
  for await (const event of events) {
    yield event;
    if (event.type === "run-ended" && event.outcome !== "cancelled") return;
  }
}
