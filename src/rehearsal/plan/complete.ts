/**
 * Completes a request to a full description of a run.
 *
 * Given values are kept; for missing ones the arrangements are tried, and the fastest that fits
 * into memory wins, as an expert would choose.
 */

import { UserError } from "../../errors.ts";
import { countParameters } from "../catalog/architecture.ts";
import { MODELS } from "../catalog/models.ts";
import { arrangements, type BatchSizes, type Frame } from "./arrangements.ts";
import { checkRequest } from "./check-request.ts";
import { snapshotSecondsOf } from "./checkpoint.ts";
import { capacityBytes, memoryOf, STATE_BYTES_PER_PARAMETER } from "./memory.ts";
import { noSplit } from "./no-split.ts";
import { isPowerBound } from "./rates.ts";
import type { PlanRequest } from "./request.ts";
import type { Setup } from "./setup.ts";
import { SimplestOfTheFast } from "./simplest.ts";
import { STACKS } from "./stacks.ts";
import { LayerTimeMemory, stepTime } from "./step-time.ts";

/** Share of the memory that a plan may fill; the rest is for peaks and unlucky allocations. Assumed. */
const FILL_LIMIT = 0.96;

/** The same for a split that is described as having run without recomputation. */
const DESCRIBED_LIMIT = 1.12;

/** An estimate up to this far above the capacity may still be a run that exists. Assumed. */
const ESTIMATE_SLACK = 1.25;

/** 419 unexpected interruptions in 54 days on 2,048 nodes of eight (Llama 3 405B). */
const FAILURES_PER_NODE_DAY = 3.8e-3;

/** Detect, replace the node, start, load, warm up. Assumed. */
const RECOVERY_SECONDS = 600;

/** Of the whole facility over its computers. Assumed: good ones are near it. */
const POWER_USAGE_EFFECTIVENESS = 1.2;

/** Tokens per active parameter where no budget is given (Hoffmann et al. 2022). */
const TOKENS_PER_PARAMETER = 20;

export interface Completed {
  readonly setup: Setup;
  /** Names of the fields that were chosen here. */
  readonly assumed: readonly string[];
  /** What a person should know before believing the plan. */
  readonly warnings: readonly string[];
}

/**
 * @throws UserError with code `bad-plan` where the given parts contradict each other, or
 *   `does-not-fit` where no choice of the open parts fits into memory.
 */
export function complete(request: PlanRequest): Completed {
  checkRequest(request);
  const frame = frameOf(request);
  const usual = search(request, frame, "usual");
  const { best, tight, smallest } = usual.best ? usual : search(request, frame, "any");
  if (best) {
    const isFull = memoryOf(best).total > FILL_LIMIT * capacityBytes(best);
    return completed(request, best, isFull ? [tightWarning(best)] : []);
  }
  // The given parts describe a run that may well exist: estimates are not that exact.
  if (tight) return completed(request, tight, [tightWarning(tight)]);
  if (!smallest) throw noSplit(request, canBeSplit);
  throw doesNotFit(request, smallest);
}

function canBeSplit(request: PlanRequest): boolean {
  try {
    checkRequest(request);
  } catch (failure) {
    if (failure instanceof UserError) return false;
    throw failure;
  }
  return arrangements(request, frameOf(request), "any").next().done !== true;
}

function tightWarning(setup: Setup): string {
  const needed = gigabytes(memoryOf(setup).total);
  return `Memory is tight: about ${needed} of ${setup.gpu.memoryGb} GB on the fullest GPU`;
}

/** Ampere had both: which one decides about half of a step. */
function habitWarnings({ attention }: PlanRequest, setup: Setup): string[] {
  const isGuess = attention === undefined && setup.attention === "unfused";
  if (!isGuess || setup.gpu.generation !== "ampere") return [];
  const why = setup.precision === "fp16" ? "fp16" : "full recomputation of short sequences";
  return [
    `Attention is taken as unfused, as stacks with ${why} had it; set attention to flash if not`,
  ];
}

function completed(request: PlanRequest, setup: Setup, warnings: readonly string[]): Completed {
  const given = request as unknown as Readonly<Record<string, unknown>>;
  const assumed = Object.keys(setup).filter((name) => given[name] === undefined);
  return { setup, assumed, warnings: [...warnings, ...habitWarnings(request, setup)] };
}

