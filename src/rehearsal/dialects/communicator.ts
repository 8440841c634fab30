/**
 * The communicators that rank 0 joins, and the lines that NCCL and RCCL both print about them.
 *
 * Source: NCCL 2.29 and RCCL 2.27 (`init.cc`, `proxy.cc`, `net_ib`).
 */

import type { Random } from "../../random.ts";
import { drawsOf, drawsOfStart } from "./draws.ts";
import { type Facts, sizesOf } from "./facts.ts";
import { placeOfRank } from "./hosts.ts";
import { type Channels, channelsOf } from "./nccl-channels.ts";
import type { Group } from "./nccl-groups.ts";
import {
  busNumber,
  coreOf,
  hashOf,
  info,
  pointerOf,
  type ThreadName,
  threadOf,
} from "./nccl-lines.ts";
import { groupTimings, type Timings, worldTimings } from "./nccl-timings.ts";

export interface Communicator extends Group {
  /** 0 for that of all ranks. */
  readonly index: number;
  readonly channels: Channels;
  readonly timings: Timings;
  readonly pointer: string;
  /** By which its ranks find each other. */
  readonly hash: string;
  /** What pointer and hash were drawn from, for the rest that is drawn of it. */
  readonly random: Random;
}

/** That of all ranks, then those of the groups. */
export type Communicators = readonly [world: Communicator, ...groups: Communicator[]];

export function communicatorsOf(facts: Facts, groups: readonly Group[]): Communicators {
  const { worldSize, nodes, gpusPerNode } = sizesOf(facts);
  const ranks = { worldSize, nodes, gpusPerNode };
  const random = drawsOfStart(facts, "timings");
  const world = { ranks, color: undefined, timings: worldTimings(facts, random, ranks) };
  return [
    communicatorOf(facts, 0, world),
    ...groups.map((group, i) =>
      communicatorOf(facts, i + 1, { ...group, timings: groupTimings(random) }),
    ),
  ];
}

function communicatorOf(
  facts: Facts,
  index: number,
  group: Group & Pick<Communicator, "timings">,
): Communicator {
  const random = drawsOfStart(facts, "communicator", index);
  const pointer = pointerOf(random);
  const hash = hashOf(random);
  const channels = channelsOf(facts.cluster?.gpuName ?? "", group.ranks);
  return { ...group, index, channels, pointer, hash, random };
}

/** "comm 0x55... rank 0 nranks 8 cudaDev 0 nvmlDev 0 busId 18000" */
export function joinText(facts: Facts, { pointer, ranks }: Communicator): string {
  return `comm ${pointer} rank 0 nranks ${ranks.worldSize} cudaDev 0 nvmlDev 0 busId ${busNumber(facts, 0)}`;
}

/** "comm 0x55... rank 0 nRanks 64 nNodes 8 localRanks 8 localRank 0 MNNVL 0" */
export function sizeText({ pointer, ranks }: Communicator): string {
  const { worldSize, nodes, gpusPerNode } = ranks;
  return `comm ${pointer} rank 0 nRanks ${worldSize} nNodes ${nodes} localRanks ${gpusPerNode} localRank 0 MNNVL 0`;
}

/** Network cards of a machine, one for each GPU, and where the ranks talk besides. */
export function networkText(cards: number, address: string): string {
  const found = Array.from({ length: cards }, (_, i) => `[${i}]mlx5_${i}:1/IB `).join("");
  return `NET/IB : Using ${found}[RO]; OOB eth0:${address}<0>`;
}

/** Threads that no card is set for yet; the one that moves data is the first communicator's. */
export function proxyLines(facts: Facts, index: number, threads: readonly ThreadName[]): string[] {
  const place = placeOfRank(facts, 0);
  return threads.map((thread) => {
    const random = drawsOf(facts, "core", index, thread, facts.launches, facts.attempts);
    const number = threadOf(facts, place, { thread, communicator: index });
    return info(facts, place, number)(`[Proxy ${thread}] Device 0 CPU core ${coreOf(random)}`);
  });
}
