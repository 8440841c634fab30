/**
 * How many channels a communicator has, by the cards and by how they reach each other.
 *
 * Source: what NCCL 2.27 to 2.29 prints on eight H100 (24 of collectives, 16 of NVLink SHARP, 32
 * of pairs), eight A100 (24, none, 32), eight H800 (16, 16, 16), V100 (12, none, 16), B200 (32),
 * cards behind PCIe (2), single cards (64); RCCL on eight MI300X (56). Over several machines one
 * with eight network cards has 16, and a single card of each machine 2.
 */

import type { Ranks } from "./nccl-ranks.ts";

export interface Channels {
  readonly collective: number;
  /** Of NVLink SHARP; 0 for cards that are not behind a switch that adds. */
  readonly sharp: number;
  readonly pairs: number;
  readonly perPeer: number;
}

type Counts = readonly [collective: number, pairs: number, perPeer: number];

const ON_ONE_MACHINE: readonly (readonly [name: RegExp, counts: Counts])[] = [
  [/Instinct MI3/, [56, 64, 8]],
  [/Instinct/, [16, 16, 2]],
  [/PCIe|NVL/, [2, 2, 2]],
  [/\bG?B[23]00\b/, [32, 32, 32]],
  [/\b[HA]800\b/, [16, 16, 16]],
  [/\b(H100|H200|H20|GH200|A100)\b/, [24, 32, 32]],
  [/V100/, [12, 16, 2]],
];
const BEHIND_PCIE: Counts = [2, 2, 2];
const ONE_CARD: Counts = [64, 64, 64];
const ONE_CARD_OF_EACH: Counts = [2, 2, 1];
const MACHINES: Counts = [16, 16, 2];

export function channelsOf(gpuName: string, ranks: Ranks): Channels {
  const [collective, pairs, perPeer] = countsOf(gpuName, ranks);
  return { collective, sharp: sharpChannels(gpuName, ranks), pairs, perPeer };
}

function countsOf(gpuName: string, { worldSize, nodes, gpusPerNode }: Ranks): Counts {
  if (worldSize === 1) return ONE_CARD;
  if (nodes > 1) return gpusPerNode === 1 ? ONE_CARD_OF_EACH : MACHINES;
  return ON_ONE_MACHINE.find(([name]) => name.test(gpuName))?.[1] ?? BEHIND_PCIE;
}

function sharpChannels(gpuName: string, { gpusPerNode }: Ranks): number {
  if (gpusPerNode === 1 || /PCIe|NVL/.test(gpuName)) return 0;
  if (/\bG?B[23]00\b/.test(gpuName)) return 32;
  return /\b(H100|H200|H800|H20|GH200)\b/.test(gpuName) ? 16 : 0;
}

/** All cards of a machine reach each other over links of their own. */
export function isLinked(gpuName: string): boolean {
  return countsOf(gpuName, { worldSize: 2, nodes: 1, gpusPerNode: 2 })[0] > BEHIND_PCIE[0];
}
