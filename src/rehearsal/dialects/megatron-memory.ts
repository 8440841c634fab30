/**
 * Memory as Megatron-LM reports it after its first two iterations: what its formulas expect, and
 * what the allocator has on the ranks of the first replica.
 *
 * Source: `training/theoretical_memory_usage.py` and `report_memory` of `training/utils.py`.
 */

import { uniform } from "../../random.ts";
import { GIBIBYTE, MEBIBYTE } from "../engine/units.ts";
import { tensorBytesOf } from "../plan/memory.ts";
import { drawsOf } from "./draws.ts";
import { type Facts, memoryOf, sizesOf } from "./facts.ts";
import { heldBy, paddedVocabulary } from "./stage-parameters.ts";

const BILLION = 1e9;

/** Above this an allocator runs out of memory sooner or later. */
const FILL_MAX = 0.94;

/** @param place In the order of the ranks. */
export interface ModelRank {
  readonly rank: number;
  readonly tensor: number;
  readonly stage: number;
}

/** At most so many ranks are listed, which is all of them but in the largest jobs. */
const RANKS_LISTED = 128;

/** Those of the first replica, in the order in which they happen to print. */
export function modelRanks(facts: Facts, what: string): ModelRank[] {
  const { tensor, pipeline, worldSize } = sizesOf(facts);
  const all = Array.from({ length: tensor * pipeline }, (_, i) => {
    const stage = Math.floor(i / tensor);
    return { rank: stage * (worldSize / pipeline) + (i % tensor), tensor: i % tensor, stage };
  });
  const order = drawsOf(facts, what, facts.launches, facts.attempts, facts.regroups, facts.step);
  const placed = all.map((one) => ({ one, place: order.next() }));
  return placed
    .sort((a, b) => a.place - b.place)
    .slice(0, RANKS_LISTED)
    .map(({ one }) => one);
}

/** @param steps Iterations that these processes have done: 1 or 2. */
export function memoryLines(facts: Facts, steps: 1 | 2): string[] {
  if (facts.cluster === undefined) return [];
  const { step } = facts;
  return [
    ...theoryLines(facts),
    ...modelRanks(facts, "memory-report").map(({ rank, stage }) => {
      const { allocated, peak, reserved } = rankMemory(facts, { rank, stage, steps });
      const mib = (bytes: number): string => (bytes / MEBIBYTE).toFixed(2);
      return `[Rank ${rank}] (after ${step} iterations) memory (MB) | allocated: ${mib(allocated)} | max allocated: ${mib(peak)} | reserved: ${mib(reserved)} | max reserved: ${mib(reserved)}`;
    }),
  ];
}

/** Gradients in float32, as bfloat16 needs them, unless the GPU has no room for that. */
export function hasWholeGradients(facts: Facts): boolean {
  if (facts.recipe?.precision === "fp16") return true;
  const { capacityGib } = memoryOf(facts);
  const { shared, routed } = heldBy(facts, 0);
  return tensorBytes(facts) + 2 * (shared + routed) <= FILL_MAX * capacityGib * GIBIBYTE;
}

/** Of what the plan expects on the fullest GPU: its tensors, with gradients in bfloat16. */
function tensorBytes(facts: Facts): number {
  return tensorBytesOf(facts.cluster?.plannedMemoryBytes ?? 0);
}

interface RankMemory {
  readonly allocated: number;
  readonly peak: number;
  readonly reserved: number;
}

/** Weights, gradients and the optimiser's states stay; activations come and go. */
function rankMemory(
  facts: Facts,
  { rank, stage, steps }: { readonly rank: number; readonly stage: number; readonly steps: 1 | 2 },
): RankMemory {
  const capacity = memoryOf(facts).capacityGib * GIBIBYTE;
  const gradient = hasWholeGradients(facts) ? 4 : 2;
  const plannedGradient = facts.recipe?.precision === "fp16" ? 4 : 2;
  const live = Math.max(
    0.5 * GIBIBYTE,
    tensorBytes(facts) - stateBytes(facts, 0, plannedGradient).whole,
  );
  const { whole, moments } = stateBytes(facts, stage, gradient);
  const workspace = uniform(drawsOf(facts, "workspace", rank), 210, 460) * MEBIBYTE;
  const allocated = whole + workspace;
  // Before the first update there are no moments yet.
  const before = steps === 1 ? moments : 0;
  const activations =
    live * shareInFlight(facts, stage) * uniform(drawsOf(facts, "live", rank), 0.985, 1);
  const peak = Math.min(
    0.975 * capacity,
    Math.max(allocated - before + activations, 1.01 * allocated),
  );
  const reserved = Math.min(0.985 * capacity, 1.025 * peak + 0.4 * GIBIBYTE);
  // The allocator reserves in blocks of two mebibytes.
  return { allocated, peak, reserved: 2 * MEBIBYTE * Math.round(reserved / (2 * MEBIBYTE)) };
}

/** The first stages keep the activations of the most micro-batches, the last one has the logits. */
function shareInFlight(facts: Facts, stage: number): number {
  const { pipeline, accumulation } = sizesOf(facts);
  if (pipeline === 1) return 1;
  const inFlight = (at: number): number => Math.min(pipeline - at, Math.max(1, accumulation));
  const share = inFlight(stage) / inFlight(0);
  return stage === pipeline - 1 ? Math.min(1, share + 0.35) : share;
}

