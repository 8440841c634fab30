/**
 * What NCCL says.
 *
 * Source: NCCL 2.29 (`debug.cc`, `init.cc`, `net_ib`): "host:pid:tid [device] NCCL INFO text".
 */

import type { ClusterMessage } from "../../events/cluster.ts";
import { below, type Random, uniform } from "../../random.ts";
import { around, drawsOf } from "./drawn.ts";
import { type Facts, sizesOf } from "./facts.ts";
import {
  type Place,
  placeOfMessage,
  placeOfRank,
  threadId,
  toldRanks,
  workerPid,
} from "./hosts.ts";
import {
  CHANNELS,
  connectionLines,
  headLines,
  type Ranks,
  ringLines,
  treesLine,
} from "./nccl-topology.ts";
import { type Launch, passedOn } from "./torchrun.ts";

/** Of CUDA, as the driver's branch 580 says it: the last one that knows Volta. */
const DRIVER_VERSION = 13_000;

/** Of rank 0, and that the other ranks of its machine are there too. */
export function initLines(facts: Facts, launch: Launch): string[] {
  const ranks = sizesOf(facts);
  const { worldSize, nodes, gpusPerNode } = ranks;
  const { cluster } = facts;
  const isAmd = cluster?.backend === "rccl";
  const master = (cluster?.master ?? "10.0.3.17:29500").replace(/:\d+$/, "");
  const say = sayer(facts, placeOfRank(facts, 0));
  const random = drawsOf(facts, "communicator", facts.launches, facts.attempts, facts.regroups);
  const pointer = pointerOf(random);
  const comm = `ncclCommInitRankConfig comm ${pointer} rank 0 nranks ${worldSize} cudaDev 0 nvmlDev 0 busId ${isAmd ? 5000 : 18_000} commId 0x${hex(random, 16)}`;
  const heads = isAmd ? 0 : sharpChannels(cluster?.gpuName ?? "");
  const lines = [
    `Bootstrap: Using eth0:${master}<0>`,
    ...(isAmd ? [] : [`cudaDriverVersion ${DRIVER_VERSION}`]),
    versionText(facts),
    ...(nodes > 1 ? networkLines(gpusPerNode, master) : []),
    `[Rank 0] ${comm} - Init START`,
    ...(heads > 0
      ? [`NVLS multicast support is available on dev 0 (NVLS_NCHANNELS ${heads})`]
      : []),
    `comm ${pointer} rank 0 nRanks ${worldSize} nNodes ${nodes} localRanks ${gpusPerNode} localRank 0 MNNVL 0`,
    ...(heads > 0 ? headLines(ranks) : []),
    ...ringLines(ranks),
    treesLine(ranks),
    "P2P Chunksize set to 131072",
    ...connectionLines(ranks, isAmd ? "P2P/IPC" : "P2P/CUMEM"),
    `Connected all rings, use ring PXN 0 GDR ${nodes > 1 ? 1 : 0}`,
    "Connected all trees",
    ...(heads > 0 && nodes > 1 ? ["Connected NVLS tree"] : []),
    `threadThresholds 8/8/64 | ${8 * worldSize}/8/64 | 512 | 512`,
    `${CHANNELS} coll channels, ${CHANNELS} collnet channels, ${heads} nvls channels, ${CHANNELS} p2p channels, 2 p2p channels per peer`,
    `${comm} - Init COMPLETE`,
    timingsLine(facts, random, ranks),
  ];
  return passedOn(launch, 0, lines.map(say));
}

function versionText({ cluster }: Facts): string {
  const { nccl = "", rccl, cuda } = cluster?.versions ?? {};
  if (cluster?.backend === "rccl") return `RCCL version ${rccl ?? ""}`;
  return `NCCL version ${nccl}${cuda === undefined ? "" : `+cuda${cuda}`}`;
}

/** Channels of NVLink SHARP; 0 for cards that are not behind a switch that adds. */
function sharpChannels(gpuName: string): number {
  if (/PCIe|NVL/.test(gpuName)) return 0;
  if (/\bG?B[23]00\b/.test(gpuName)) return 32;
  return /\b(H100|H200|H800|H20|GH200)\b/.test(gpuName) ? 16 : 0;
}

/** Parts of the start of a communicator, in seconds: medians on a machine with eight cards. */
interface Start {
  readonly kernels: number;
  readonly alloc: number;
  readonly topo: number;
  readonly connections: number;
}

