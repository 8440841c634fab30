/** Rate limit for repetitive lines above a live view. */

export interface Thinning {
  /** @param kind What is counted together, so that no kind is shown at the cost of another. */
  isTold(kind: string, nowMs: number): boolean;
}

const SECOND_MS = 1000;

/**
 * Prints everything at a readable rate. Only when more than `perSecondMax` lines fall due within a
 * second, as at a high speed factor, some are left out, and then of every kind the same share: of
 * ten times as many lines, each tenth step line and each tenth NCCL line. The first of a kind is
 * always shown.
 */
export function thinning({ perSecondMax }: { readonly perSecondMax: number }): Thinning {
  /** Of each kind, what it is owed of a line. */
  const owed = new Map<string, number>();
  let secondMs = Number.NEGATIVE_INFINITY;
  let due = 0;
  let dueBefore = 0;

  return {
    isTold(kind, nowMs) {
      if (nowMs - secondMs >= SECOND_MS) {
        dueBefore = nowMs - secondMs < 2 * SECOND_MS ? due : 0;
        due = 0;
        secondMs = nowMs;
      }
      due += 1;
      const share = Math.min(1, perSecondMax / Math.max(due, dueBefore));
      const now = (owed.get(kind) ?? 1) + share;
      const isTold = now >= 1;
      owed.set(kind, isTold ? now - 1 : now);
      return isTold;
    },
  };
}
