/**
 * How failures appear in a log: the output of the process that failed first, of the others, and of
 * the launcher.
 * One sequence for each symptom.
 *
 * Source: messages of torch 2.12 (`torch.AcceleratorError`, the caching allocator, `NCCLUtils.cpp`,
 * the data loader); "[rank3]: " before a traceback is torch's own hook. Errors of AMD's cards are
 * those of 2.9, which names HIP where 2.12 says CUDA of them too.
 */

import type { RunInterrupted } from "../../events/cluster.ts";
import { below } from "../../random.ts";
import { drawsOf } from "./draws.ts";
import { type Facts, isAmd, memoryOf, sizesOf } from "./facts.ts";
import { loggingRanks, type Place, placeOfMessage, placeOfRank, workerPid } from "./hosts.ts";
import { neighbourOf, remoteErrorText } from "./nccl-errors.ts";
import type { FrameworkProcess } from "./stack-ends.ts";
import { WORKER_GONE } from "./torch-frames.ts";
import {
  cancelledLines,
  childFailedLines,
  closingLines,
  type Exit,
  elasticLines,
  leavingLines,
  MAX_RESTARTS,
  membershipLines,
  nodeFailedLines,
  passedOn,
  stepFailedLines,
  supervisorLine,
} from "./torchrun.ts";
import { frameLines, type Stack } from "./traceback.ts";
import { takenDownLines } from "./watchdog.ts";

export function failureLines(
  facts: Facts,
  launch: FrameworkProcess,
  stop: RunInterrupted,
): string[] {
  const place = placeOfMessage(facts, stop);
  if (stop.elastic) return elasticStopLines(facts, launch, { place, symptom: stop.symptom });
  switch (stop.symptom) {
    case "heartbeat-lost":
      return over(facts, [...peerLines(facts, launch, place), ...nodeFailedLines(facts, place)]);
    case "stopped-by-operator":
      return over(facts, cancelledLines(facts));
    case "loss-not-finite":
      // No framework stops by itself for that: a person who watches the curve does.
      return over(facts, [
        supervisorLine(facts, `loss is not finite at step ${stop.step}, job will be requeued`),
        ...cancelledLines(facts),
      ]);
    case "collective-timeout":
      return over(facts, [
        ...abortLines(facts, launch, place),
        ...endLines(facts, launch, abortOf(facts, place)),
      ]);
    case "nccl-error":
      return over(facts, [
        ...peerLines(facts, launch, place),
        ...endLines(facts, launch, { place: neighbourOf(facts, place), code: 1 }),
      ]);
    case "out-of-memory":
    case "worker-exited":
      return tryAgain(facts, launch, {
        exit: { place, code: 1 },
        down: softwareLines(facts, launch, { place, symptom: stop.symptom }),
      });
    default:
      return over(facts, [
        ...deviceLines(facts, launch, { place, symptom: stop.symptom }),
        ...peerLines(facts, launch, place),
        ...endLines(facts, launch, { place, code: 1 }),
      ]);
  }
}

/** What happened, and where. */
interface Cause {
  readonly place: Place;
  readonly symptom: string;
}

/** The launchers of the other machines stay, and meet again without the one that is lost. */
function elasticStopLines(facts: Facts, launch: FrameworkProcess, stop: Cause): string[] {
  const { place, symptom } = stop;
  if (symptom === "nodes-returned") {
    const lines = membershipLines(facts, launch);
    facts.regroups += 1;
    return lines;
  }
  const isHere = symptom !== "heartbeat-lost" && symptom !== "stopped-by-operator";
  const exit: Exit =
    symptom === "collective-timeout"
      ? abortOf(facts, place)
      : { place: isHere ? place : neighbourOf(facts, place), code: 1 };
  return tryAgain(facts, launch, { exit, down: elasticDownLines(facts, launch, stop) });
}

