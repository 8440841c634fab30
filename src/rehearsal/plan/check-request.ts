/** Finds contradictions in a request before anything is computed. */

import { UserError } from "../../errors.ts";
import type { Architecture } from "../catalog/architecture.ts";
import type { PlanRequest } from "./request.ts";

/** @throws UserError `bad-plan` for the first contradiction. */
export function checkRequest(request: PlanRequest): void {
  checkPrecision(request);
  checkGrid(request);
  checkSplits(request);
  checkSequence(request);
  checkBatch(request);
  checkRecompute(request);
}

function refuse(message: string, hint: string): never {
  throw new UserError({ code: "bad-plan", message: `Cannot plan: ${message}`, hint, exitCode: 2 });
}

function checkPrecision({ precision, gpu }: PlanRequest): void {
  if (!precision || gpu.peakTflops[precision]) return;
  const known = Object.keys(gpu.peakTflops).join(" or ");
  refuse(`found precision ${precision} on ${gpu.name}, need ${known}`, "Choose another precision.");
}

const GRID = ["tensorParallel", "pipelineParallel", "contextParallel", "dataParallel"] as const;

function checkGrid(request: PlanRequest): void {
  const { gpuCount, tensorParallel, pipelineParallel, contextParallel, dataParallel } = request;
  const product = GRID.reduce((sum, name) => sum * (request[name] ?? 1), 1);
  const allGiven = tensorParallel && pipelineParallel && dataParallel;
  if (allGiven && product !== gpuCount && (contextParallel || gpuCount % product !== 0)) {
    refuse(
      `found tensor ${tensorParallel} x pipeline ${pipelineParallel} x context ${contextParallel ?? 1} x data ${dataParallel} = ${product} GPUs, need ${gpuCount}`,
      `Leave dataParallel out, or use ${product} GPUs.`,
    );
  }
  if (gpuCount % product === 0) return;
  const split = GRID.filter((name) => (request[name] ?? 1) > 1);
  const [only] = split;
  const named = split.map((name) => `${name} ${request[name]}`).join(" x ");
  if (split.length === 1 && only !== undefined) {
    const isRight = (size: number) => gpuCount % size === 0 && isCut(request, only, size);
    refuse(
      `found ${named}, need a divisor of ${gpuCount} GPUs`,
      `Use ${anyOf(nearest(product, gpuCount, isRight))}${isCut(request, only, product) ? `, or a multiple of ${product} GPUs` : ""}.`,
    );
  }
  refuse(
    `found ${named} = ${product}, need a divisor of ${gpuCount} GPUs`,
    `Use a multiple of ${product} GPUs, or smaller parallel sizes.`,
  );
}

function isCut({ shape }: PlanRequest, name: (typeof GRID)[number], size: number): boolean {
  if (name === "tensorParallel") return unevenCut(shape, size) === undefined;
  return name !== "pipelineParallel" || size <= shape.layers + SHORT_LAYERS_USUAL;
}

function checkSplits(request: PlanRequest): void {
  checkTensor(request);
  checkStages(request);
  checkExperts(request);
}

function checkTensor(request: PlanRequest): void {
  const { shape, gpuCount, tensorParallel = 1 } = request;
  const needed = unevenCut(shape, tensorParallel);
  if (needed === undefined) return;
  const product = GRID.reduce((sum, name) => sum * (request[name] ?? 1), 1);
  const isRight = (size: number) =>
    gpuCount % ((product / tensorParallel) * size) === 0 && unevenCut(shape, size) === undefined;
  const fitting = nearest(tensorParallel, gpuCount, isRight);
  refuse(
    `found tensorParallel ${tensorParallel}, need a divisor of ${needed}`,
    fitting.length === 0 ? "Leave it out, and it is chosen." : `Use ${anyOf(fitting)}.`,
  );
}

/** Each matrix of a layer is cut into as many equal parts; key heads that are too few are copied. */
export function unevenCut(shape: Architecture, ranks: number): string | undefined {
  const { heads, kvHeads, hidden, ffn, experts = 0 } = shape;
  if (heads % ranks !== 0) return `${heads} heads`;
  if (kvHeads % ranks !== 0 && ranks % kvHeads !== 0) return `${kvHeads} kvHeads`;
  if (hidden % ranks !== 0) return `the hidden size ${hidden}`;
  // Experts are usually kept whole, one set of them per rank.
  return experts === 0 && ffn % ranks !== 0 ? `the ffn size ${ffn}` : undefined;
}

