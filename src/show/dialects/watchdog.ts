/**
 * The watchdog that torch keeps over NCCL: a collective that does not end, and how the ranks take
 * themselves down because of it.
 *
 * Source: torch 2.12 (`ProcessGroupNCCL.cpp`): "[rank3]:[E1122 11:47:24.069865760 file:line] text"
 * with the line numbers and frames of that release.
 */

import type { ClusterMessage } from "../../events/cluster.ts";
import { below } from "../../random.ts";
import { drawsOf } from "./drawn.ts";
import { type Facts, moment, sizesOf } from "./facts.ts";
import { glogNanos } from "./formats.ts";
import { placeOfMessage, toldRanks } from "./hosts.ts";
import { type Launch, passedOn } from "./torchrun.ts";

/** In which all ranks of a replica's group add up or collect the weights. */
interface Collective {
  readonly type: "_ALLGATHER_BASE" | "_REDUCE_SCATTER_BASE" | "ALLREDUCE";
  readonly numelIn: number;
  readonly numelOut: number;
  /** Ranks of the process group. */
  readonly group: number;
}

/** The others see the collective time out; the one that is to blame says nothing. */
export function watchdogLines(facts: Facts, launch: Launch, message: ClusterMessage): string[] {
  const { rank } = placeOfMessage(facts, message);
  const sequence = sequenceOf(facts);
  const late = toldRanks(facts, rank).map((one) => ({ one, ranMs: ranMs(facts, one) }));
  return late
    .sort((a, b) => a.ranMs - b.ranMs)
    .flatMap(({ one, ranMs }) => {
      const atMs = facts.atMs + ranMs - facts.timeoutMs;
      const status = ` failure detected by watchdog at work sequence id: ${sequence} PG status: last enqueued work: ${sequence + 2}, last completed work: ${sequence - 1}`;
      return passedOn(launch, one, [
        torchError(facts, one, { line: 757, atMs, text: caughtText(facts, one) }),
        torchError(facts, one, { line: 2395, atMs, text: groupPrefix(facts, one) + status }),
      ]);
    });
}

/** How a rank says farewell after the watchdog has fired. */
export function takenDownLines(facts: Facts, launch: Launch, rank: number): string[] {
  const { atMs } = facts;
  const inGroup = `[Rank ${rankInGroup(facts, rank)}]`;
  return passedOn(launch, rank, [
    torchError(facts, rank, {
      line: 818,
      atMs,
      text: `${inGroup} Some NCCL operations have failed or timed out. Due to the asynchronous nature of CUDA kernels, subsequent GPU operations might run on corrupted/incomplete data.`,
    }),
    torchError(facts, rank, {
      line: 832,
      atMs,
      text: `${inGroup} To avoid data inconsistency, we are taking the entire process down.`,
    }),
    ...terminateLines(facts, rank),
  ]);
}

