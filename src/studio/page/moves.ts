/** Undo and redo of settings. */

export interface Moves<T> {
  readonly past: readonly T[];
  readonly now: T;
  readonly future: readonly T[];
}

const PAST_MAX = 300;

export function firstMove<T>(now: T): Moves<T> {
  return { past: [], now, future: [] };
}

/** A move of the same thing as the last, as while a slider is dragged, takes its place. */
export function moved<T>(moves: Moves<T>, now: T, isSameMove: boolean): Moves<T> {
  if (isSameMove) return { ...moves, now };
  return { past: [...moves.past, moves.now].slice(-PAST_MAX), now, future: [] };
}

export function undone<T>({ past, now, future }: Moves<T>): Moves<T> | undefined {
  const before = past.at(-1);
  if (before === undefined) return undefined;
  return { past: past.slice(0, -1), now: before, future: [now, ...future] };
}

export function redone<T>({ past, now, future }: Moves<T>): Moves<T> | undefined {
  const [after, ...rest] = future;
  if (after === undefined) return undefined;
  return { past: [...past, now], now: after, future: rest };
}