const STARTS: readonly (readonly [name: RegExp, start: Start])[] = [
  [/\bG?B[23]00\b/, { kernels: 0.52, alloc: 0.46, topo: 0.62, connections: 0.52 }],
  [/H100|H200|H800|H20/, { kernels: 0.34, alloc: 0.52, topo: 0.24, connections: 0.36 }],
  [/Instinct/, { kernels: 0.06, alloc: 0.12, topo: 0.46, connections: 0.31 }],
  [/V100/, { kernels: 0.15, alloc: 0.03, topo: 0.17, connections: 0.16 }],
];
const OTHER_START: Start = { kernels: 0.19, alloc: 0.09, topo: 0.13, connections: 0.18 };

/** What the ranks wait for each other is in the bootstrap, and makes the sum. */
function timingsLine(facts: Facts, random: Random, { worldSize, nodes }: Ranks): string {
  const name = facts.cluster?.gpuName ?? "";
  const { kernels, alloc, topo, connections } =
    STARTS.find(([known]) => known.test(name))?.[1] ?? OTHER_START;
  // Meeting takes rounds over all ranks, connecting one for each level of the trees.
  const levels = 1 + 0.22 * Math.log2(Math.max(1, nodes));
  const parts = {
    kernels: around(random, kernels, 0.15),
    alloc: around(random, alloc, 0.2),
    bootstrap: around(random, 0.05 + worldSize / 1500, 0.35),
    allgathers: around(random, 0.01 + worldSize / 9000, 0.3),
    topo: around(random, topo, 0.15),
    graphs: around(random, 0.01 + Math.log2(worldSize + 1) / 250, 0.3),
    connections: around(random, connections * levels, 0.2),
    rest: uniform(random, 0, 0.06),
  };
  const drawn = Object.values(parts).reduce((sum, seconds) => sum + seconds, 0);
  const toldSeconds = (facts.connectingMs ?? 1000 * drawn) / 1000;
  // Where the run tells how long it took, the ranks waited for each other in what is missing.
  const missing = toldSeconds - drawn;
  const scale = missing < 0 ? toldSeconds / drawn : 1;
  const hundredths = Object.entries(parts).map(([part, seconds]): [string, number] => {
    const waited = part === "bootstrap" ? Math.max(0, missing) : 0;
    return [part, Math.round(100 * (scale * seconds + waited))];
  });
  const total = hundredths.reduce((sum, [, part]) => sum + part, 0);
  const text = hundredths.map(([part, count]) => `${part} ${(count / 100).toFixed(2)}`).join(", ");
  return `Init timings - ncclCommInitRankConfig: rank 0 nranks ${worldSize} total ${(total / 100).toFixed(2)} (${text})`;
}

function networkLines(gpusPerNode: number, master: string): string[] {
  const cards = Array.from({ length: gpusPerNode }, (_, i) => `[${i}]mlx5_${i}:1/IB`).join(" ");
  return [
    `NET/IB : Using ${cards} [RO]; OOB eth0:${master}<0>`,
    "Using network IB",
    "DMA-BUF is available on GPU device 0",
  ];
}

/** A card lost its peer in the middle of a collective. */
export function remoteErrorLines(facts: Facts, launch: Launch, message: ClusterMessage): string[] {
  const place = placeOfMessage(facts, message);
  const peers = toldRanks(facts, place.rank).map((rank) => placeOfRank(facts, rank));
  return peers.slice(0, 2).flatMap((peer) => {
    const pid = workerPid(facts, peer);
    const line = `${peer.host}:${pid}:${threadId(facts, peer, "nccl-proxy")} [${peer.gpu}] transport/net_ib.cc:2304 NCCL WARN NET/IB: Got completion from peer ${addressOf(facts, place)}<${40_000 + below(facts.random, 20_000)}> with status=12 opcode=0 len=0 vendor err 129 (Recv) hca mlx5_${peer.gpu}`;
    return passedOn(launch, peer.rank, [line]);
  });
}

function sayer(facts: Facts, place: Place): (text: string) => string {
  const pid = workerPid(facts, place);
  const thread = threadId(facts, place, "nccl-init");
  return (text) => {
    const isMain = /^(Bootstrap|cudaDriver|NCCL version|RCCL version)/.test(text);
    return `${place.host}:${pid}:${isMain ? pid : thread} [${place.gpu}] NCCL INFO ${text}`;
  };
}

/** Machines are in one network with the first: its address, counted up. */
export function addressOf({ cluster }: Facts, { host }: Place): string {
  const [a = "10", b = "0", c = "3"] = (cluster?.master ?? "").split(".");
  const node = Number(/(\d+)$/.exec(host)?.[1] ?? 0);
  return `${a}.${b}.${(Number(c) + Math.floor((17 + node) / 250)) % 256}.${((17 + node) % 250) + (node >= 233 ? 1 : 0)}`;
}

/** Allocators give memory in pieces of 16 bytes. */
function pointerOf(random: Random): string {
  return `0x55${hex(random, 9)}0`;
}

function hex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => below(random, 16).toString(16)).join("");
}
