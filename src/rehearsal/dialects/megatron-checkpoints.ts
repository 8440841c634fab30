/**
 * The order of Megatron-LM's checkpoints and validations.
 *
 * A checkpoint begins after the step, and after its validation where it has one. It is written in the background, and finalised between two steps once it is complete. When training is done the last
 * one begins first; then both held-out sets are measured.
 *
 * Source: `training/training.py` (`train`, `save_checkpoint_and_time`, `evaluate`, `pretrain`),
 * `training/checkpointing.py` (`save_checkpoint`).
 */

import type { StepDone } from "../../events/events.ts";
import { uniform } from "../../random.ts";
import { drawsOf } from "./draws.ts";
import { checkpointFolder, type Facts, moment, quickSteps, sizesOf } from "./facts.ts";
import { dayMicros, scientific, wide } from "./formats.ts";
import type { Evaluation } from "./framework-log.ts";
import { checkpointFormat, stepsPerEvaluation } from "./megatron-arguments.ts";
import { stamped, timerLines } from "./megatron-start.ts";
import { snapshotMs } from "./pauses.ts";

export interface Checkpoints {
  /** Forgets everything: new processes start without it. */
  forget(): void;
  /** What follows the lines of a step. */
  afterStep(step: StepDone): string[];
  saving(step: number): string[];
  evaluated(done: Evaluation): string[];
  saved(step: number): string[];
  /** Finalises a checkpoint that has been written, if there is one. */
  finalised(): string[];
  finished(): string[];
}

interface State {
  readonly facts: Facts;
  /** Of the newest step, since the start of the run. */
  stepMs: number;
  isEvaluationAhead: boolean;
  written: number | undefined;
  isDone: boolean;
  /** What is measured while the last checkpoint is written. */
  test: readonly string[];
}

export function checkpointsOf(facts: Facts): Checkpoints {
  const state: State = {
    facts,
    stepMs: 0,
    isEvaluationAhead: false,
    written: undefined,
    isDone: false,
    test: [],
  };
  return {
    forget() {
      state.isEvaluationAhead = false;
      state.written = undefined;
    },
    afterStep(step) {
      state.stepMs = facts.atMs;
      state.isEvaluationAhead = facts.cluster !== undefined && hasEvaluation(facts, step);
      return state.isEvaluationAhead ? [] : finalised(state, facts.atMs);
    },
    saving: (step) => saving(state, step),
    evaluated: (done) => evaluated(state, done),
    saved: (step) => saved(state, step),
    finalised: () => finalised(state, state.stepMs),
    finished: () => [...trained(state), ...tested(state), ...finalised(state, facts.atMs)],
  };
}

function hasEvaluation(facts: Facts, step: StepDone): boolean {
  if (isLast(facts, step.step)) return true;
  return step.step % (stepsPerEvaluation(facts) * quickSteps(facts, step)) === 0;
}

function isLast({ plan }: Facts, step: number): boolean {
  return step === plan?.stepsTotal;
}

function saving(state: State, step: number): string[] {
  const { facts } = state;
  if (facts.cluster === undefined) return beginLines(facts, step, facts.atMs);
  return isLast(facts, step) ? trained(state) : loopLines(facts, step, facts.atMs);
}

function evaluated(state: State, done: Evaluation): string[] {
  const { facts } = state;
  const { step, loss, durationMs } = done;
  const isEnd = facts.cluster !== undefined && isLast(facts, step) && !state.isDone;
  // The timer leaves out what is done around the batches.
  const measuredMs = durationMs * uniform(drawsOf(facts, "evaluate", step), 0.985, 0.998);
  const inLoop = [
    ...timerLines(facts, { evaluate: measuredMs }),
    ...lossLines(`iteration ${step}`, loss),
  ];
  state.isEvaluationAhead = false;
  if (!isEnd) return [...inLoop, ...finalised(state, facts.atMs)];
  const heldOut = heldOutLines(facts, done);
  if (step % stepsPerEvaluation(facts) !== 0) {
    state.test = heldOut.test;
    return [...finalised(state, state.stepMs), ...trained(state), ...heldOut.validation];
  }
  // A step that is validated anyway is so once more when training is done.
  state.stepMs = facts.atMs;
  state.test = [...heldOut.again, ...heldOut.test];
  return [...inLoop, ...finalised(state, facts.atMs), ...trained(state)];
}

