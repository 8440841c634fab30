/** Uploads of recordings into a corpus. */

import { type Signal, signal } from "@preact/signals";
import type { Trouble } from "../contract.ts";
import type { BroughtFile } from "./dropped.browser.ts";
import { send, sendFile, troubleOf, withQuery } from "./server.browser.ts";

export interface Upload {
  readonly corpus: string;
  readonly done: number;
  readonly total: number;
  /** What was not taken, and why. */
  readonly refused: readonly { readonly path: string; readonly trouble: Trouble }[];
}

export const upload: Signal<Upload | undefined> = signal(undefined);

const AT_A_TIME = 3;
let cancelling = new AbortController();

/** Sends them, a few at a time; then the corpus is read once. */
export async function bring(corpus: string, files: readonly BroughtFile[]): Promise<void> {
  if (files.length === 0) return;
  cancelling = new AbortController();
  const { signal: over } = cancelling;
  upload.value = { corpus, done: 0, total: files.length, refused: [] };
  const waiting = [...files];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !over.aborted; next = waiting.shift()) {
      await bringOne(corpus, next, over);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  await send("POST", `corpora/${encodeURIComponent(corpus)}/read`);
  if (upload.value?.refused.length === 0) upload.value = undefined;
}

export function stopBringing(): void {
  cancelling.abort();
}

async function bringOne(
  corpus: string,
  { file, path }: BroughtFile,
  over: AbortSignal,
): Promise<void> {
  let refused: Upload["refused"] = [];
  try {
    const place = `corpora/${encodeURIComponent(corpus)}/sound`;
    await sendFile(withQuery(place, { path }), file, over);
  } catch (failure) {
    if (!over.aborted) refused = [{ path, trouble: troubleOf(failure) }];
  }
  const now = upload.value;
  if (now) upload.value = { ...now, done: now.done + 1, refused: [...now.refused, ...refused] };
}