/**
 * Layers that a pipeline may be short of: stacks let the embedding and the loss take the place of
 * a layer each (126 layers on 8 x 8 chunks, 94 on 8 x 3).
 */
const SHORT_LAYERS_USUAL = 2;

/** With a layer that predicts a further token as well (61 layers on 4 x 4 chunks). */
const SHORT_LAYERS_MAX = 3;

function checkStages({ shape, gpuCount, ...request }: PlanRequest): void {
  const { pipelineParallel: stages, interleave = 1 } = request;
  const { layers } = shape;
  if (!stages) return;
  const most = layers + SHORT_LAYERS_USUAL;
  if (stages > most) {
    const fitting = nearest(stages, most, (size) => gpuCount % size === 0);
    refuse(
      `found pipelineParallel ${stages}, need at most ${layers} for as many layers`,
      `Use ${anyOf(fitting)}.`,
    );
  }
  if (stages === 1 && interleave > 1) {
    refuse(
      `found interleave ${interleave} without a pipeline, need pipelineParallel above 1`,
      "Set interleave to 1.",
    );
  }
  const isShort = stages * interleave > most;
  if (!isShort && canInterleave(layers, { stages, interleave })) return;
  const even = wholeNumbers(Math.floor(most / stages)).filter(
    (chunks) => shortLayers(layers, stages * chunks) <= SHORT_LAYERS_USUAL,
  );
  refuse(
    `found ${layers} layers over ${stages} stages x interleave ${interleave} = ${stages * interleave} chunks, need chunks of the same length`,
    even.length === 0 ? "Leave interleave out." : `Set interleave to ${anyOf(even)}.`,
  );
}

/** Stages that are not interleaved are cut unevenly in more than one published run. */
export function canInterleave(
  layers: number,
  { stages, interleave }: { readonly stages: number; readonly interleave: number },
): boolean {
  return interleave === 1 || shortLayers(layers, stages * interleave) <= SHORT_LAYERS_MAX;
}

/** Whether only a few layers are missing for stages of the same length, as in published layouts. */
export function isNearlyEven(layers: number, stages: number): boolean {
  return shortLayers(layers, stages) <= SHORT_LAYERS_MAX;
}

/** How many layers are missing for chunks of the same length. */
function shortLayers(layers: number, chunks: number): number {
  return Math.ceil(layers / chunks) * chunks - layers;
}

function wholeNumbers(most: number): number[] {
  return Array.from({ length: most }, (_, i) => i + 1);
}

function divisors(count: number): number[] {
  return wholeNumbers(count).filter((size) => count % size === 0);
}

/** The next smaller and the next larger number up to `most` that is right, where there are such. */
function nearest(
  number: number,
  most: number,
  isRight: (candidate: number) => boolean,
): readonly number[] {
  let below = Math.min(number - 1, most);
  while (below >= 1 && !isRight(below)) below -= 1;
  let above = number + 1;
  while (above <= most && !isRight(above)) above += 1;
  return [...(below >= 1 ? [below] : []), ...(above <= most ? [above] : [])];
}

/** [1, 2, 4] -> "1, 2 or 4" */
function anyOf(numbers: readonly number[]): string {
  return numbers.join(", ").replace(/, (\d+)$/, " or $1");
}

/** What a run can do, but only with more work or newer software than the request tells of. */
export function requestWarnings(request: PlanRequest): string[] {
  return [...layoutWarnings(request), ...scheduleWarnings(request)];
}

function layoutWarnings({ shape, ...request }: PlanRequest): string[] {
  const { pipelineParallel = 1, interleave } = request;
  if (interleave === undefined || pipelineParallel === 1) return [];
  const chunks = pipelineParallel * interleave;
  if (shortLayers(shape.layers, chunks) <= SHORT_LAYERS_USUAL) return [];
  const how = interleave > 1 ? `${pipelineParallel} stages x ${interleave}` : `${chunks} stages`;
  return [
    `${shape.layers} layers do not divide evenly over ${how}: it takes a layout written by hand`,
  ];
}

/** Megatron worked in whole groups of one micro-batch per stage until 2024. */
function scheduleWarnings(request: PlanRequest): string[] {
  const { pipelineParallel: stages = 1, interleave = 1, microBatch = 1 } = request;
  const { globalBatchSequences: sequences } = request;
  if (interleave === 1 || !sequences) return [];
  const microBatches = sequences / (microBatch * replicasOf(request));
  if (microBatches % stages === 0) return [];
  return [
    `${microBatches} micro-batches are no multiple of ${stages} interleaved stages: older stacks refuse that`,
  ];
}