/** What C++ prints of the exception that nobody catches. */
function terminateLines(facts: Facts, rank: number): string[] {
  const text = `${groupPrefix(facts, rank)}Process group watchdog thread terminated with exception: ${caughtText(facts, rank)}`;
  const frames = framesOf(facts, rank);
  const raised = (from: string, line: number): string =>
    `Exception raised from ${from} at /pytorch/torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp:${line} (most recent call first):`;
  const caught = [raised("checkTimeout", 760), ...frames.slice(0, 4), ...frames.slice(5), ""];
  const [error = "", , , , unknown = "", ...thread] = frames;
  return [
    torchError(facts, rank, { line: 2197, atMs: facts.atMs, text }),
    ...caught,
    "terminate called after throwing an instance of 'c10::DistBackendError'",
    `  what():  ${text}`,
    ...caught,
    raised("run", 2203),
    error,
    ...[unknown, ...thread].map((frame, i) => frame.replace(/#\d+/, `#${i + 1}`)),
    "",
  ];
}

const ERROR_FRAME =
  "c10::Error::Error(c10::SourceLocation, std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >)";
const CHECK_FRAME =
  "c10d::ProcessGroupNCCL::WorkNCCL::checkTimeout(std::optional<std::chrono::duration<long, std::ratio<1l, 1000l> > >)";
const LIBRARIES = "/opt/venv/lib/python3.12/site-packages/torch/lib";
const SYSTEM = "/lib/x86_64-linux-gnu";

/** Function, how far into it, where that is in its library: the same in all processes. */
type Frame = readonly [name: string, into: number, library: string, address: number];

/** The fifth belongs to the second exception only. */
const FRAMES: readonly Frame[] = [
  [ERROR_FRAME, 0x9d, `${LIBRARIES}/libc10.so`, 0x6a_fad],
  [CHECK_FRAME, 0x2b1, `${LIBRARIES}/libtorch_cuda.so`, 0x110_9611],
  [
    "c10d::ProcessGroupNCCL::Watchdog::runLoop()",
    0x14f1,
    `${LIBRARIES}/libtorch_cuda.so`,
    0x111_53b1,
  ],
  ["c10d::ProcessGroupNCCL::Watchdog::run()", 0x157, `${LIBRARIES}/libtorch_cuda.so`, 0x111_6847],
  ["<unknown function>", 0x69_15eb, `${LIBRARIES}/libtorch_cuda.so`, 0x69_15eb],
  ["<unknown function>", 0xec_db4, `${SYSTEM}/libstdc++.so.6`, 0xec_db4],
  ["<unknown function>", 0x9_caa4, `${SYSTEM}/libc.so.6`, 0x9_caa4],
  ["<unknown function>", 0x12_9c6c, `${SYSTEM}/libc.so.6`, 0x12_9c6c],
];

/** Libraries lie elsewhere in each process, at whole pages; functions in them do not move. */
function framesOf(facts: Facts, rank: number): string[] {
  const isAmd = facts.cluster?.backend === "rccl";
  const bases = new Map<string, number>();
  const random = drawsOf(facts, "libraries", rank, facts.step, facts.launches);
  return FRAMES.map(([name, into, library, address], i) => {
    const base = bases.get(library) ?? 0x7f00_0000_0000 + 4096 * below(random, 2 ** 28);
    bases.set(library, base);
    const number = i < 4 ? i : i === 4 ? 1 : i - 1;
    const at = `0x${(base + address).toString(16)} in ${isAmd ? library.replace("_cuda", "_hip") : library}`;
    return `frame #${number}: ${name} + 0x${into.toString(16)} (${at})`;
  });
}

/** Of the collective that hangs: the same until the next step, whoever tells it. */
function sequenceOf({ step }: Facts): number {
  return 40_000 + ((step * 97) % 900_000);
}

/** The watchdog looks every hundred milliseconds, on each rank at another time. */
function ranMs(facts: Facts, rank: number): number {
  return facts.timeoutMs + 1 + below(drawsOf(facts, "watchdog", facts.step, rank), 98);
}

function caughtText(facts: Facts, rank: number): string {
  const { type, numelIn, numelOut } = collectiveOf(facts);
  const work = `WorkNCCL(SeqNum=${sequenceOf(facts)}, OpType=${type}, NumelIn=${numelIn}, NumelOut=${numelOut}, Timeout(ms)=${facts.timeoutMs})`;
  return `[Rank ${rankInGroup(facts, rank)}] Watchdog caught collective operation timeout: ${work} ran for ${ranMs(facts, rank)} milliseconds before timing out.`;
}

/**
 * The collective that hangs: a layer's weights are gathered or its gradients are summed up, over
 * the ranks that hold different parts of the same layer.
 */
function collectiveOf(facts: Facts): Collective {
  const { data, context, tensor, sequence, microBatch, hidden } = sizesOf(facts);
  const sharding = facts.cluster?.sharding ?? "none";
  const group = data * context;
  const part = Math.ceil(layerParameters(facts) / tensor / group);
  if (group === 1) {
    const numel = tensor === 1 ? 1 : microBatch * sequence * hidden;
    return { type: "ALLREDUCE", numelIn: numel, numelOut: numel, group: Math.max(1, tensor) };
  }
  if (sharding === "none") {
    const numel = bucketNumel(facts);
    return { type: "ALLREDUCE", numelIn: numel, numelOut: numel, group };
  }
  const gathers = sharding === "full" && below(drawsOf(facts, "hang", facts.step), 5) < 3;
  return gathers
    ? { type: "_ALLGATHER_BASE", numelIn: part, numelOut: part * group, group }
    : { type: "_REDUCE_SCATTER_BASE", numelIn: part * group, numelOut: part, group };
}

/** Float32 gradients of 25 MiB, which DDP sums up at once. */
const BUCKET_NUMEL = (25 * 2 ** 20) / 4;

/** A bucket is full with the matrix that brings it over its size. */
function bucketNumel(facts: Facts): number {
  const { hidden, feedForward } = sizesOf(facts);
  const matrix = hidden * feedForward;
  return matrix * Math.ceil(BUCKET_NUMEL / matrix);
}

/** Attention, feed-forward block and two norms; of the experts those of a rank. */
function layerParameters(facts: Facts): number {
  const { hidden, heads, kvHeads, headSize, feedForward, experts, expert } = sizesOf(facts);
  const attention = hidden * headSize * (2 * heads + 2 * kvHeads);
  const matrices = (facts.model?.gated ?? true) ? 3 : 2;
  const blocks = experts === 0 ? 1 : experts / expert;
  return attention + matrices * hidden * feedForward * blocks + experts * hidden + 2 * hidden;
}

/** Ranks of a layer's parts are neighbours; a group has one of each of them. */
function rankInGroup(facts: Facts, rank: number): number {
  const { tensor, data, context } = sizesOf(facts);
  const { group } = collectiveOf(facts);
  return group === data * context ? Math.floor(rank / tensor) % group : rank % group;
}

function groupPrefix(facts: Facts, rank: number): string {
  const { worldSize } = sizesOf(facts);
  const isWhole = collectiveOf(facts).group === worldSize;
  const group = isWhole ? "PG ID 0 PG GUID 0(default_pg)" : "PG ID 1 PG GUID 1";
  return `[${group} Rank ${rankInGroup(facts, rank)}] `;
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
