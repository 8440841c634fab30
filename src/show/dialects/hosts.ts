/** Names of machines and processes, the same wherever a line mentions them. */

import type { ClusterMessage } from "../../events/cluster.ts";
import { below, seededRandom } from "../../random.ts";
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

/** Where a message comes from; any rank of the node where it tells no GPU, any node where none. */
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

/** Ranks other than this one, spread over the job, each once; the same ones until the next step. */
export function otherRanks(facts: Facts, rank: number, count: number): number[] {
  const { worldSize } = sizesOf(facts);
  const random = seededRandom(facts.step * 8191 + rank);
  const ranks = new Set<number>();
  for (let tries = 0; ranks.size < Math.min(count, worldSize - 1) && tries < 100; tries += 1) {
    const one = below(random, worldSize);
    if (one !== rank) ranks.add(one);
  }
  return [...ranks];
}

/** Of the launcher on a machine; the workers' follow, one for each GPU. */
export function launcherPid(facts: Facts, host: string): number {
  let mixed = facts.launches;
  for (const letter of host) mixed = (Math.imul(mixed, 31) + letter.charCodeAt(0)) >>> 0;
  return 21_000 + below(seededRandom(mixed), 380_000);
}

export function workerPid(facts: Facts, { host, gpu }: Place): number {
  return launcherPid(facts, host) + 67 + gpu + 211 * facts.attempts;
}

/** Bus numbers of the eight cards of a machine with NVLink, in the order of their indices. */
const BUSES = ["18", "2a", "3a", "5d", "9a", "ab", "ba", "db"];

/** "0000:18:00" */
export function busId(gpu: number): string {
  return `0000:${BUSES[gpu % BUSES.length] ?? "18"}:00`;
}
