/**
 * RCCL's lines while rank 0 joins its communicators: those of NCCL two releases earlier, with AMD's own in between.
 *
 * Source: RCCL 2.27.7 of ROCm 7.2 under torch. The calls have "_impl" behind their names; lines
 * about connections end in the communicator that they are for; cards of the same machine are told
 * by their bus numbers; all is connected before the start is complete.
 */

import {
  type Communicator,
  type Communicators,
  joinText,
  networkText,
  proxyLines,
  sizeText,
} from "./communicator.ts";
import { type Facts, sizesOf } from "./facts.ts";
import { zeros } from "./formats.ts";
import { addressOf, placeOfRank, workerPid } from "./hosts.ts";
import { busNumber, info, threadOf } from "./nccl-lines.ts";
import { bootstrapLine, timingsLine } from "./nccl-timings.ts";
import { connectionLines, ringLines, treesLine } from "./nccl-topology.ts";

const CALL = "ncclCommInitRankConfig_impl";
const LIBRARY = "/opt/venv/lib/python3.12/site-packages/torch/lib/librccl.so";

/** Lines about the library itself: of its version, those of HIP and ROCm it was built with. */
const BUILDS: Readonly<Record<string, readonly string[]>> = {
  "2.27.7": [
    "RCCL version : 2.27.7-HEAD:96a25b5",
    "HIP version  : 7.2.53211-671d39a71e",
    "ROCm version : 7.2.2.0-86-671d39a71e",
  ],
};

export function rcclLines(facts: Facts, communicators: Communicators): string[] {
  const place = placeOfRank(facts, 0);
  const say = info(facts, place, workerPid(facts, place));
  const version = facts.cluster?.versions["rccl"] ?? "";
  const [first = "", ...others] = [
    ...(BUILDS[version] ?? [`RCCL version : ${version}`]),
    `Hostname     : ${place.host}`,
    `Librccl path : ${LIBRARY}`,
  ];
  return [
    say(`Bootstrap: Using eth0:${addressOf(facts, place)}<0>`),
    say("ROCr version 1.18"),
    say("Dmabuf feature disabled without NCCL_DMABUF_ENABLE=1"),
    say(first),
    ...others,
    ...communicators.flatMap((communicator) => communicatorLines(facts, communicator)),
  ];
}

function communicatorLines(facts: Facts, communicator: Communicator): string[] {
  const { index, ranks, channels, timings, pointer, hash } = communicator;
  const { worldSize, nodes } = ranks;
  const place = placeOfRank(facts, 0);
  const gpuName = facts.cluster?.gpuName ?? "";
  const comm = `${joinText(facts, communicator)} commId ${hash}`;
  const end = `comm ${pointer} nRanks ${zeros(worldSize, 2)}`;
  const { collective, pairs, perPeer } = channels;
  const main = info(facts, place, workerPid(facts, place));
  const say = info(facts, place, threadOf(facts, place, { thread: "init", communicator: index }));
  const isWorld = index === 0;
  return [
    main("Comm config Blocking set to 1"),
    ...networkLines(facts, isWorld).map(say),
    say(`${CALL} ${comm} - Init START`),
    ...(isWorld ? [say("RAS client listening socket at 127.0.0.1<28028>")] : []),
    say(bootstrapLine(communicator.random, timings)),
    say(sizeText(communicator)),
    ...ringLines(ranks, channels).map(say),
    say(`${treesLine(ranks, channels)} ${end} busId ${busNumber(facts, 0)}`),
    say(`P2P Chunksize set to ${nodes === 1 ? 524_288 : 131_072}`),
    ...(isWorld ? [say("PROFILER/Plugin: Could not find: librccl-profiler.so. ")] : []),
    say("Check P2P Type isAllDirectP2p 1 directMode 0"),
    // For connections, for handles of memory, and one that moves data.
    ...proxyLines(facts, index, ["Service", "Service UDS"]),
    ...(nodes > 1 ? proxyLines(facts, index, ["Progress"]) : []),
    ...connectedLines(facts, communicator, end).map(say),
    ...(worldSize > 1 ? [say(`threadThresholds 8/8/64 | ${8 * worldSize}/8/64 | 256 | 256`)] : []),
    say(
      `comm:${pointer}, nRanks:${worldSize}, nNodes:${nodes}, coll channels:${collective} collnet channels:${collective}, nvls channels:0, p2p channels:${pairs}, p2p channels per peer:${perPeer}`,
    ),
    say("CC Off, workFifoBytes 4194304"),
    say(`RCCL Unroll Factor (pre-set): ${unrollOf(gpuName, nodes)}`),
    ...(isWorld
      ? [say("TUNER/Plugin: Could not find: libnccl-tuner.so. Using internal tuner plugin.")]
      : []),
    say(`${CALL} ${comm} - Init COMPLETE`),
    say(timingsLine(CALL, ranks, timings)),
  ];
}

function networkLines(facts: Facts, isWorld: boolean): string[] {
  const { nodes, gpusPerNode } = sizesOf(facts);
  const address = addressOf(facts, placeOfRank(facts, 0));
  const network = nodes > 1 ? "IB" : "Socket";
  const found =
    nodes > 1
      ? [networkText(gpusPerNode, address)]
      : [
          "NET/IB : No device found.",
          networkText(0, address),
          `NET/Socket : Using [0]eth0:${address}<0>`,
        ];
  return [
    ...(isWorld
      ? [
          "NET/Plugin: Could not find: libnccl-net.so. ",
          ...found,
          `Initialized NET plugin ${network}`,
        ]
      : []),
    `Assigned NET plugin ${network} to comm`,
    `Using network ${network}`,
  ];
}

function connectedLines(facts: Facts, { ranks, channels }: Communicator, end: string): string[] {
  const { worldSize, nodes, gpusPerNode, stride = 1 } = ranks;
  if (worldSize < 2) return [];
  const localName = (rank: number): string => `${rank}[${busNumber(facts, rank * stride)}]`;
  return [
    ...connectionLines(ranks, channels, { local: "P2P/IPC", localName }).map(
      (line) => `${line} ${end}`,
    ),
    "Connected all rings, use ring PXN 0 GDR 1",
    "Connected all trees",
    // Only where each machine has one rank.
    ...(nodes > 1 && gpusPerNode === 1 ? ["Connected binomial trees"] : []),
  ];
}

/** How often a kernel's loop is unrolled, by the architecture: gfx942, gfx950, gfx90a. */
function unrollOf(gpuName: string, nodes: number): number {
  if (/MI35\d/.test(gpuName)) return nodes === 1 ? 1 : 2;
  return /MI3\d\d/.test(gpuName) ? 2 : 4;
}
