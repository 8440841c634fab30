/**
 * What NCCL says, and the watchdog that torch keeps over it.
 *
 * Source: NCCL 2.30 (`debug.cc`, `init.cc`, `net_ib`): "host:pid:tid [device] NCCL INFO text";
 * torch 2.9 (`ProcessGroupNCCL.cpp`): "[rank3]:[E1122 11:47:24.069865760 file:line] text".
 */

import type { ClusterMessage } from "../../events/cluster.ts";
import { below } from "../../random.ts";
import { type Facts, moment, sizesOf } from "./facts.ts";
import { glogNanos } from "./formats.ts";
import { otherRanks, type Place, placeOfMessage, placeOfRank, workerPid } from "./hosts.ts";

/** Of rank 0, and that the other ranks of its machine are there too. */
export function initLines(facts: Facts): string[] {
  const { worldSize, nodes, gpusPerNode } = sizesOf(facts);
  const { random, cluster } = facts;
  const version = cluster?.versions["nccl"] ?? cluster?.versions["rccl"] ?? "";
  const platform = cluster?.versions["cuda"] ?? "";
  const master = (cluster?.master ?? "10.0.3.17:29500").replace(/:\d+$/, "");
  const say = sayer(facts, placeOfRank(facts, 0));
  const id = hex(facts, 16);
  const pointer = pointerOf(facts);
  const comm = `ncclCommInitRankConfig comm ${pointer} rank 0 nranks ${worldSize} cudaDev 0 nvmlDev 0 busId 18000 commId 0x${id}`;
  const hasSwitch = /H100|H200|H800|B200|GB200/.test(cluster?.gpuName ?? "");
  const seconds = 1.6 + Math.sqrt(worldSize) / 24 + random.next() / 5;
  const name = cluster?.backend === "rccl" ? "RCCL version" : "NCCL version";
  const lines = [
    `Bootstrap: Using eth0:${master}<0>`,
    ...(platform === "" ? [] : [`cudaDriverVersion ${platform.replace(".", "0")}0`]),
    `${name} ${version}${platform === "" ? "" : `+cuda${platform}`}`,
    ...(nodes > 1 ? networkLines(gpusPerNode, master) : []),
    `[Rank 0] ${comm} - Init START`,
    ...(hasSwitch ? ["NVLS multicast support is available on dev 0"] : []),
    `comm ${pointer} rank 0 nRanks ${worldSize} nNodes ${nodes} localRanks ${gpusPerNode} localRank 0 MNNVL 0`,
    ...ringLines(worldSize, gpusPerNode),
    "P2P Chunksize set to 131072",
    ...(nodes > 1 ? channelLines(worldSize, gpusPerNode) : []),
    `Connected all rings, use ring PXN 0 GDR ${nodes > 1 ? 1 : 0}`,
    "Connected all trees",
    ...(hasSwitch && nodes > 1 ? ["Connected NVLS tree"] : []),
    `threadThresholds 8/8/64 | ${8 * worldSize}/8/64 | 512 | 512`,
    "16 coll channels, 16 collnet channels, 16 nvls channels, 16 p2p channels, 2 p2p channels per peer",
    `${comm} - Init COMPLETE`,
    `Init timings - ncclCommInitRankConfig: rank 0 nranks ${worldSize} total ${seconds.toFixed(2)} (kernels 0.21, alloc 0.44, bootstrap ${(seconds - 1.35).toFixed(2)}, allgathers 0.06, topo 0.31, graphs 0.03, connections 0.24, rest 0.06)`,
  ];
  return lines.map(say);
}

function networkLines(gpusPerNode: number, master: string): string[] {
  const cards = Array.from({ length: gpusPerNode }, (_, i) => `[${i}]mlx5_${i}:1/IB`).join(" ");
  return [
    `NET/IB : Using ${cards} [RO]; OOB eth0:${master}<0>`,
    "Using network IB",
    "DMA-BUF is available on GPU device 0",
  ];
}

/** Rings are listed rank by rank; nobody keeps the lists of bigger ones. */
const RING_RANKS_MAX = 512;

function ringLines(worldSize: number, gpusPerNode: number): string[] {
  if (worldSize < 2) return [];
  const up = worldSize > gpusPerNode ? `1/${gpusPerNode}/-1->0->-1` : "1/-1/-1->0->-1";
  const trees = `Trees [0] ${up} [1] ${up}`;
  if (worldSize > RING_RANKS_MAX) return [trees];
  const width = Math.max(3, String(worldSize - 1).length);
  // Into a machine by its first card, out by its second.
  const ranks = Array.from({ length: worldSize }, (_, i) => {
    const inNode = i % gpusPerNode;
    return i - inNode + (inNode === 0 ? 0 : gpusPerNode - inNode);
  });
  const ring = ranks.map((rank) => String(rank).padStart(width)).join(" ");
  return [`Channel 00/16 : ${ring}`, `Channel 01/16 : ${ring}`, trees];
}

