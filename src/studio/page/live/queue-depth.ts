/**
 * How many blocks travel between who makes sound and who plays it: few, so that a key is heard soon;
 * more where the machine does not keep up.
 */

/** Samples of a block: 5.3 ms. */
export const BLOCK_LENGTH = 256;

export const DEPTH = { least: 2, most: 16, first: 4 } as const;

/** An underrun asks for so many more at once; they go one by one when all is well for long. */
const STEP_UP = 4;
const CALM_SECONDS = 10;
/** One more is asked for where none waited: the next one may come too late. It takes time to show. */
const NARROW_SECONDS = 0.1;

export interface QueueDepth {
  /** Blocks wanted now. */
  readonly depth: number;
  /**
   * A block came back.
   *
   * @param played What the player told with it.
   */
  returned(played: PlayedBlock): void;
}

export interface PlayedBlock {
  /** Samples that were missing, since the start. */
  readonly missed: number;
  /** Blocks that waited when this one was used up. */
  readonly waiting: number;
}

/** @param blockSeconds Duration of a block. */
export function queueDepth(blockSeconds: number): QueueDepth {
  let depth: number = DEPTH.first;
  let missedBefore = 0;
  let calmSeconds = 0;
  let leastWaiting = Number.POSITIVE_INFINITY;
  const restart = (): void => {
    calmSeconds = 0;
    leastWaiting = Number.POSITIVE_INFINITY;
  };
  return {
    get depth() {
      return depth;
    },
    returned: ({ missed, waiting }) => {
      if (missed > missedBefore) {
        missedBefore = missed;
        depth = Math.min(DEPTH.most, depth + STEP_UP);
        restart();
        return;
      }
      calmSeconds += blockSeconds;
      if (waiting === 0 && calmSeconds >= NARROW_SECONDS) {
        depth = Math.min(DEPTH.most, depth + 1);
        restart();
        return;
      }
      leastWaiting = Math.min(leastWaiting, waiting);
      if (calmSeconds < CALM_SECONDS) return;
      // One block always waited that was not needed.
      if (leastWaiting >= 2) depth = Math.max(DEPTH.least, depth - 1);
      restart();
    },
  };
}
