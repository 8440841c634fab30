/**
 * What RCCL says while rank 0 joins its communicators: NCCL's words of two releases before, with
 * AMD's own between them.
 *
 * Source: RCCL 2.27.7 of ROCm 7.2 under torch. The calls have "_impl" behind their names; lines
 * about connections end in the communicator that they are for; cards of the same machine are told
 * by their bus numbers; all is connected before the start is complete.
 */

import { drawsOf } from "./drawn.ts";
import { type Facts, sizesOf } from "./facts.ts";
import { zeros } from "./formats.ts";
import { addressOf, placeOfRank, workerPid } from "./hosts.ts";
import { channelsOf } from "./nccl-channels.ts";
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
import {
  bootstrapLine,
  groupTimings,
  type Timings,
  timingsLine,
  worldTimings,
} from "./nccl-timings.ts";
import { connectionLines, type Ranks, ringLines, treesLine } from "./nccl-topology.ts";

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

export function rcclLines(facts: Facts, groups: readonly Group[]): string[] {
  const { worldSize, nodes, gpusPerNode } = sizesOf(facts);
  const ranks = { worldSize, nodes, gpusPerNode };
  const place = placeOfRank(facts, 0);
  const say = info(facts, place, workerPid(facts, place));
  const random = drawsOf(facts, "timings", facts.launches, facts.attempts, facts.regroups);
  const version = facts.cluster?.versions["rccl"] ?? "";
  const [first = "", ...others] = [
    ...(BUILDS[version] ?? [`RCCL version : ${version}`]),
    `Hostname     : ${place.host}`,
    `Librccl path : ${LIBRARY}`,
  ];
  const world = { index: 0, ranks, timings: worldTimings(facts, random, ranks) };
  return [
    say(`Bootstrap: Using eth0:${addressOf(facts, place)}<0>`),
    say("ROCr version 1.18"),
    say("Dmabuf feature disabled without NCCL_DMABUF_ENABLE=1"),
    say(first),
    ...others,
    ...communicatorLines(facts, world),
    ...groups.flatMap((group, i) =>
      communicatorLines(facts, {
        index: i + 1,
        ranks: group.ranks,
        timings: groupTimings(random),
      }),
    ),
  ];
}

interface Communicator {
  /** 0 for that of all ranks. */
  readonly index: number;
  readonly ranks: Ranks;
  readonly timings: Timings;
}

function communicatorLines(facts: Facts, communicator: Communicator): string[] {
  const { index, ranks, timings } = communicator;
  const { worldSize, nodes, gpusPerNode } = ranks;
  const place = placeOfRank(facts, 0);
  const random = drawsOf(
    facts,
    "communicator",
    index,
    facts.launches,
    facts.attempts,
    facts.regroups,
  );
  const pointer = pointerOf(random);
  const gpuName = facts.cluster?.gpuName ?? "";
  const channels = channelsOf(gpuName, ranks);
  const comm = `comm ${pointer} rank 0 nranks ${worldSize} cudaDev 0 nvmlDev 0 busId ${busNumber(facts, 0)} commId ${hashOf(random)}`;
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
    say(bootstrapLine(random, timings)),
    say(
      `comm ${pointer} rank 0 nRanks ${worldSize} nNodes ${nodes} localRanks ${gpusPerNode} localRank 0 MNNVL 0`,
    ),
    ...ringLines(ranks, channels).map(say),
    say(`${treesLine(ranks, channels)} ${end} busId ${busNumber(facts, 0)}`),
    say(`P2P Chunksize set to ${nodes === 1 ? 524_288 : 131_072}`),
    ...(isWorld ? [say("PROFILER/Plugin: Could not find: librccl-profiler.so. ")] : []),
    say("Check P2P Type isAllDirectP2p 1 directMode 0"),
    ...proxyLines(facts, index, nodes),
    ...connectedLines(facts, ranks, end).map(say),
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
  const cards = Array.from({ length: gpusPerNode }, (_, i) => `[${i}]mlx5_${i}:1/IB`).join(" ");
  const found =
    nodes > 1
      ? [`NET/IB : Using ${cards} [RO]; OOB eth0:${address}<0>`]
      : [
          "NET/IB : No device found.",
          `NET/IB : Using [RO]; OOB eth0:${address}<0>`,
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

/** Their threads: for connections, for handles of memory, and one that moves data. */
function proxyLines(facts: Facts, index: number, nodes: number): string[] {
  const place = placeOfRank(facts, 0);
  const threads: readonly ThreadName[] = ["Service", "Service UDS"];
  const all = nodes > 1 ? [...threads, "Progress" as const] : threads;
  return all.map((thread) => {
    const number = threadOf(facts, place, { thread, communicator: index });
    const random = drawsOf(facts, "core", index, thread, facts.launches, facts.attempts);
    return info(facts, place, number)(`[Proxy ${thread}] Device 0 CPU core ${coreOf(random)}`);
  });
}

function connectedLines(facts: Facts, ranks: Ranks, end: string): string[] {
  const { worldSize, nodes, gpusPerNode, stride = 1 } = ranks;
  if (worldSize < 2) return [];
  const localName = (rank: number): string => `${rank}[${busNumber(facts, rank * stride)}]`;
  const channels = channelsOf(facts.cluster?.gpuName ?? "", ranks);
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
