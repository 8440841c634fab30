/** Long work that tells its progress, in a thread that must hear of a stop. */

export interface Breath {
  readonly signal: AbortSignal;
  /** Lets the thread hear what it was sent. */
  breathe(): Promise<void>;
}

/**
 * The same items and result, with a breath after each item.
 *
 * @throws the signal's reason when it aborts, once the work has been closed.
 */
export async function* breathing<Item, Result>(
  work: AsyncGenerator<Item, Result>,
  { signal, breathe }: Breath,
): AsyncGenerator<Item, Result> {
  try {
    for (;;) {
      const next = await work.next();
      if (next.done === true) return next.value;
      yield next.value;
      await breathe();
      signal.throwIfAborted();
    }
  } finally {
    await work.return(undefined as never);
  }
}
