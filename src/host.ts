/**
 * What the project asks of the outside world, and nothing more.
 *
 * Interfaces only. `host.node.ts` implements them; tests pass plain objects.
 * A function that needs a clock takes a clock.
 */

/** Time, and waiting. All times are in milliseconds. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes backwards. */
  nowMs(): number;

  /** Milliseconds since 1970-01-01 UTC, for names and headers; may jump. */
  wallMs(): number;

  /** Resolves after `ms`; rejects with the signal's reason if it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