/** The parts that do not depend on how the work is split. */
function frameOf(request: PlanRequest): Frame {
  const { shape, gpu, gpuCount } = request;
  const counts = countParameters(shape);
  const precision = request.precision ?? (gpu.peakTflops.bf16 ? "bf16" : "fp16");
  const sequence = request.sequence ?? usualSequence(request);
  const attention = request.attention ?? usualAttention(request, { precision, sequence });
  // Checkpoints are copied to host memory while training waits, and written while it runs.
  const snapshotSeconds = snapshotSecondsOf(counts.total, gpuCount);
  return {
    shape,
    gpu,
    gpuCount,
    precision,
    compiled: request.compiled ?? (request.stack === undefined || STACKS[request.stack].compiled),
    attention,
    sequence,
    tuned: isTuned(request),
    tokens: request.tokens ?? TOKENS_PER_PARAMETER * counts.active,
    failuresPerNodeDay: request.failuresPerNodeDay ?? FAILURES_PER_NODE_DAY,
    checkpointSeconds: request.checkpointSeconds ?? snapshotSeconds,
    recoverySeconds: request.recoverySeconds ?? RECOVERY_SECONDS,
    powerUsageEffectiveness: request.powerUsageEffectiveness ?? POWER_USAGE_EFFECTIVENESS,
  };
}

/** A split that is not described was not tried out either. */
export function isTuned({ tuned, ...request }: PlanRequest): boolean {
  const { tensorParallel, pipelineParallel, dataParallel, microBatch } = request;
  return tuned ?? [tensorParallel, pipelineParallel, dataParallel, microBatch].some(Boolean);
}

/** Sequences are not longer than the model was made for. */
function usualSequence({ modelName, shape }: PlanRequest): number {
  const usual = countParameters(shape).total > 5e9 ? 8192 : 4096;
  const known = MODELS.find(({ name }) => name === modelName);
  return Math.min(usual, known?.contextTokens ?? usual);
}

/**
 * Loss-scaled fp16 was left behind on Ampere by the same generation of stacks that took up fused
 * attention; so was repeating the whole forward pass of short sequences. Later chips never saw it.
 */
function usualAttention(
  { gpu, shape, recompute }: PlanRequest,
  { precision, sequence }: Pick<Frame, "precision" | "sequence">,
): Setup["attention"] {
  if (isPowerBound(gpu)) return "flash";
  const isOldHabit =
    gpu.generation === "ampere" && !shape.gatedMlp && sequence <= 2048 && recompute === "full";
  return precision === "fp16" || isOldHabit ? "unfused" : "flash";
}

interface Found {
  /** The fastest that fits. */
  readonly best: Setup | undefined;
  /** The fastest whose estimate is over the limit, but not by more than estimates err. */
  readonly tight: Setup | undefined;
  /** The one that needs the least memory. */
  readonly smallest: Setup | undefined;
}

type Trial = { -readonly [name in keyof Setup]: Setup[name] };

/** Full recomputation is used if requested; if left open, no more than needed. */
function isShareOpen(request: PlanRequest, { recompute }: Setup): boolean {
  const { recompute: wanted, recomputeShare, stack } = request;
  // Layer by layer is how Megatron-LM is told to.
  if (stack !== undefined) return false;
  return recompute === "full" && wanted === undefined && recomputeShare === undefined;
}

/** Recomputes the fewest layers of a stage with which the memory still suffices. */
function lowerShare(trial: Trial, limitBytes: number): void {
  const layersHere = Math.ceil(trial.shape.layers / trial.pipelineParallel);
  let tooFew = 0;
  let enough = layersHere;
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    trial.recomputeShare = middle / layersHere;
    if (memoryOf(trial).total <= limitBytes) enough = middle;
    else tooFew = middle;
  }
  trial.recomputeShare = enough / layersHere;
}

