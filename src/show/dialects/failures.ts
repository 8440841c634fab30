/**
 * How a run goes down: what the process that failed first prints, what the others make of it, what
 * the launcher does then. One story for each symptom.
 *
 * Source: messages of torch 2.9 (`torch.AcceleratorError`, the caching allocator, `NCCLUtils.cpp`,
 * the data loader); "[rank3]: " before a traceback is torch's own hook.
 */

import type { RunInterrupted } from "../../events/cluster.ts";
import { below } from "../../random.ts";
import { type Facts, memoryOf, sizesOf } from "./facts.ts";
import { otherRanks, type Place, placeOfMessage, placeOfRank, workerPid } from "./hosts.ts";
import { addressOf, takenDownLines } from "./nccl.ts";
import {
  cancelledLines,
  childFailedLines,
  closingLines,
  type Exit,
  elasticLines,
  type Launch,
  MAX_RESTARTS,
  nodeFailedLines,
  stepFailedLines,
} from "./torchrun.ts";

/** Where a traceback passes: file, line, function, what stands there. */
export type StackFrame = readonly [file: string, line: number, name: string, code: string];

export interface Stacked extends Launch {
  /** From the script down to the step. */
  readonly stack: readonly StackFrame[];
}

export function failureLines(facts: Facts, launch: Stacked, stop: RunInterrupted): string[] {
  const place = placeOfMessage(facts, stop);
  switch (stop.symptom) {
    case "heartbeat-lost":
      return over(facts, [...peerLines(facts, launch, place), ...nodeFailedLines(facts, place)]);
    case "stopped-by-operator":
      return over(facts, cancelledLines(facts));
    case "collective-timeout":
      return over(facts, abortLines(facts, launch, place));
    case "nccl-error":
      return over(facts, [
        ...peerLines(facts, launch, place),
        ...endLines(facts, launch, { place: peerOf(facts, place), code: 1 }),
      ]);
    case "out-of-memory":
    case "worker-exited":
      return elasticOr(facts, launch, {
        place,
        texts:
          stop.symptom === "out-of-memory" ? outOfMemory(facts, place) : dataLoader(facts, place),
      });
    default:
      return over(facts, [
        ...traceback(launch, place.rank, cudaError(stop.symptom)),
        ...peerLines(facts, launch, place),
        ...endLines(facts, launch, { place, code: 1 }),
      ]);
  }
}

/** The job is over; the scheduler starts it anew. */
function over(facts: Facts, lines: string[]): string[] {
  facts.attempts = Number.POSITIVE_INFINITY;
  return lines;
}

interface Death {
  readonly place: Place;
  readonly texts: readonly string[];
}

/** Software fails on a machine that is well: the launcher tries again while it may. */
function elasticOr(facts: Facts, launch: Stacked, { place, texts }: Death): string[] {
  const exit: Exit = { place, code: 1 };
  const down = traceback(launch, place.rank, texts);
  if (facts.attempts >= MAX_RESTARTS)
    return over(facts, [...down, ...endLines(facts, launch, exit)]);
  const left = MAX_RESTARTS - facts.attempts;
  const lines = [...down, ...closingLines(facts, exit), ...elasticLines(facts, launch, left)];
  facts.attempts += 1;
  return lines;
}

function endLines(facts: Facts, launch: Stacked, exit: Exit): string[] {
  return [
    ...closingLines(facts, exit),
    ...childFailedLines(facts, launch, exit),
    ...stepFailedLines(facts, exit.place),
  ];
}

function abortLines(facts: Facts, launch: Stacked, { rank }: Place): string[] {
  const ranks = otherRanks(facts, rank, 2);
  const [first = 0] = ranks;
  const place = placeOfRank(facts, first);
  return [
    ...ranks.flatMap((one) => takenDownLines(facts, one)),
    "terminate called after throwing an instance of 'c10::DistBackendError'",
    ...endLines(facts, launch, { place, code: -6 }),
  ];
}

/** What the ranks say that waited for the one that is gone. */
function peerLines(facts: Facts, launch: Stacked, gone: Place): string[] {
  if (sizesOf(facts).nodes === 1) return [];
  const peer = peerOf(facts, gone);
  const version = facts.cluster?.versions["nccl"] ?? facts.cluster?.versions["rccl"] ?? "";
  return traceback(launch, peer.rank, [
    `torch.distributed.DistBackendError: NCCL error in: /pytorch/torch/csrc/distributed/c10d/NCCLUtils.cpp:94, remote process exited or there was a network error, NCCL version ${version}`,
    "ncclRemoteError: A call failed possibly due to a network error or a remote process exiting prematurely.",
    "Last error:",
    `NET/IB: Got completion from peer ${addressOf(facts, gone)}<${41_000 + ((gone.rank * 7) % 9000)}> with status=12 opcode=0 len=0 vendor err 129 (Recv) hca mlx5_${peer.gpu}`,
  ]);
}

/** The same one whenever it is asked about the same place. */
function peerOf(facts: Facts, { rank }: Place): Place {
  const { worldSize, gpusPerNode } = sizesOf(facts);
  return placeOfRank(facts, (rank + gpusPerNode) % worldSize);
}

function traceback({ stack }: Stacked, rank: number, texts: readonly string[]): string[] {
  const frames = stack.flatMap(([file, line, name, code]) => [
    `  File "${file}", line ${line}, in ${name}`,
    `    ${code}`,
  ]);
  return ["Traceback (most recent call last):", ...frames, ...texts].map(
    (text) => `[rank${rank}]: ${text}`,
  );
}

function cudaError(symptom: string): string[] {
  const what: Readonly<Record<string, string>> = {
    "cuda-ecc-error": "uncorrectable ECC error encountered",
    "gpu-unreachable": "unspecified launch failure",
  };
  return [
    `torch.AcceleratorError: CUDA error: ${what[symptom] ?? "unknown error"}`,
    "CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.",
    "For debugging consider passing CUDA_LAUNCH_BLOCKING=1",
    "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.",
  ];
}

function outOfMemory(facts: Facts, { gpu }: Place): string[] {
  const { capacityGib, peakGib } = memoryOf(facts);
  const wanted = 512 + 128 * below(facts.random, 8);
  const freeMib = 64 + below(facts.random, wanted - 128);
  const inUse = capacityGib - freeMib / 1024;
  const unallocated = Math.max(1.3, inUse - peakGib - 1.4);
  const allocated = inUse - unallocated - 1.4;
  return [
    `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate ${wanted}.00 MiB. GPU ${gpu} has a total capacity of ${capacityGib.toFixed(2)} GiB of which ${freeMib}.00 MiB is free. Including non-PyTorch memory, this process has ${inUse.toFixed(2)} GiB memory in use. Of the allocated memory ${allocated.toFixed(2)} GiB is allocated by PyTorch, and ${unallocated.toFixed(2)} GiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation.`,
  ];
}

function dataLoader(facts: Facts, place: Place): string[] {
  const pid = workerPid(facts, place) + 1200 + below(facts.random, 400);
  return [
    `RuntimeError: DataLoader worker (pid ${pid}) is killed by signal: Bus error. It is possible that dataloader's workers are out of shared memory. Please try to raise your shared memory limit.`,
  ];
}
