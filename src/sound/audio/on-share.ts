/** Called now and then during long work with the share of it that is done, 0 to 1. */
export type OnShare = (share: number) => void;

/** Long work in pieces: yields the share that is done, 0 to 1, and returns what was made. */
export type InPieces<Result> = Generator<number, Result, undefined>;

/** Does all of it at once. */
export function wholeOf<Result>(pieces: InPieces<Result>): Result {
  for (;;) {
    const next = pieces.next();
    if (next.done === true) return next.value;
  }
}

/** The same pieces as a part of longer work, which goes from `from` to `to`. */
export function* partOf<Result>(
  pieces: InPieces<Result>,
  from: number,
  to: number,
): InPieces<Result> {
  for (;;) {
    const next = pieces.next();
    if (next.done === true) return next.value;
    yield from + (to - from) * next.value;
  }
}

/** Frames between two reports: a tenth of a second of work, or less. */
export const FRAMES_A_PIECE = 1000;
