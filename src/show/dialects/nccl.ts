/**
 * What NCCL says while rank 0 joins its communicators.
 *
 * Source: NCCL 2.29 (`debug.cc`, `init.cc`, `proxy.cc`, `net_ib`, `plugin`): "host:pid:tid [device]
 * NCCL INFO text". With memory of CUDA's own allocator the cards are connected when a collective
 * needs it, after the start is complete.
 */

import { drawsOf } from "./drawn.ts";
import { type Facts, sizesOf } from "./facts.ts";
import { addressOf, placeOfRank, workerPid } from "./hosts.ts";
import { type Channels, channelsOf, isLinked } from "./nccl-channels.ts";
import { type Group, groupsOf, type Joining } from "./nccl-groups.ts";
import {
  busNumber,
  coreOf,
  hashOf,
  info,
  pointerOf,
  type ThreadName,
  threadOf,
} from "./nccl-lines.ts";
import {
  bootstrapLine,
  groupTimings,
  type Timings,
  timingsLine,
  worldTimings,
} from "./nccl-timings.ts";
import {
  cardName,
  connectionLines,
  headLines,
  type Ranks,
  ringLines,
  treesLine,
} from "./nccl-topology.ts";
import { rcclLines } from "./rccl-start.ts";
import { passedOn } from "./torchrun.ts";

/** Of CUDA, as the driver's branch 580 says it: the last one that knows Volta. */
const DRIVER_VERSION = 13_000;

/** Of rank 0, and that the other ranks of its machine are there too. */
export function initLines(facts: Facts, launch: Joining): string[] {
  const groups = groupsOf(facts, launch);
  const lines =
    facts.cluster?.backend === "rccl" ? rcclLines(facts, groups) : ncclLines(facts, groups);
  return passedOn(launch, 0, lines);
}

/** What a communicator is called, who is in it, and by whom its lines are written. */
interface Communicator {
  readonly call: string;
  /** "comm 0x55... rank 0 nranks 8 cudaDev 0 ..." without what makes it unique. */
  readonly comm: string;
  readonly pointer: string;
  /** After the card: the hash, or the communicator that it was split off. */
  readonly origin: string;
  readonly ranks: Ranks;
  readonly channels: Channels;
  readonly timings: Timings;
  /** 0 for that of all ranks. */
  readonly index: number;
}

function ncclLines(facts: Facts, groups: readonly Group[]): string[] {
  const { worldSize, nodes, gpusPerNode } = sizesOf(facts);
  const ranks = { worldSize, nodes, gpusPerNode };
  const place = placeOfRank(facts, 0);
  const say = info(facts, place, workerPid(facts, place));
  const address = addressOf(facts, place);
  const random = drawsOf(facts, "timings", facts.launches, facts.attempts, facts.regroups);
  const world = communicatorOf(facts, 0, {
    ranks,
    timings: worldTimings(facts, random, ranks),
  });
  return [
    say("ENV/Plugin: Could not find: libnccl-env.so"),
    say(`Bootstrap: Using eth0:${address}<0>`),
    say(`cudaDriverVersion ${DRIVER_VERSION}`),
    say(versionText(facts)),
    say("Comm config Blocking set to 1"),
    say("NET/Plugin: Could not find: libnccl-net.so"),
    ...(nodes > 1 ? cardLines(gpusPerNode, address) : socketLines(address)).map(say),
    ...communicatorLines(facts, world),
    ...groups.flatMap((group, i) => [
      say("Comm config Blocking set to 1"),
      ...(nodes > 1 ? ASSIGNED : ASSIGNED_SOCKET).map(say),
      ...communicatorLines(
        facts,
        communicatorOf(facts, i + 1, {
          ranks: group.ranks,
          timings: groupTimings(random),
          parent: group.color === undefined ? undefined : world.pointer,
          split: { count: i + 1, color: group.color },
        }),
      ),
    ]),
  ];
}

/**
 * The toolkit behind the plus is the one that NVIDIA's packages of NCCL are built with, a newer one
 * than torch's.
 */
function versionText({ cluster }: Facts): string {
  const { nccl = "", cuda = "" } = cluster?.versions ?? {};
  const builtWith = cuda.startsWith("13") ? "13.2" : cuda.startsWith("12") ? "12.9" : cuda;
  return `NCCL version ${nccl}${builtWith === "" ? "" : `+cuda${builtWith}`}`;
}

const ASSIGNED = [
  "Assigned NET plugin IB to comm",
  "Assigned GIN plugin GIN_IB_GDAKI to comm",
  "Assigned RMA plugin GIN_IB_PROXY to comm",
  "Using network IB",
  "DMA-BUF is available on GPU device 0",
];
const ASSIGNED_SOCKET = ["Assigned NET plugin Socket to comm", "Using network Socket"];

function cardLines(gpusPerNode: number, address: string): string[] {
  const cards = Array.from({ length: gpusPerNode }, (_, i) => `[${i}]mlx5_${i}:1/IB`).join(" ");
  const [first = "", ...others] = ASSIGNED;
  return [
    `NET/IB : Using ${cards} [RO]; OOB eth0:${address}<0>`,
    "Initialized NET plugin IB",
    first,
    "GIN/Plugin: Could not find: libnccl-gin.so",
    ...others,
  ];
}

function socketLines(address: string): string[] {
  return [
    "NET/IB : No device found.",
    `NET/IB : Using [RO]; OOB eth0:${address}<0>`,
    "Failed to initialize NET plugin IB",
    `NET/Socket : Using [0]eth0:${address}<0>`,
    "Initialized NET plugin Socket",
    "Assigned NET plugin Socket to comm",
    "GIN/Plugin: Could not find: libnccl-gin.so",
    "Failed to initialize any GIN plugin",
    "Using network Socket",
  ];
}

