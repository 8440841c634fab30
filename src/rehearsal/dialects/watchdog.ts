/**
 * torch's NCCL watchdog: detects a collective that does not finish, and how the ranks abort because
 * of it.
 *
 * Source: torch 2.12 (`ProcessGroupNCCL.cpp`): "[rank3]:[E1122 11:47:24.069865760 file:line] text"
 * with the line numbers and frames of that release. Its flight recorder is on, as it is by default.
 */

import type { ClusterMessage } from "../../events/cluster.ts";
import { below, uniform } from "../../random.ts";
import { type Collective, collectiveOf, counterOf, rankInGroup } from "./collective.ts";
import { drawsOf } from "./draws.ts";
import { type Facts, isAmd, moment } from "./facts.ts";
import { glogNanos } from "./formats.ts";
import { loggingRanks, placeOfMessage } from "./hosts.ts";
import { DEFAULT_GROUP, type GroupName, prefixOf } from "./process-groups.ts";
import type { FrameworkProcess } from "./stack-ends.ts";
import { passedOn } from "./torchrun.ts";
import type { Stack } from "./traceback.ts";

/** Something that a rank says, at its own time. */
interface Said {
  readonly atMs: number;
  readonly rank: number;
  /** In `ProcessGroupNCCL.cpp`. */
  readonly line: number;
  readonly text: string;
  /** Below it, without a prefix of torch's. */
  readonly more?: readonly string[];
}

/**
 * The others see the collective time out, and say where in their programs it was enqueued; the one
 * that is to blame learns of it from them. All then write down what they have recorded.
 */
export function watchdogLines(
  facts: Facts,
  launch: FrameworkProcess,
  message: ClusterMessage,
): string[] {
  const { rank } = placeOfMessage(facts, message);
  const late = loggingRanks(facts, rank).sort((a, b) => ranMs(facts, a) - ranMs(facts, b));
  const [first] = late;
  if (first === undefined) return [];
  const said = [
    ...late.flatMap((one) => timedOut(facts, launch, one)),
    ...toldToDump(facts, launch, { rank, from: first }),
  ];
  return said
    .sort((a, b) => a.atMs - b.atMs)
    .flatMap((one) => passedOn(launch, one.rank, [torchError(facts, one), ...(one.more ?? [])]));
}

/** What one says whose own watchdog has fired. */
function timedOut(facts: Facts, launch: FrameworkProcess, rank: number): Said[] {
  const { sequence, ahead } = counterOf(facts, launch.groups);
  const prefix = prefixOf(groupOf(facts, launch, rank), rankInGroup(facts, rank));
  const atMs = firedMs(facts, rank);
  const status = `${prefix} failure detected by watchdog at work sequence id: ${sequence} PG status: last enqueued work: ${sequence + ahead(rank)}, last completed work: ${sequence - 1}`;
  const heading = "Stack trace of the failed collective: ";
  return [
    { atMs, rank, line: 757, text: caughtText(facts, launch, rank) },
    { atMs: atMs + 0.3, rank, line: 2395, text: status },
    { atMs: atMs + 1.2, rank, line: 801, text: heading, more: [...recorded(facts, launch), ""] },
    {
      atMs: atMs + 1.3,
      rank,
      line: 2732,
      text: `${prefix}First PG on this rank to signal dumping.`,
    },
    ...dumping(facts, launch, { rank, since: atMs + 1.4 }),
  ];
}

/** It asks the store every second, and finds that another rank has put it there. */
function toldToDump(
  facts: Facts,
  launch: FrameworkProcess,
  { rank, from }: { readonly rank: number; readonly from: number },
): Said[] {
  const random = drawsOf(facts, "asks-store", facts.step, rank);
  const since = firedMs(facts, from) + uniform(random, 90, 420);
  const text = `${prefixOf(DEFAULT_GROUP, rank)}Observed flight recorder dump signal from another rank via TCPStore.`;
  return [
    { atMs: since, rank, line: 1922, text },
    ...dumping(facts, launch, { rank, since: since + 0.2, recordingOf: from }),
  ];
}

interface Dump {
  readonly rank: number;
  readonly since: number;
  /** The rank that said so first, where it is another one. */
  readonly recordingOf?: number;
}

const GUESSES =
  "This is most likely caused by incorrect usages of collectives, e.g., wrong sizes used across ranks, the order of collectives is not same for all ranks or the scheduled collective, for some reason, didn't run. Additionally, this can be caused by GIL deadlock or other reasons such as network errors or bugs in the communications library (e.g. NCCL), etc. ";

/** The thread that does it is that of the group of all ranks, and reports that group's works. */
function dumping(
  facts: Facts,
  launch: FrameworkProcess,
  { rank, since, recordingOf }: Dump,
): Said[] {
  const prefix = prefixOf(DEFAULT_GROUP, rank);
  const [enqueued, completed] = worksOfAll(facts, launch, {
    rank,
    hangs: recordingOf === undefined,
  });
  const woken = uniform(drawsOf(facts, "dump", facts.step, rank), 2, 240);
  const atMs = recordingOf === undefined ? since + woken : since;
  const from = recordingOf === undefined ? "this local rank" : ` rank ${recordingOf}`;
  const received = `Received a dump signal due to a collective timeout from ${from} and we will try our best to dump the debug info. Last enqueued NCCL work: ${enqueued}, last completed NCCL work: ${completed}.${GUESSES}`;
  const preparing =
    "ProcessGroupNCCL preparing to dump debug info. Include stack trace: 1, only active collectives: 0";
  return [
    { atMs, rank, line: 1987, text: prefix + received },
    { atMs: atMs + 0.3, rank, line: 1700, text: prefix + preparing },
  ];
}

