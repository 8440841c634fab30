/** Names of machines and processes, the same wherever a line mentions them. */

import type { ClusterMessage } from "../../events/cluster.ts";
import { below, shuffled } from "../../random.ts";
import { drawsOf } from "./draws.ts";
import { type Facts, sizesOf } from "./facts.ts";
import { zeros } from "./formats.ts";

/** Where something is: a machine, its GPU, the rank that runs on it. */
export interface Place {
  readonly host: string;
  readonly gpu: number;
  readonly rank: number;
}

/** "node-0012". @param node The machine, counted from 0. */
export function hostName(node: number): string {
  return `node-${zeros(node, 4)}`;
}

export function placeOfRank(facts: Facts, rank: number): Place {
  const { gpusPerNode } = sizesOf(facts);
  const slot = Math.floor(rank / gpusPerNode);
  return { host: hostName(facts.hosts.get(slot) ?? slot), gpu: rank % gpusPerNode, rank };
}

/** Machines are in one network with the first: its address, counted up. */
export function addressOf({ cluster }: Facts, { host }: Pick<Place, "host">): string {
  const master = /^(\d+)\.(\d+)\.(\d+)\.(\d+)/.exec(cluster?.master ?? "");
  const [a = 10, b = 0, c = 3, first = 17] = (master ?? []).slice(1).map(Number);
  // In each network of 256 the first and the last address are no machine's.
  const place = first - 1 + Number(/(\d+)$/.exec(host)?.[1] ?? 0);
  return `${a}.${b}.${(c + Math.floor(place / 254)) % 256}.${1 + (place % 254)}`;
}

/** Host and rank of a message; a drawn one where the message names none. */
export function placeOfMessage(
  facts: Facts,
  { node, gpu, rank }: Pick<ClusterMessage, "node" | "gpu" | "rank">,
): Place {
  const { gpusPerNode, worldSize } = sizesOf(facts);
  if (rank !== undefined) {
    const place = placeOfRank(facts, rank);
    return { ...place, host: node === undefined ? place.host : hostName(node) };
  }
  if (node === undefined) return placeOfRank(facts, below(facts.random, worldSize));
  const local = gpu ?? below(facts.random, gpusPerNode);
  return { host: hostName(node), gpu: local, rank: node * gpusPerNode + local };
}

/** Ranks of the first machine, in the order in which they log the same line. */
export function ranksAsTheyCome(facts: Facts, what: string): number[] {
  const { gpusPerNode } = sizesOf(facts);
  const ranks = Array.from({ length: gpusPerNode }, (_, rank) => rank);
  return shuffled(drawsOf(facts, what, facts.launches, attemptOf(facts)), ranks);
}

const NODES_TOLD = 8;

/**
 * Of what all ranks write the log has the first rank of each machine (torchrun's
 * --local-ranks-filter 0), of eight machines at most, and the rank that failed first.
 *
 * @param rank Has nothing to say.
 */
export function loggingRanks(facts: Facts, rank: number): number[] {
  const { gpusPerNode, nodes, worldSize } = sizesOf(facts);
  const firsts = Array.from({ length: nodes }, (_, node) => node * gpusPerNode);
  const others = firsts.filter((one) => one !== rank && one < worldSize).slice(0, NODES_TOLD);
  // On a single machine whose first rank is to blame, the next one reports.
  return others.length > 0 || worldSize === 1 ? others : [(rank + 1) % worldSize];
}

/** Of the launcher on a machine; the workers' follow, one for each GPU. */
export function launcherPid(facts: Facts, host: string): number {
  return 21_000 + below(drawsOf(facts, "launcher", host, facts.launches), 380_000);
}

/** Workers are started one after the other, the whole group again at each attempt. */
export function workerPid(facts: Facts, { host, gpu }: Place): number {
  const attempt = attemptOf(facts);
  const before = Array.from({ length: attempt + 1 }, (_, one) => {
    const random = drawsOf(facts, "workers", host, facts.launches, one);
    return one === 0 ? 24 + below(random, 160) : 130 + below(random, 900);
  });
  return launcherPid(facts, host) + before.reduce((sum, pids) => sum + pids, 0) + gpu;
}

/** Of a thread of a worker, in the numbers of processes. */
export function threadId(facts: Facts, place: Place, name: string): number {
  const random = drawsOf(facts, name, place.host, place.gpu, facts.launches, attemptOf(facts));
  return workerPid(facts, place) + 210 + below(random, 640);
}

/** Where the launcher has given up there is none. */
function attemptOf({ attempts, regroups, isOver }: Facts): number {
  return (isOver ? 0 : attempts) + regroups;
}

/** Bus numbers of the eight cards of a machine with NVLink, in the order of their indices. */
const BUSES = ["18", "2a", "3a", "5d", "9a", "ab", "ba", "db"];

/** The same of AMD's. */
const AMD_BUSES = ["05", "26", "46", "65", "85", "a6", "c6", "e5"];

export function amdBusId(gpu: number): string {
  return `0000:${AMD_BUSES[gpu % AMD_BUSES.length] ?? "05"}:00`;
}

/** "0000:18:00" */
export function busId(gpu: number): string {
  return `0000:${BUSES[gpu % BUSES.length] ?? "18"}:00`;
}
