/**
 * NCCL's log lines while rank 0 joins its communicators.
 *
 * Source: NCCL 2.29 (`debug.cc`, `init.cc`, `proxy.cc`, `net_ib`, `plugin`): "host:pid:tid [device]
 * NCCL INFO text". With memory of CUDA's own allocator the cards are connected when a collective
 * needs it, after the start is complete.
 */

import {
  type Communicator,
  type Communicators,
  communicatorsOf,
  joinText,
  networkText,
  proxyLines,
  sizeText,
} from "./communicator.ts";
import { drawsOfStart } from "./draws.ts";
import { type Facts, isAmd } from "./facts.ts";
import { addressOf, placeOfRank, workerPid } from "./hosts.ts";
import { isLinked } from "./nccl-channels.ts";
import { groupsOf, type Joining } from "./nccl-groups.ts";
import { info } from "./nccl-lines.ts";
import { bootstrapLine, timingsLine } from "./nccl-timings.ts";
import { cardName, connectionLines, headLines, ringLines, treesLine } from "./nccl-topology.ts";
import { rcclLines } from "./rccl-start.ts";
import { passedOn } from "./torchrun.ts";

/** Of CUDA, as the driver's branch 580 says it: the last one that knows Volta. */
const DRIVER_VERSION = 13_000;

/** Of rank 0, and that the other ranks of its machine are there too. */
export function initLines(facts: Facts, launch: Joining): string[] {
  const groups = groupsOf(facts, launch);
  const communicators = communicatorsOf(facts, groups);
  const lines = isAmd(facts) ? rcclLines(facts, communicators) : ncclLines(facts, communicators);
  return passedOn(launch, 0, lines);
}

function ncclLines(facts: Facts, [world, ...others]: Communicators): string[] {
  const { nodes, gpusPerNode } = world.ranks;
  const place = placeOfRank(facts, 0);
  const say = info(facts, place, workerPid(facts, place));
  const address = addressOf(facts, place);
  return [
    say("ENV/Plugin: Could not find: libnccl-env.so"),
    say(`Bootstrap: Using eth0:${address}<0>`),
    say(`cudaDriverVersion ${DRIVER_VERSION}`),
    say(versionText(facts)),
    say("Comm config Blocking set to 1"),
    say("NET/Plugin: Could not find: libnccl-net.so"),
    ...(nodes > 1 ? cardLines(gpusPerNode, address) : socketLines(address)).map(say),
    ...communicatorLines(facts, world, world),
    ...others.flatMap((communicator) => [
      say("Comm config Blocking set to 1"),
      ...(nodes > 1 ? ASSIGNED : ASSIGNED_SOCKET).map(say),
      ...communicatorLines(facts, communicator, world),
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
  const [first = "", ...others] = ASSIGNED;
  return [
    networkText(gpusPerNode, address),
    "Initialized NET plugin IB",
    first,
    "GIN/Plugin: Could not find: libnccl-gin.so",
    ...others,
  ];
}

function socketLines(address: string): string[] {
  return [
    "NET/IB : No device found.",
    networkText(0, address),
    "Failed to initialize NET plugin IB",
    `NET/Socket : Using [0]eth0:${address}<0>`,
    "Initialized NET plugin Socket",
    "Assigned NET plugin Socket to comm",
    "GIN/Plugin: Could not find: libnccl-gin.so",
    "Failed to initialize any GIN plugin",
    "Using network Socket",
  ];
}

/** After the card: the hash, or the communicator that it was split off. */
function originOf({ color, index, hash }: Communicator, world: Communicator): string {
  if (color === undefined) return `commId ${hash} `;
  return `parent ${world.pointer} childCount ${index} color ${color} key 0`;
}

/** @param world Which it may be split off */
function communicatorLines(
  facts: Facts,
  communicator: Communicator,
  world: Communicator,
): string[] {
  const { color, ranks, channels, timings, index } = communicator;
  const { worldSize, nodes } = ranks;
  const place = placeOfRank(facts, 0);
  const say = info(facts, place, workerPid(facts, place));
  const random = drawsOfStart(facts, "bootstrap", index);
  const { collective, sharp, pairs, perPeer } = channels;
  const isWorld = index === 0;
  const call = color === undefined ? "ncclCommInitRankConfig" : "ncclCommSplit";
  const label = color === undefined ? "[Rank 0] " : "";
  const comm = joinText(facts, communicator);
  const origin = originOf(communicator, world);
  const linked = isLinked(facts.cluster?.gpuName ?? "");
  return [
    say(`${label}${call} ${comm} ${origin}- Init START`),
    ...(isWorld ? [say("RAS client listening socket at 127.0.0.1<28028>")] : []),
    say(bootstrapLine(random, timings)),
    ...(sharp > 0
      ? [say(`NVLS multicast support is available on dev 0 (NVLS_NCHANNELS ${sharp})`)]
      : []),
    say(sizeText(communicator)),
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