function checkExperts(request: PlanRequest): void {
  const { shape, expertParallel = 1, gpuCount, pipelineParallel = 1 } = request;
  const experts = shape.experts ?? 0;
  if (expertParallel > 1 && (experts === 0 || experts % expertParallel !== 0)) {
    refuse(
      experts === 0
        ? `found expertParallel ${expertParallel} without experts, need 1`
        : `found expertParallel ${expertParallel}, need a divisor of ${experts} experts`,
      experts === 0 ? "Leave it out: the model is dense." : `Use ${anyOf(divisors(experts))}.`,
    );
  }
  const perStage = gpuCount / pipelineParallel;
  if (perStage % expertParallel !== 0) {
    const isRight = (size: number) => perStage % size === 0 && experts % size === 0;
    refuse(
      `found expertParallel ${expertParallel} over ${perStage} GPUs of a pipeline stage, need a divisor of them`,
      `Use ${anyOf(nearest(expertParallel, perStage, isRight))}.`,
    );
  }
}

function checkBatch(request: PlanRequest): void {
  const { globalBatchSequences: sequences, microBatch = 1 } = request;
  if (!sequences) return;
  const replicas = replicasOf(request);
  if (sequences % replicas !== 0) {
    refuse(
      `found globalBatchSequences ${sequences} for ${replicas} replicas, need a multiple of ${replicas}`,
      `Use ${nearestMultiple(sequences, replicas)}.`,
    );
  }
  const share = sequences / replicas;
  if (share % microBatch === 0) return;
  const fitting = nearest(
    microBatch,
    Math.min(share, MICRO_BATCH_MAX),
    (size) => share % size === 0,
  );
  const more = nearestMultiple(sequences, microBatch * replicas);
  refuse(
    replicas === 1
      ? `found microBatch ${microBatch}, need a divisor of the ${sequences} sequences of a step`
      : `found microBatch ${microBatch}, need a divisor of ${share}: ${sequences} sequences over ${replicas} replicas`,
    `Use ${anyOf(fitting)}, or set globalBatchSequences to ${more}.`,
  );
}

function checkRecompute({ recompute = "full", recomputeShare = 1 }: PlanRequest): void {
  if (recompute === "full" || recomputeShare === 1) return;
  refuse(
    `found recomputeShare ${recomputeShare} with recompute ${recompute}, need recompute full`,
    "Set recompute to full, or leave recomputeShare out.",
  );
}

/** A sequence is cut into two pieces per rank, an early and a late one, so that all work alike. */
function checkSequence(request: PlanRequest): void {
  const { sequence = SEQUENCE_USUAL } = request;
  const ranks = contextRanks(request);
  if (ranks === 1 || sequence % (2 * ranks) === 0) return;
  refuse(
    `found a sequence of ${sequence} tokens over ${ranks} context ranks, need a multiple of 2 x ${ranks} = ${2 * ranks}`,
    `Use a sequence of ${nearestMultiple(sequence, 2 * ranks)} tokens, or another contextParallel.`,
  );
}

/** Where none is given, 4,096 or 8,192: no number of ranks but the largest tells them apart. */
const SEQUENCE_USUAL = 8192;

/** As given, or what the other sizes leave; 1 where it is open. */
function contextRanks({ contextParallel, ...request }: PlanRequest): number {
  const { tensorParallel, pipelineParallel, dataParallel, gpuCount } = request;
  if (contextParallel) return contextParallel;
  if (!tensorParallel || !pipelineParallel || !dataParallel) return 1;
  return gpuCount / (tensorParallel * pipelineParallel * dataParallel);
}

/** As given, or what the other sizes leave; 1 where that is open. */
function replicasOf(request: PlanRequest): number {
  const { tensorParallel, pipelineParallel, dataParallel, contextParallel, gpuCount } = request;
  if (dataParallel) return dataParallel;
  // Long sequences may be split over context ranks that the description does not name.
  const isSplit = !contextParallel && (request.sequence ?? 0) > SEQUENCE_USUAL;
  if (!tensorParallel || !pipelineParallel || isSplit) return 1;
  return gpuCount / (tensorParallel * pipelineParallel * (contextParallel ?? 1));
}

/** Larger ones are not listed. */
const MICRO_BATCH_MAX = 4096;

function nearestMultiple(count: number, of: number): number {
  return Math.max(1, Math.round(count / of)) * of;
}