function channelLines(worldSize: number, gpusPerNode: number): string[] {
  const last = worldSize - 1;
  return [
    `Channel 00/0 : ${last}[${last % gpusPerNode}] -> 0[0] [receive] via NET/IB/0/GDRDMA`,
    `Channel 08/0 : ${last}[${last % gpusPerNode}] -> 0[0] [receive] via NET/IB/0/GDRDMA`,
    `Channel 00/0 : 0[0] -> ${gpusPerNode - 1}[${gpusPerNode - 1}] via P2P/CUMEM`,
  ];
}

/** A card lost its peer in the middle of a collective. */
export function remoteErrorLines(facts: Facts, message: ClusterMessage): string[] {
  const place = placeOfMessage(facts, message);
  const peers = otherRanks(facts, place.rank, 2).map((rank) => placeOfRank(facts, rank));
  return peers.map((peer) => {
    const pid = workerPid(facts, peer);
    return `${peer.host}:${pid}:${pid + 431} [${peer.gpu}] transport/net_ib.cc:2304 NCCL WARN NET/IB: Got completion from peer ${addressOf(facts, place)}<${40_000 + below(facts.random, 20_000)}> with status=12 opcode=0 len=0 vendor err 129 (Recv) hca mlx5_${peer.gpu}`;
  });
}

/** The others see the collective time out; the one that is to blame has its number behind. */
export function watchdogLines(facts: Facts, message: ClusterMessage): string[] {
  const { rank } = placeOfMessage(facts, message);
  const timeout = message.values?.["timeoutMs"];
  const timeoutMs = typeof timeout === "number" ? timeout : 600_000;
  const { random } = facts;
  const sequence = 40_000 + ((facts.step * 97) % 900_000);
  const elements = 2 ** (20 + below(random, 6));
  const last = facts.cluster?.sharding === "full" ? "_ALLGATHER_BASE" : "_REDUCE_SCATTER_BASE";
  let ranMs = timeoutMs;
  return otherRanks(facts, rank, 4).flatMap((one) => {
    ranMs += 9 + below(random, 40);
    const atMs = facts.atMs + ranMs - timeoutMs;
    const work = `WorkNCCL(SeqNum=${sequence}, OpType=${last}, NumelIn=${elements}, NumelOut=${elements / 8}, Timeout(ms)=${timeoutMs})`;
    return [
      torchError(facts, one, {
        line: 684,
        atMs,
        text: `[Rank ${one}] Watchdog caught collective operation timeout: ${work} ran for ${ranMs} milliseconds before timing out.`,
      }),
      torchError(facts, one, {
        line: 2238,
        atMs,
        text: `[PG ID 1 PG GUID 1 Rank ${one}] failure detected by watchdog at work sequence id: ${sequence} PG status: last enqueued work: ${sequence + 2}, last completed work: ${sequence - 1}`,
      }),
    ];
  });
}

/** How a rank says farewell after the watchdog has fired. */
export function takenDownLines(facts: Facts, rank: number): string[] {
  const { atMs } = facts;
  return [
    torchError(facts, rank, {
      line: 730,
      atMs,
      text: `[Rank ${rank}] Some NCCL operations have failed or timed out. Due to the asynchronous nature of CUDA kernels, subsequent GPU operations might run on corrupted/incomplete data.`,
    }),
    torchError(facts, rank, {
      line: 744,
      atMs,
      text: `[Rank ${rank}] To avoid data inconsistency, we are taking the entire process down.`,
    }),
  ];
}

interface TorchError {
  /** In `ProcessGroupNCCL.cpp`. */
  readonly line: number;
  readonly atMs: number;
  readonly text: string;
}

function torchError(facts: Facts, rank: number, { line, atMs, text }: TorchError): string {
  const time = glogNanos(moment(facts, atMs), below(facts.random, 1000));
  return `[rank${rank}]:[E${time} ProcessGroupNCCL.cpp:${line}] ${text}`;
}

function sayer(facts: Facts, place: Place): (text: string) => string {
  const pid = workerPid(facts, place);
  const thread = pid + 408;
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

function pointerOf(facts: Facts): string {
  return `0x55${hex(facts, 10)}`;
}

function hex({ random }: Facts, digits: number): string {
  return Array.from({ length: digits }, () => below(random, 16).toString(16)).join("");
}
