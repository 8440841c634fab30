/** Adds progress inside long files to the progress over files. */

/** How much of the file is done that is waited for. */
export interface FileShare {
  /** 0 to 1. */
  readonly share: number;
  /** Position of the file, from 0, of `fileCount`. */
  readonly index: number;
  readonly fileCount: number;
}

/**
 * Yields what a reading yields and, while an item is waited for, the newest share of it.
 *
 * @throws What the reading throws.
 */
export async function* withShares<Item extends object>(
  read: (onShare: (done: FileShare) => void) => AsyncIterable<Item>,
): AsyncGenerator<Item | FileShare> {
  let newest: FileShare | undefined;
  let wake = (): void => {};
  const onShare = (done: FileShare): void => {
    newest = done;
    wake();
  };
  const reading = read(onShare)[Symbol.asyncIterator]();
  try {
    for (;;) {
      let found: IteratorResult<Item> | undefined;
      const next = reading.next().then((result) => {
        found = result;
      });
      // It may fail while the consumer is at work, or after it has gone.
      next.catch(() => undefined);
      while (found === undefined) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (newest === undefined) await Promise.race([next, woken]);
        if (newest !== undefined && found === undefined) yield newest;
        newest = undefined;
      }
      if (found.done === true) return;
      yield found.value;
    }
  } finally {
    // Not awaited: a file that is being read would delay the stop.
    void reading.return?.();
  }
}
