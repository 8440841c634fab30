/** The global batch along a run: constant, or growing in stages as published runs have it. */

import { UserError } from "../../../errors.ts";
import { BATCH_RAMPS } from "../../catalog/batch-ramps.ts";
import { rounded } from "../../engine/portable-math.ts";
import { type Plan, planRun } from "../../plan/plan.ts";
import type { PlannedShares } from "./noise.ts";

export interface BatchStage {
  /** First and last step with this batch, counted from 1. */
  readonly fromStep: number;
  readonly untilStep: number;
  readonly sequences: number;
  /** Sequences of all stages before. */
  readonly sequencesBefore: number;
  /** Of an undisturbed step. */
  readonly stepMs: number;
}

export interface Batch {
  readonly stages: readonly BatchStage[];
  readonly stepsTotal: number;
  /** The stage that a step belongs to; steps beyond the last belong to the last. */
  at(step: number): BatchStage;
  /** Sequences learned from when the step is done. */
  consumed(step: number): number;
  /** The planned steps whose batches hold the sequences `from` to `until - 1`, counted from 0. */
  plannedFor(from: number, until: number): PlannedShares;
}

/** The stages of a run with as many tokens as planned, rounded up to whole steps. */
export function batchOf(plan: Plan, { ramped = false }: { readonly ramped?: boolean } = {}): Batch {
  const all = plan.steps * plan.setup.globalBatchSequences;
  const stages: BatchStage[] = [];
  let before = 0;
  for (const { sequences, stepMs, untilShare } of [
    ...(ramped ? smallBatches(plan) : []),
    fullBatch(plan),
  ]) {
    const steps = Math.ceil((all * untilShare - before) / sequences);
    if (steps < 1) continue;
    const fromStep = (stages.at(-1)?.untilStep ?? 0) + 1;
    const untilStep = fromStep + steps - 1;
    stages.push({ fromStep, untilStep, sequences, sequencesBefore: before, stepMs });
    before += steps * sequences;
  }
  const last = stages.at(-1) as BatchStage;
  const at = (step: number): BatchStage =>
    step >= last.fromStep ? last : (stages.find(({ untilStep }) => step <= untilStep) ?? last);
  const consumed = (step: number): number => {
    const { sequencesBefore, fromStep, sequences } = at(step);
    return sequencesBefore + (step - fromStep + 1) * sequences;
  };
  const stepWith = (sequence: number): number => {
    const stage = stages.findLast(({ sequencesBefore }) => sequencesBefore <= sequence) ?? last;
    return stage.fromStep + Math.floor((sequence - stage.sequencesBefore) / stage.sequences);
  };
  return {
    stages,
    stepsTotal: last.untilStep,
    at,
    consumed,
    plannedFor(from, until) {
      const shares: { step: number; share: number }[] = [];
      for (let step = stepWith(from), begun = from; begun < until; step += 1) {
        const end = Math.min(until, consumed(step));
        shares.push({ step, share: (end - begun) / (until - from) });
        begun = end;
      }
      return shares;
    },
  };
}

interface Planned {
  readonly sequences: number;
  readonly stepMs: number;
  readonly untilShare: number;
}

function fullBatch({ setup, stepSeconds }: Plan): Planned {
  // The planner may use what the language leaves to the engine: its figures are rounded here.
  const stepMs = rounded(stepSeconds * 1000, 3);
  return { sequences: setup.globalBatchSequences, stepMs, untilShare: 1 };
}

/** Each is planned like the whole run: with fewer micro-batches the pipeline is emptier. */
function smallBatches({ setup, modelName }: Plan): Planned[] {
  const ramp = modelName === undefined ? undefined : BATCH_RAMPS[modelName];
  if (ramp === undefined) return [];
  const increment = setup.globalBatchSequences / ramp.parts;
  if (!Number.isInteger(increment / (setup.microBatch * setup.dataParallel))) return [];
  return Array.from({ length: ramp.parts - 1 }, (_, i) => i + 1).flatMap((part) => {
    const sequences = part * increment;
    const untilShare = (ramp.untilShare * part) / (ramp.parts - 1);
    try {
      const plan = planRun({ ...setup, globalBatchSequences: sequences });
      return [{ ...fullBatch(plan), untilShare }];
    } catch (failure) {
      if (failure instanceof UserError) return [];
      throw failure;
    }
  });
}