interface Origin {
  readonly ranks: Ranks;
  readonly timings: Timings;
  /** Where it is split off another one. */
  readonly parent?: string | undefined;
  readonly split?: { readonly count: number; readonly color: number | undefined };
}

function communicatorOf(facts: Facts, index: number, origin: Origin): Communicator {
  const { ranks, timings, parent, split } = origin;
  const random = drawsOf(
    facts,
    "communicator",
    index,
    facts.launches,
    facts.attempts,
    facts.regroups,
  );
  const pointer = pointerOf(random);
  const comm = `comm ${pointer} rank 0 nranks ${ranks.worldSize} cudaDev 0 nvmlDev 0 busId ${busNumber(facts, 0)}`;
  return {
    index,
    call: parent === undefined ? "ncclCommInitRankConfig" : "ncclCommSplit",
    comm,
    pointer,
    origin:
      parent === undefined
        ? `commId ${hashOf(random)} `
        : `parent ${parent} childCount ${split?.count ?? 0} color ${split?.color ?? 0} key 0`,
    ranks,
    channels: channelsOf(facts.cluster?.gpuName ?? "", ranks),
    timings,
  };
}

function communicatorLines(facts: Facts, communicator: Communicator): string[] {
  const { call, comm, origin, pointer, ranks, channels, timings, index } = communicator;
  const { worldSize, nodes, gpusPerNode } = ranks;
  const place = placeOfRank(facts, 0);
  const say = info(facts, place, workerPid(facts, place));
  const random = drawsOf(facts, "bootstrap", index, facts.launches, facts.attempts, facts.regroups);
  const { collective, sharp, pairs, perPeer } = channels;
  const isWorld = index === 0;
  const label = origin.startsWith("commId") ? "[Rank 0] " : "";
  const linked = isLinked(facts.cluster?.gpuName ?? "");
  return [
    say(`${label}${call} ${comm} ${origin}- Init START`),
    ...(isWorld ? [say("RAS client listening socket at 127.0.0.1<28028>")] : []),
    say(bootstrapLine(random, timings)),
    ...(sharp > 0
      ? [say(`NVLS multicast support is available on dev 0 (NVLS_NCHANNELS ${sharp})`)]
      : []),
    say(
      `comm ${pointer} rank 0 nRanks ${worldSize} nNodes ${nodes} localRanks ${gpusPerNode} localRank 0 MNNVL 0`,
    ),
    ...(sharp > 0 ? headLines(ranks).map(say) : []),
    ...ringLines(ranks, channels).map(say),
    say(treesLine(ranks, channels)),
    say(`P2P Chunksize set to ${nodes === 1 && linked ? 524_288 : 131_072}`),
    ...(isWorld ? [say("PROFILER/Plugin: Could not find: libnccl-profiler.so")] : []),
    say(`Check P2P Type isAllDirectP2p ${linked ? 1 : 0} directMode 0 isAllCudaP2p 1`),
    ...proxyLines(facts, index, ["Service", "Service UDS"]),
    ...(isWorld ? [say("TUNER/Plugin: Could not find: libnccl-tuner.so")] : []),
    ...(worldSize > 1 ? [say(`threadThresholds 8/8/64 | ${8 * worldSize}/8/64 | 512 | 512`)] : []),
    say(
      `${collective} coll channels, ${collective} collnet channels, ${sharp} nvls channels, ${pairs} p2p channels, ${perPeer} p2p channels per peer`,
    ),
    say("CC Off, workFifoBytes 1048576"),
    say(`${call} ${comm} ${origin.trimEnd()} - Init COMPLETE`),
    say(timingsLine(call, ranks, timings)),
    ...connectedLines(facts, communicator),
  ];
}

/** With the first collective, which comes right after the start. */
function connectedLines(facts: Facts, { index, pointer, ranks, channels }: Communicator): string[] {
  const { worldSize, nodes, gpusPerNode } = ranks;
  if (worldSize < 2) return [];
  const place = placeOfRank(facts, 0);
  const say = info(facts, place, workerPid(facts, place));
  const { sharp } = channels;
  const localName = (rank: number): string => cardName(rank, ranks);
  const ways = { local: "P2P/CUMEM", localName };
  const perRank = sharp * 2 * 1_048_576;
  return [
    ...(nodes > 1 ? proxyLines(facts, index, ["Progress"]) : []),
    ...connectionLines(ranks, channels, ways).map(say),
    say("Connected all rings, use ring PXN 0 GDR 1"),
    say("Connected all trees"),
    ...(sharp > 0
      ? [
          say(
            `NVLS comm ${pointer} headRank 0 nHeads ${gpusPerNode} nvlsRanks ${gpusPerNode} buffSize 1048576 nvlsPerRankSize ${perRank} nvlsTotalSize ${perRank * gpusPerNode}`,
          ),
        ]
      : []),
    ...(sharp > 0 && nodes > 1 ? [say("Connected NVLS tree")] : []),
  ];
}

/** Threads that no card is set for yet; the one that moves data is the first communicator's. */
function proxyLines(facts: Facts, index: number, threads: readonly ThreadName[]): string[] {
  const place = placeOfRank(facts, 0);
  return threads.map((thread) => {
    const random = drawsOf(facts, "core", index, thread, facts.launches, facts.attempts);
    const number = threadOf(facts, place, { thread, communicator: index });
    return info(facts, place, number)(`[Proxy ${thread}] Device 0 CPU core ${coreOf(random)}`);
  });
}