function elasticDownLines(facts: Facts, launch: FrameworkProcess, { place, symptom }: Cause) {
  const others = peerLines(facts, launch, place);
  switch (symptom) {
    case "heartbeat-lost":
    case "nccl-error":
      return others;
    case "stopped-by-operator":
      return [...leavingLines(facts, place), ...others];
    case "collective-timeout":
      return abortLines(facts, launch, place);
    case "out-of-memory":
    case "worker-exited":
      return [...softwareLines(facts, launch, { place, symptom }), ...others];
    default:
      return [...deviceLines(facts, launch, { place, symptom }), ...others];
  }
}

/** The job is over; the scheduler starts it anew. */
function over(facts: Facts, lines: string[]): string[] {
  facts.isOver = true;
  return lines;
}

interface Fall {
  readonly exit: Exit;
  readonly down: readonly string[];
}

function tryAgain(facts: Facts, launch: FrameworkProcess, { exit, down }: Fall): string[] {
  if (facts.attempts >= MAX_RESTARTS)
    return over(facts, [...down, ...endLines(facts, launch, exit)]);
  const left = MAX_RESTARTS - facts.attempts;
  const lines = [
    ...down,
    ...closingLines(facts, exit),
    ...elasticLines(facts, launch, { exit, left }),
  ];
  facts.attempts += 1;
  return lines;
}

function endLines(facts: Facts, launch: FrameworkProcess, exit: Exit): string[] {
  return [
    ...closingLines(facts, exit),
    ...childFailedLines(facts, launch, exit),
    ...stepFailedLines(facts, exit.place),
  ];
}

/** All ranks that waited for the failed one abort. */
function abortLines(facts: Facts, launch: FrameworkProcess, { rank }: Place): string[] {
  return loggingRanks(facts, rank).flatMap((one) => takenDownLines(facts, launch, one));
}

function abortOf(facts: Facts, { rank }: Place): Exit {
  const [first = 0] = loggingRanks(facts, rank);
  return { place: placeOfRank(facts, first), code: -6 };
}

/** Lines of the ranks that waited for the lost one. */
function peerLines(facts: Facts, launch: FrameworkProcess, gone: Place): string[] {
  if (sizesOf(facts).nodes === 1) return [];
  const peer = neighbourOf(facts, gone);
  const version = facts.cluster?.versions["nccl"] ?? facts.cluster?.versions["rccl"] ?? "";
  const texts = [
    `torch.distributed.DistBackendError: NCCL error in: /pytorch/torch/csrc/distributed/c10d/NCCLUtils.cpp:94, remote process exited or there was a network error, NCCL version ${version}`,
    "ncclRemoteError: A call failed possibly due to a network error or a remote process exiting prematurely.",
    "Last error:",
    remoteErrorText(facts, peer, gone),
  ];
  const { collective } = launch.ends(facts);
  return traceback(launch, { rank: peer.rank, end: collective, texts });
}

interface Raised {
  readonly rank: number;
  /** Below the step. */
  readonly end: Stack;
  readonly texts: readonly string[];
}

function traceback(launch: FrameworkProcess, { rank, end, texts }: Raised): string[] {
  const frames = frameLines([...launch.stack, ...end]);
  const lines = ["Traceback (most recent call last):", ...frames, ...texts];
  return passedOn(
    launch,
    rank,
    lines.map((text) => `[rank${rank}]: ${text}`),
  );
}

/** Kernels run behind the program, which hears of their errors in what it waits for. */
function deviceLines(facts: Facts, launch: FrameworkProcess, { place, symptom }: Cause): string[] {
  const { backward } = launch.ends(facts);
  const texts = deviceError(facts, symptom);
  return traceback(launch, { rank: place.rank, end: backward, texts });
}

function softwareLines(
  facts: Facts,
  launch: FrameworkProcess,
  { place, symptom }: Cause,
): string[] {
  const { rank } = place;
  const { backward, allocations } = launch.ends(facts);
  if (symptom === "out-of-memory") {
    const draws = drawsOf(facts, "allocation", facts.step, rank);
    const end = allocations[below(draws, allocations.length)] ?? backward;
    return traceback(launch, { rank, end, texts: outOfMemory(facts, place) });
  }
  const end = [...backward, WORKER_GONE];
  return [
    // The worker itself, which has no rank.
    ...passedOn(launch, rank, [BUS_ERROR]),
    ...traceback(launch, { rank, end, texts: dataLoader(facts, place) }),
  ];
}