function search(request: PlanRequest, frame: Frame, batches: BatchSizes): Found {
  const times = new LayerTimeMemory();
  const best = new SimplestOfTheFast();
  const tight = new SimplestOfTheFast();
  const secondsOf = (setup: Setup) =>
    stepTime(setup, times.of(setup)).total / setup.globalBatchSequences;
  let smallest: Setup | undefined;
  let leastBytes = Number.POSITIVE_INFINITY;
  // One object for all tries: building a whole setup for each takes longer than judging it.
  const trial = { ...frame } as Trial;
  let isFitting = false;
  let isAnyFitting = false;
  for (const split of arrangements(request, frame, batches)) {
    // Recomputing more only costs time where less of it fits already.
    if (isFitting && split.recompute !== (request.recompute ?? "none")) continue;
    Object.assign(trial, split);
    const bytes = memoryOf(trial).total;
    if (bytes < leastBytes) {
      leastBytes = bytes;
      smallest = { ...trial };
    }
    const limitBytes = fillLimit(request, trial) * capacityBytes(trial);
    isFitting = bytes <= limitBytes;
    if (isFitting) {
      isAnyFitting = true;
      if (isShareOpen(request, trial)) lowerShare(trial, limitBytes);
      best.offer(trial, secondsOf(trial));
    }
    const isNear = bytes <= slackOf(request) * capacityBytes(trial);
    if (isNear && !isAnyFitting) tight.offer(trial, secondsOf(trial));
  }
  return { best: best.setup(), tight: tight.setup(), smallest };
}

/** Where the split is open, no such run is claimed to exist. */
function slackOf({ tensorParallel, pipelineParallel }: PlanRequest): number {
  const isDescribed = tensorParallel !== undefined && pipelineParallel !== undefined;
  return isDescribed ? ESTIMATE_SLACK : 1;
}

/**
 * A description that gives the split and says (or, giving the micro-batch too, does not mention) that
 * nothing was recomputed is believed a little beyond the limit.
 */
function fillLimit(request: PlanRequest, setup: Setup): number {
  const { tensorParallel, pipelineParallel, microBatch, recompute } = request;
  const isClaimed = recompute === "none" || (recompute === undefined && microBatch !== undefined);
  const isDescribed = tensorParallel !== undefined && pipelineParallel !== undefined && isClaimed;
  return isDescribed && setup.recompute === "none" ? DESCRIBED_LIMIT : FILL_LIMIT;
}

function doesNotFit(request: PlanRequest, smallest: Setup): UserError {
  const memory = memoryOf(smallest);
  return new UserError({
    code: "does-not-fit",
    message: `Cannot fit the run: found ${gigabytes(memory.total)} needed on the fullest GPU, need at most ${smallest.gpu.memoryGb} GB`,
    // A plan within a stack is tried without it next, which takes long enough.
    hint: request.stack === undefined ? whatWouldFit(request) : "Plan it without a stack.",
    exitCode: 2,
  });
}

/** Lets go of the given split first, then of the number of GPUs. */
function whatWouldFit(request: PlanRequest): string {
  const { modelName, shape, gpu, gpuCount, precision, sequence } = request;
  const free: PlanRequest = {
    ...(modelName ? { modelName } : {}),
    ...(precision ? { precision } : {}),
    ...(sequence ? { sequence } : {}),
    shape,
    gpu,
    gpuCount,
  };
  const least = leastCount(request);
  for (let count = gpuCount; count <= gpuCount * 1024; count *= 2) {
    if (count < least) continue;
    const attempt = { ...free, gpuCount: count };
    const { best } = search(attempt, frameOf(attempt), "any");
    if (!best) continue;
    const split = `tensor ${best.tensorParallel}, pipeline ${best.pipelineParallel}, data ${best.dataParallel}, recompute ${best.recompute}, micro-batch ${best.microBatch}`;
    return count === gpuCount
      ? `This would fit: ${split}.`
      : `Use ${count} GPUs: ${split} would fit.`;
  }
  return "Use a smaller model or GPUs with more memory.";
}

/** Below this many GPUs not even weights and optimiser states fit, however they are split. */
function leastCount({ shape, gpu }: PlanRequest): number {
  return (
    (STATE_BYTES_PER_PARAMETER * countParameters(shape).total) / (FILL_LIMIT * gpu.memoryGb * 1e9)
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
