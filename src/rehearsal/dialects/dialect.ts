/**
 * A dialect: a run in the log format of another training framework.
 *
 * Only the form is theirs. The first line and the last one say what the run really is, as a
 * comment that the parsers of these logs pass over.
 */

import type { RunEvent } from "../../events/events.ts";

/** Stateful; one per run. */
export interface Dialect {
  readonly name: string;
  /** @returns No lines for events that the framework says nothing about. */
  lines(event: RunEvent): readonly string[];
}

export interface DialectKind {
  /** As it is written after `--dialect`. */
  readonly name: string;
  /** Whose lines they are, as a phrase without a full stop. */
  readonly summary: string;
  open(): Dialect;
}