const BUS_ERROR =
  "ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).";

/** The same errors in the terms of both vendors. */
interface Runtime {
  readonly name: "CUDA" | "HIP";
  readonly documentation: string;
  readonly serialize: string;
}

const CUDA: Runtime = {
  name: "CUDA",
  documentation:
    "https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html for more information.",
  serialize: "CUDA_LAUNCH_BLOCKING=1",
};
const HIP: Runtime = {
  name: "HIP",
  documentation:
    "https://rocm.docs.amd.com/projects/HIP/en/latest/index.html for more information.",
  serialize: "AMD_SERIALIZE_KERNEL=3",
};

function runtimeOf(facts: Facts): Runtime {
  return isAmd(facts) ? HIP : CUDA;
}

type DeviceError = Readonly<Record<Runtime["name"] | "text", string>>;

const ECC_ERROR: DeviceError = {
  text: "uncorrectable ECC error encountered",
  CUDA: "cudaErrorECCUncorrectable",
  HIP: "hipErrorECCNotCorrectable",
};
const LAUNCH_ERROR: DeviceError = {
  text: "unspecified launch failure",
  CUDA: "cudaErrorLaunchFailure",
  HIP: "hipErrorLaunchFailure",
};
const UNKNOWN_ERROR: DeviceError = {
  text: "unknown error",
  CUDA: "cudaErrorUnknown",
  HIP: "hipErrorUnknown",
};

function deviceError(facts: Facts, symptom: string): string[] {
  const { name, documentation, serialize } = runtimeOf(facts);
  const errors: Readonly<Record<string, DeviceError>> = {
    "cuda-ecc-error": ECC_ERROR,
    "gpu-unreachable": LAUNCH_ERROR,
  };
  const error = errors[symptom] ?? UNKNOWN_ERROR;
  return [
    `torch.AcceleratorError: ${name} error: ${error.text}`,
    `Search for \`${error[name]}' in ${documentation}`,
    `${name} kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.`,
    `For debugging consider passing ${serialize}`,
    `Compile with \`TORCH_USE_${name}_DSA\` to enable device-side assertions.`,
  ];
}

function outOfMemory(facts: Facts, { gpu }: Place): string[] {
  const { capacityGib, peakGib } = memoryOf(facts);
  const wanted = 512 + 128 * below(facts.random, 8);
  const freeMib = 64 + below(facts.random, wanted - 128);
  const inUse = capacityGib - freeMib / 1024;
  const unallocated = Math.max(1.3, inUse - peakGib - 1.4);
  const allocated = inUse - unallocated - 1.4;
  const { name } = runtimeOf(facts);
  const process =
    name === "HIP"
      ? ""
      : ` Including non-PyTorch memory, this process has ${inUse.toFixed(2)} GiB memory in use.`;
  return [
    `torch.OutOfMemoryError: ${name} out of memory. Tried to allocate ${allocation(wanted)}. GPU ${gpu} has a total capacity of ${capacityGib.toFixed(2)} GiB of which ${allocation(freeMib)} is free.${process} Of the allocated memory ${allocated.toFixed(2)} GiB is allocated by PyTorch, and ${unallocated.toFixed(2)} GiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See documentation for Memory Management  (https://pytorch.org/docs/stable/notes/cuda.html#environment-variables)`,
  ];
}

/** More than 1024 MiB are written in GiB. */
function allocation(mib: number): string {
  return mib > 1024 ? `${(mib / 1024).toFixed(2)} GiB` : `${mib}.00 MiB`;
}

function dataLoader(facts: Facts, place: Place): string[] {
  const pid = workerPid(facts, place) + 1200 + below(facts.random, 400);
  return [
    `RuntimeError: DataLoader worker (pid ${pid}) is killed by signal: Bus error. It is possible that dataloader's workers are out of shared memory. Please try to raise your shared memory limit.`,
  ];
}