interface StateBytes {
  readonly whole: number;
  /** Of the whole, Adam's two. */
  readonly moments: number;
}

function stateBytes(facts: Facts, stage: number, gradientBytes: number): StateBytes {
  const { data, context, expert } = sizesOf(facts);
  const { shared, routed } = heldBy(facts, stage);
  const sharding = facts.cluster?.sharding;
  const replicas = data * context;
  const split = sharding === "none" ? 1 : replicas;
  const splitRouted = sharding === "none" ? 1 : Math.max(1, replicas / expert);
  const states = (bytes: number): number => bytes * (shared / split + routed / splitRouted);
  const held = 2 + gradientBytes;
  const weights = sharding === "full" ? states(held) : held * (shared + routed);
  return { whole: weights + states(12), moments: states(8) };
}

/** Its formulas know neither of gradients in bfloat16 nor of latent attention. */
function theoryLines(facts: Facts): string[] {
  const { data, tensor, pipeline, accumulation } = sizesOf(facts);
  const { block, tables, loaded, other } = theoryParameters(facts);
  const [activation, perLayer] = theoryActivation(facts);
  const perParameter = facts.cluster?.sharding === "none" ? 18 : 6 + 12 / data;
  const state = (loaded * perParameter) / MEBIBYTE;
  const isSplit = tensor > 1 && facts.recipe?.recompute === "selective";
  const per = isSplit ? "" : " (precise, without SP)";
  const billions = (count: number, digits: number): string => (count / BILLION).toFixed(digits);
  return [
    `Number of parameters in transformer block in billions:  ${billions(block, 2)}`,
    `Number of parameters in embedding layers in billions: ${billions(tables, 2)}`,
    `Total number of parameters in billions: ${billions(block + tables, 2)}`,
    `Number of parameters in most loaded shard in billions: ${billions(loaded, 4)}`,
    ...(pipeline > 1
      ? [`Number of parameters in other shards in billions: ${billions(other, 4)}`]
      : []),
    `compute_activation_memory${isSplit ? " with SP" : "_without_sp"}`,
    `Activation memory footprint per transformer layer${per}: ${(perLayer / MEBIBYTE).toFixed(1)} MB`,
    ...(pipeline > 1
      ? [`Number of in-flight microbatches: ${Math.min(accumulation, pipeline)}`]
      : []),
    `Theoretical memory footprints: weight and optimizer=${state.toFixed(2)} MB, activation=${(activation / MEBIBYTE).toFixed(2)} MB, total=${(state + activation / MEBIBYTE).toFixed(2)} MB`,
    "",
  ];
}

interface TheoryParameters {
  readonly block: number;
  readonly tables: number;
  readonly loaded: number;
  readonly other: number;
}

function theoryParameters(facts: Facts): TheoryParameters {
  const sizes = sizesOf(facts);
  const { tensor, pipeline, layers, hidden, heads, kvHeads, headSize } = sizes;
  const { feedForward, experts, vocabulary } = sizes;
  const isGated = facts.model?.gated ?? true;
  const isTied = facts.model?.tiedEmbeddings ?? false;
  const norm = isGated ? 1 : 2;
  const wide = feedForward * Math.max(1, experts) * (isGated ? 1.5 : 1);
  const attention = 2 * hidden * headSize * (heads + kvHeads);
  const block = layers * (2 * hidden * (wide + norm) + attention) + norm * hidden;
  const table = hidden * paddedVocabulary(vocabulary, tensor);
  const tables = (isTied ? 1 : 2) * table;
  const here = pipeline === 1 ? tables : table;
  return {
    block,
    tables,
    loaded: (block / pipeline + here) / tensor,
    other: block / (pipeline * tensor),
  };
}

/** Of the first stage, and of one layer, in bytes. */
function theoryActivation(facts: Facts): [whole: number, perLayer: number] {
  const sizes = sizesOf(facts);
  const { tensor, pipeline, accumulation, layers, hidden, feedForward } = sizes;
  const { sequence, microBatch, vocabulary } = sizes;
  const tokens = sequence * microBatch;
  const padded = paddedVocabulary(vocabulary, tensor);
  const inFlight = pipeline > 1 ? Math.min(1, accumulation / pipeline) : 1;
  const inputs = tokens * pipeline * (8 + hidden);
  if (tensor > 1 && facts.recipe?.recompute === "selective") {
    const perLayer = tokens * hidden * (18 + 4 * (feedForward / hidden));
    const logits = pipeline === 1 ? tokens * hidden * 4 * (1 + padded / hidden) : 0;
    const whole = ((perLayer * layers + inputs) * inFlight + logits) / tensor;
    return [whole, perLayer / tensor];
  }
  const perLayer = tokens * hidden * (10 + 24 / tensor);
  const logits = pipeline === 1 ? 2 * ((tokens * padded) / tensor + tokens * hidden) : 0;
  return [1.05 * ((perLayer * layers + inputs) * inFlight + logits), perLayer];
}
