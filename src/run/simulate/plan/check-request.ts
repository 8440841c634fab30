/** Parts of a request that cannot be true together, said before anything is computed. */

import { UserError } from "../../../errors.ts";
import type { PlanRequest } from "./request.ts";

/** @throws UserError `bad-plan` for the first contradiction. */
export function checkRequest(request: PlanRequest): void {
  checkPrecision(request);
  checkGrid(request);
  checkSplits(request);
  checkBatch(request);
}

function refuse(message: string, hint: string): never {
  throw new UserError({ code: "bad-plan", message: `Cannot plan: ${message}`, hint, exitCode: 2 });
}

function checkPrecision({ precision, gpu }: PlanRequest): void {
  if (!precision || gpu.peakTflops[precision]) return;
  const known = Object.keys(gpu.peakTflops).join(" or ");
  refuse(`found precision ${precision} on ${gpu.name}, need ${known}`, "Choose another precision.");
}

function checkGrid(request: PlanRequest): void {
  const { gpuCount, tensorParallel, pipelineParallel, contextParallel, dataParallel } = request;
  const given = [tensorParallel, pipelineParallel, contextParallel, dataParallel];
  const product = given.reduce<number>((sum, size) => sum * (size ?? 1), 1);
  const allGiven = tensorParallel && pipelineParallel && dataParallel;
  if (allGiven && product !== gpuCount && (contextParallel || gpuCount % product !== 0)) {
    refuse(
      `found tensor ${tensorParallel} x pipeline ${pipelineParallel} x context ${contextParallel ?? 1} x data ${dataParallel} = ${product} GPUs, need ${gpuCount}`,
      `Leave dataParallel out, or use ${product} GPUs.`,
    );
  }
  if (gpuCount % product !== 0) {
    refuse(
      `found parallel sizes with the product ${product}, need a divisor of ${gpuCount} GPUs`,
      `Use a multiple of ${product} GPUs, or smaller parallel sizes.`,
    );
  }
}

function checkSplits(request: PlanRequest): void {
  const { shape, tensorParallel = 1, pipelineParallel, interleave = 1 } = request;
  if (shape.heads % tensorParallel !== 0) {
    refuse(
      `found tensorParallel ${tensorParallel}, need a divisor of ${shape.heads} heads`,
      "Use a smaller tensor-parallel size.",
    );
  }
  if (pipelineParallel && pipelineParallel * interleave > shape.layers + 2) {
    refuse(
      `found ${pipelineParallel} pipeline stages of ${interleave} chunks, need at most ${shape.layers} for as many layers`,
      "Use fewer stages or chunks.",
    );
  }
  if (pipelineParallel === 1 && interleave > 1) {
    refuse(
      `found interleave ${interleave} without a pipeline, need pipelineParallel above 1`,
      "Set interleave to 1.",
    );
  }
  checkExperts(request);
}

function checkExperts({ shape, expertParallel = 1, gpuCount, pipelineParallel = 1 }: PlanRequest) {
  const experts = shape.experts ?? 0;
  if (expertParallel > 1 && (experts === 0 || experts % expertParallel !== 0)) {
    refuse(
      `found expertParallel ${expertParallel}, need a divisor of ${experts} experts`,
      experts === 0 ? "Leave it out: the model is dense." : "Choose a divisor.",
    );
  }
  const perStage = gpuCount / pipelineParallel;
  if (perStage % expertParallel !== 0) {
    refuse(
      `found expertParallel ${expertParallel} over ${perStage} GPUs of a pipeline stage, need a divisor of them`,
      "Use a smaller expert-parallel size.",
    );
  }
}

function checkBatch(request: PlanRequest): void {
  const {
    globalBatchSequences,
    microBatch = 1,
    dataParallel = 1,
    sequence,
    contextParallel = 1,
  } = request;
  const together = microBatch * dataParallel;
  if (globalBatchSequences && globalBatchSequences % together !== 0) {
    refuse(
      `found a global batch of ${globalBatchSequences} sequences, need a multiple of micro-batch ${microBatch} x data parallel ${dataParallel} = ${together}`,
      `Use ${Math.max(1, Math.round(globalBatchSequences / together)) * together} sequences.`,
    );
  }
  if (sequence && sequence % contextParallel !== 0) {
    refuse(
      `found ${sequence} tokens over ${contextParallel} context ranks, need a multiple`,
      "Use another context-parallel size.",
    );
  }
}
