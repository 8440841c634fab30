/**
 * The sizes that a pretraining can run at: all replicas, or as many whole ones as the nodes allow. Tensor, pipeline and context groups stay as they are, and so do the groups that share one
 * set of experts; the replicas that are left do more micro-batches each.
 */

import { UserError } from "../../../errors.ts";
import { rounded } from "../../engine/portable-math.ts";
import { FORWARD_SHARE } from "../../plan/flops.ts";
import { capacityBytes } from "../../plan/memory.ts";
import { type Plan, planRun } from "../../plan/plan.ts";
import { nodeCount, type Setup } from "../../plan/setup.ts";
import type { Batch } from "./batch.ts";

/** What the planner says of the run on so many replicas. */
export interface JobSize {
  /** Of the full batch. */
  readonly plan: Plan;
  /** That it needs. */
  readonly nodes: number;
  /** Training stands still while the state is copied, and goes on while it is written. */
  readonly snapshotMs: number;
  readonly writeMs: number;
  readonly evaluationMs: number;
  at(step: number): SizedStep;
}

export interface SizedStep {
  readonly sequences: number;
  /** Of an undisturbed step. */
  readonly stepMs: number;
}

export interface JobSizes {
  readonly full: JobSize;
  /** @returns The largest on so many nodes; undefined where not one replica finds room. */
  largestOn(nodes: number): JobSize | undefined;
}

export interface JobSizesParts {
  readonly plan: Plan;
  readonly batch: Batch;
  readonly evaluationBatches: number;
}

export function jobSizesOf(parts: JobSizesParts): JobSizes {
  const { plan, batch } = parts;
  const { setup } = plan;
  const full = jobSizeOf(parts, plan, (step) => batch.at(step));
  const smaller = new Map<number, JobSize | undefined>();
  return {
    full,
    largestOn(nodes) {
      if (nodes >= full.nodes) return full;
      const replicas = replicasOn(setup, nodes);
      if (replicas === 0) return undefined;
      if (!smaller.has(replicas)) smaller.set(replicas, reducedJobSize(parts, replicas));
      return smaller.get(replicas);
    },
  };
}

function jobSizeOf(
  { evaluationBatches }: Pick<JobSizesParts, "evaluationBatches">,
  plan: Plan,
  at: JobSize["at"],
): JobSize {
  const { setup, stepSeconds, checkpointWriteSeconds } = plan;
  return {
    plan,
    nodes: nodeCount(setup),
    snapshotMs: Math.round(setup.checkpointSeconds * 1000),
    writeMs: Math.max(1, Math.round(checkpointWriteSeconds * 1000)),
    evaluationMs: Math.round(evaluationBatches * stepSeconds * 1000 * FORWARD_SHARE),
    at,
  };
}

/** GPUs that hold the model once. */
function replicaSize({ tensorParallel, pipelineParallel, contextParallel }: Setup): number {
  return tensorParallel * pipelineParallel * contextParallel;
}

/** As many as there are GPUs for, in whole groups of experts. */
function replicasOn(setup: Setup, nodes: number): number {
  const room = Math.floor((nodes * setup.gpu.gpusPerNode) / replicaSize(setup));
  for (let replicas = Math.min(room, setup.dataParallel - 1); replicas > 0; replicas -= 1)
    if ((replicas * setup.contextParallel) % setup.expertParallel === 0) return replicas;
  return 0;
}

function reducedJobSize(parts: JobSizesParts, replicas: number): JobSize | undefined {
  const { plan, batch } = parts;
  const plans = batch.stages.flatMap(
    ({ sequences }) => reducedPlan(plan, replicas, sequences) ?? [],
  );
  const last = plans.at(-1);
  if (last === undefined || plans.length < batch.stages.length) return undefined;
  const limitBytes = Math.max(capacityBytes(plan.setup), plan.memory.total);
  // Fewer replicas split the optimiser's states between them: each holds more.
  if (last.memory.total > limitBytes) return undefined;
  const steps = plans.map(({ setup, stepSeconds }) => ({
    sequences: setup.globalBatchSequences,
    // The planner may use what the language leaves to the engine: its figures are rounded here.
    stepMs: rounded(stepSeconds * 1000, 3),
  }));
  return jobSizeOf(parts, last, (step) => steps[batch.stages.indexOf(batch.at(step))] as SizedStep);
}

function reducedPlan(plan: Plan, replicas: number, sequences: number): Plan | undefined {
  // How long copying the state takes follows from the GPUs that are left.
  const { checkpointSeconds, ...same } = plan.setup;
  const dataParallel = replicas;
  const gpuCount = replicas * replicaSize(plan.setup);
  try {
    return planRun({
      ...same,
      gpuCount,
      dataParallel,
      globalBatchSequences: nearestBatch({ ...plan.setup, dataParallel }, sequences),
    });
  } catch (failure) {
    if (failure instanceof UserError) return undefined;
    throw failure;
  }
}

/** The batch as it is where it divides; otherwise the nearest that does, at least one of all. */
export function nearestBatch(
  setup: Pick<Setup, "microBatch" | "dataParallel" | "interleave" | "pipelineParallel">,
  sequences: number,
): number {
  const { microBatch, dataParallel, interleave, pipelineParallel } = setup;
  // The interleaved schedule works in groups of one micro-batch per stage.
  const together = microBatch * dataParallel * (interleave > 1 ? pipelineParallel : 1);
  return Math.max(1, Math.round(sequences / together)) * together;
}
