/**
 * The communicators of rank 0 after the first, which has all ranks: one for each way in which the
 * work is split. A framework that binds its card when it joins gets them split off the first, all
 * others get a new one when the group is used for the first time.
 *
 * Source: torch 2.12 (`distributed_c10d.py`): the color of a split is Python's hash of the ranks.
 */

import { type Facts, sizesOf } from "./facts.ts";
import type { Ranks } from "./nccl-ranks.ts";
import type { Launch } from "./torchrun.ts";

export interface Joining extends Launch {
  /** It clones the group of all ranks, whose cards torch knows: that and all others are split. */
  readonly splitsWorld?: true;
}

export interface Group {
  readonly ranks: Ranks;
  /** Where it is split off the first communicator. */
  readonly color: number | undefined;
}

/** Of the ranks of a model's parts the next one is a neighbour, then context, data, pipeline. */
export function groupsOf(facts: Facts, { splitsWorld }: Joining): Group[] {
  const { worldSize, tensor, context, expert, data, pipeline } = sizesOf(facts);
  const ways: readonly (readonly [size: number, step: number])[] = [
    [tensor, 1],
    [context, tensor],
    [expert, tensor],
    [data, tensor * context],
    [pipeline, Math.max(1, Math.floor(worldSize / pipeline))],
  ];
  const parts = ways.filter(
    ([size, step]) => size > 1 && size < worldSize && size * step <= worldSize,
  );
  const whole = splitsWorld && worldSize > 1 ? [[worldSize, 1] as const] : [];
  return [...whole, ...parts].map(([size, step]) => ({
    ranks: ranksOf(facts, size, step),
    color: splitsWorld ? colorOf(size, step) : undefined,
  }));
}

function ranksOf(facts: Facts, worldSize: number, step: number): Ranks {
  const { gpusPerNode } = sizesOf(facts);
  const here = Math.min(worldSize, Math.max(1, Math.floor(gpusPerNode / step)));
  return { worldSize, nodes: Math.ceil(worldSize / here), gpusPerNode: here, stride: step };
}

/** `abs(hash((0, step, 2 * step, ...))) % 2**31` in CPython: xxHash over 64 bits. */
export function colorOf(size: number, step: number): number {
  const prime = [11400714785074694791n, 14029467366897019727n, 2870177450012600261n] as const;
  const word = (value: bigint): bigint => BigInt.asUintN(64, value);
  let hash: bigint = prime[2];
  for (let i = 0; i < size; i += 1) {
    hash = word(hash + BigInt(i * step) * prime[1]);
    hash = word(((hash << 31n) | (hash >> 33n)) * prime[0]);
  }
  const signed = BigInt.asIntN(64, hash + (BigInt(size) ^ prime[2] ^ 3527539n));
  return Number((signed < 0n ? -signed : signed) % 2n ** 31n);
}