type HeldOut = "validation" | "again" | "test";

function heldOutLines(
  facts: Facts,
  { step, loss, batches, durationMs }: Evaluation,
): Readonly<Record<HeldOut, readonly string[]>> {
  const rounds = Array.from({ length: batches }, (_, i) => `Evaluating iter ${i + 1}/${batches}`);
  const begun = [`Evaluating on ${batches * sizesOf(facts).globalBatch} samples`, ...rounds];
  const random = drawsOf(facts, "held-out");
  const measured = (set: string, value: number): string[] => [
    ...begun,
    ...timerLines(facts, { evaluate: durationMs * uniform(random, 0.982, 0.998) }),
    ...lossLines(`iteration ${step} on ${set} set`, value),
  ];
  // Other batches of the same text, and other text of the same kind.
  return {
    validation: measured("validation", loss),
    again: measured("validation", loss + uniform(random, -0.002, 0.002)),
    test: measured("test", loss + uniform(random, -0.015, 0.015)),
  };
}

function saved(state: State, step: number): string[] {
  state.written = step;
  // Where nothing is left to do the program waits for it.
  const isAwaited = state.isDone || state.facts.cluster === undefined;
  return isAwaited ? [...tested(state), ...finalised(state, state.facts.atMs)] : [];
}

/** @param fromMs When the check began, since the start of the run */
function finalised(state: State, fromMs: number): string[] {
  const { written, facts } = state;
  state.written = undefined;
  if (written === undefined) return [];
  const { tensor, pipeline } = sizesOf(facts);
  const at = moment(facts, fromMs + uniform(drawsOf(facts, "finalise", written), 3, 40));
  return [
    `  [${dayMicros(at)}] successfully saved checkpoint from iteration ${wide(written, 7)} to ${checkpointFolder(facts)} [ t 1/${tensor}, p 1/${pipeline} ]`,
  ];
}

function tested(state: State): readonly string[] {
  const lines = state.test;
  state.test = [];
  return lines;
}

/** Training is done, and the last checkpoint begins. */
function trained(state: State): string[] {
  const { facts, stepMs } = state;
  if (state.isDone) return [];
  state.isDone = true;
  const every = facts.recipe?.stepsPerCheckpoint;
  const isDue = every !== undefined && facts.step % every === 0;
  const done = (): string[] => [
    stamped("after training is done", moment(facts, Math.max(stepMs, facts.trainingSinceMs) + 24)),
  ];
  if (facts.cluster === undefined) return done();
  // A step that has a checkpoint anyway needs no other one.
  if (isDue) return [...loopLines(facts, facts.step, stepMs), ...done()];
  return [...done(), ...beginLines(facts, facts.step, stepMs)];
}

function loopLines(facts: Facts, step: number, fromMs: number): string[] {
  const lines = beginLines(facts, step, fromMs);
  // From before the first stamp until after the last one.
  const tookMs = facts.lastMicros / 1000 - (facts.started?.wallMs ?? 0) - fromMs;
  const moreMs = uniform(drawsOf(facts, "save", step), 0.4, 6);
  return [...lines, ...timerLines(facts, { "save-checkpoint": tookMs + moreMs })];
}

/** The tensors are copied while training waits. @param fromMs Since the start of the run */
function beginLines(facts: Facts, step: number, fromMs: number): string[] {
  const iteration = wide(step, 7);
  const folder = checkpointFolder(facts);
  const begin = `[${dayMicros(moment(facts, fromMs))}] saving checkpoint at iteration ${iteration} to ${folder} in ${checkpointFormat(facts)} format`;
  const copiedMs = fromMs + snapshotMs(facts, step);
  const isSplit = facts.cluster?.sharding === "optimizer" && sizesOf(facts).data > 1;
  return [
    begin,
    ...(isSplit ? ["Storing distributed optimizer sharded state of type dp_reshardable"] : []),
    `  [${dayMicros(moment(facts, copiedMs))}] scheduled an async checkpoint save at iteration ${iteration} to ${folder}`,
  ];
}

function lossLines(place: string, loss: number): string[] {
  const perplexity = Math.exp(Math.min(20, loss));
  const line = ` validation loss at ${place} | lm loss value: ${scientific(loss, 6)} | lm loss PPL: ${scientific(perplexity, 6)} | `;
  const rule = "-".repeat(line.length + 1);
  return [rule, line, rule];
}
