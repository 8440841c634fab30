/**
 * A queue that gives the loudest first, to within a bucket: for integrating phases of one frame
 * after another without allocating.
 */

export interface LevelBuckets {
  clear(): void;
  /** @param level From 0 to levelCount - 1. A node may wait once only. */
  add(node: number, level: number): void;
  /** A node of the highest level, or -1. Of equal ones the last that was added. */
  take(): number;
}

export function levelBuckets(nodeCount: number, levelCount: number): LevelBuckets {
  const heads = new Int32Array(levelCount).fill(-1);
  const after = new Int32Array(nodeCount);
  let top = -1;
  return {
    clear: () => {
      heads.fill(-1);
      top = -1;
    },
    add: (node, level) => {
      after[node] = heads[level]!;
      heads[level] = node;
      if (level > top) top = level;
    },
    take: () => {
      while (top >= 0 && heads[top]! < 0) top -= 1;
      if (top < 0) return -1;
      const node = heads[top]!;
      heads[top] = after[node]!;
      return node;
    },
  };
}