interface Waiting {
  readonly rank: number;
  /** It has enqueued what hangs. */
  readonly hangs: boolean;
}

/** Where the group of all ranks is another than the one that hangs, it has done what it had to. */
function worksOfAll(
  facts: Facts,
  launch: FrameworkProcess,
  { rank, hangs }: Waiting,
): readonly [enqueued: number, completed: number] {
  const { sequence, ahead } = counterOf(facts, launch.groups);
  if (groupOf(facts, launch, rank).id === DEFAULT_GROUP.id)
    return [hangs ? sequence + ahead(rank) : sequence - 1, sequence - 1];
  const works = 18 + below(drawsOf(facts, "works-of-all", facts.launches, facts.regroups), 60);
  return [works, works];
}

/** Where the collective was enqueued, the innermost function first. */
function recorded(facts: Facts, launch: FrameworkProcess): string[] {
  return enqueuedIn(facts, launch, collectiveOf(facts))
    .toReversed()
    .map(([file, line, name], i) => `#${i} ${name} from ${file}:${line}`);
}

function enqueuedIn(facts: Facts, launch: FrameworkProcess, { type, kind }: Collective): Stack {
  const { reduction, tensorSum = reduction } = launch.enqueuing(facts);
  if (type === "_ALLGATHER_BASE") return [...launch.stack, ...launch.ends(facts).collective];
  return kind === "tensor" ? tensorSum : reduction;
}

/** How a rank says farewell after the watchdog has fired. */
export function takenDownLines(facts: Facts, launch: FrameworkProcess, rank: number): string[] {
  const { atMs } = facts;
  const inGroup = `[Rank ${rankInGroup(facts, rank)}]`;
  return passedOn(launch, rank, [
    torchError(facts, {
      rank,
      line: 818,
      atMs,
      text: `${inGroup} Some NCCL operations have failed or timed out. Due to the asynchronous nature of CUDA kernels, subsequent GPU operations might run on corrupted/incomplete data.`,
    }),
    torchError(facts, {
      rank,
      line: 832,
      atMs,
      text: `${inGroup} To avoid data inconsistency, we are taking the entire process down.`,
    }),
    ...terminateLines(facts, launch, rank),
  ]);
}

/** What C++ prints of an uncaught exception. */
function terminateLines(facts: Facts, launch: FrameworkProcess, rank: number): string[] {
  const prefix = prefixOf(groupOf(facts, launch, rank), rankInGroup(facts, rank));
  const text = `${prefix}Process group watchdog thread terminated with exception: ${caughtText(facts, launch, rank)}`;
  const frames = framesOf(facts, rank);
  const raised = (from: string, line: number): string =>
    `Exception raised from ${from} at /pytorch/torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp:${line} (most recent call first):`;
  const caught = [raised("checkTimeout", 760), ...frames.slice(0, 4), ...frames.slice(5), ""];
  const [error = "", , , , unknown = "", ...thread] = frames;
  return [
    torchError(facts, { rank, line: 2197, atMs: facts.atMs, text }),
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
  const bases = new Map<string, number>();
  const random = drawsOf(facts, "libraries", rank, facts.step, facts.launches);
  return FRAMES.map(([name, into, library, address], i) => {
    const base = bases.get(library) ?? 0x7f00_0000_0000 + 4096 * below(random, 2 ** 28);
    bases.set(library, base);
    const number = i < 4 ? i : i === 4 ? 1 : i - 1;
    const at = `0x${(base + address).toString(16)} in ${isAmd(facts) ? library.replace("_cuda", "_hip") : library}`;
    return `frame #${number}: ${name} + 0x${into.toString(16)} (${at})`;
  });
}

/** The watchdog looks every hundred milliseconds, on each rank at another time. */
function ranMs(facts: Facts, rank: number): number {
  return facts.timeoutMs + 1 + below(drawsOf(facts, "watchdog", facts.step, rank), 98);
}

/** Since the start of the run. */
function firedMs(facts: Facts, rank: number): number {
  return facts.atMs + ranMs(facts, rank) - facts.timeoutMs;
}

function caughtText(facts: Facts, { groups }: FrameworkProcess, rank: number): string {
  const { type, numelIn, numelOut } = collectiveOf(facts);
  const { sequence } = counterOf(facts, groups);
  const work = `WorkNCCL(SeqNum=${sequence}, OpType=${type}, NumelIn=${numelIn}, NumelOut=${numelOut}, Timeout(ms)=${facts.timeoutMs})`;
  return `[Rank ${rankInGroup(facts, rank)}] Watchdog caught collective operation timeout: ${work} ran for ${ranMs(facts, rank)} milliseconds before timing out.`;
}

function groupOf(facts: Facts, { groups }: FrameworkProcess, rank: number): GroupName {
  return groups.name(facts, { kind: collectiveOf(facts).kind, rank });
}

function torchError(facts: Facts, { rank, line, atMs, text }: Omit<Said, "more">): string {
  const time = glogNanos(moment(facts, atMs), below(facts.random, 1000));
  return `[rank${rank}]:[E${time} ProcessGroupNCCL.cpp:${line}] ${text}`;
}
