/**
 * The collective that hangs: what it is, in which group, and how many came before it.
 */

import { below } from "../../random.ts";
import { drawsOf } from "./draws.ts";
import { type Facts, sizesOf } from "./facts.ts";
import type { Grouping, GroupKind } from "./process-groups.ts";

/** What the ranks of a group add up or gather together. */
export interface Collective {
  readonly type: "_ALLGATHER_BASE" | "_REDUCE_SCATTER_BASE" | "ALLREDUCE";
  readonly numelIn: number;
  readonly numelOut: number;
  /** Ranks of the process group. */
  readonly group: number;
  readonly kind: GroupKind;
}

/**
 * A layer's weights are gathered or its gradients are summed up, over the ranks that hold different
 * parts of the same layer.
 */
export function collectiveOf(facts: Facts): Collective {
  const { data, context, tensor, sequence, microBatch, hidden } = sizesOf(facts);
  const sharding = facts.cluster?.sharding ?? "none";
  const group = data * context;
  const part = Math.ceil(layerParameters(facts) / tensor / group);
  if (group === 1) {
    const numel = tensor === 1 ? 1 : microBatch * sequence * hidden;
    return {
      type: "ALLREDUCE",
      numelIn: numel,
      numelOut: numel,
      group: Math.max(1, tensor),
      kind: "tensor",
    };
  }
  if (sharding === "none") {
    const numel = bucketNumel(facts);
    return { type: "ALLREDUCE", numelIn: numel, numelOut: numel, group, kind: "data" };
  }
  const gathers = sharding === "full" && below(drawsOf(facts, "hang", facts.step), 5) < 3;
  return gathers
    ? { type: "_ALLGATHER_BASE", numelIn: part, numelOut: part * group, group, kind: "data" }
    : { type: "_REDUCE_SCATTER_BASE", numelIn: part * group, numelOut: part, group, kind: "data" };
}

/** Ranks of a layer's parts are neighbours; a group has one of each of them. */
export function rankInGroup(facts: Facts, rank: number): number {
  const { tensor, data, context } = sizesOf(facts);
  const { group } = collectiveOf(facts);
  return group === data * context ? Math.floor(rank / tensor) % group : rank % group;
}

/** Works of the group when it hangs, of which the last one is not done. */
export interface Counter {
  /** Of the work that hangs, from 1. */
  readonly sequence: number;
  /** Works that a rank has enqueued after it. */
  ahead(rank: number): number;
}

/**
 * A group counts from the start of its processes: what it did to get ready, then the same number of
 * works in each step.
 */
export function counterOf(facts: Facts, grouping: Grouping): Counter {
  const place = [facts.launches, facts.attempts, facts.regroups, facts.step];
  const random = drawsOf(facts, "collectives", ...place);
  const done = Math.max(0, facts.step - facts.trainingSinceStep);
  const each = worksPerStep(facts, grouping);
  const before = 1 + below(drawsOf(facts, "first-collectives", ...place.slice(0, 3)), 14);
  const sequence = before + done * each + 1 + below(random, each);
  const aheadAtLeast = below(random, farAhead(facts));
  return {
    sequence,
    // The program stops at the next value that it asks the card for, sooner here than there.
    ahead: (rank) => aheadAtLeast + below(drawsOf(facts, "ahead", rank, ...place), 3),
  };
}

/** Reductions within layers are asynchronous; gathering of weights has memory for a few only. */
function farAhead(facts: Facts): number {
  const { kind, type } = collectiveOf(facts);
  if (kind === "tensor") return 48;
  return type === "ALLREDUCE" ? 4 : 9;
}

/** Embeddings and the last matrix are gathered like layers. */
const OTHER_UNITS = 2;

function worksPerStep(facts: Facts, grouping: Grouping): number {
  const { layers, pipeline, accumulation, parameters, tensor } = sizesOf(facts);
  const here = Math.ceil(layers / pipeline);
  // Twice in each direction, and what the loss needs.
  if (collectiveOf(facts).kind === "tensor") return 4 * here * accumulation + 3;
  const sharding = facts.cluster?.sharding ?? "none";
  // Weights come before either pass, gradients go after the second; then loss and norm.
  if (sharding === "full") return 3 * (here + OTHER_UNITS) * accumulation + 2;
  const buckets = Math.ceil(parameters / tensor / pipeline / grouping.bucket(facts));
  // Weights come back where each rank has updated a part of them.
  return (sharding === "none" ? buckets : 2 * buckets) + 1;
}

/** Float32 gradients of 25 MiB, which DDP sums up at once. */
const BUCKET_NUMEL = (25 * 2 ** 20) / 4;

/** A bucket is full with the matrix that brings it over its size. */
export function bucketNumel(facts: Facts): number {
  const { hidden, feedForward } = sizesOf(facts);
  const matrix = hidden * feedForward;
  return matrix * Math.ceil(BUCKET_NUMEL / matrix);
}

/** Attention, feed-forward block and two norms; of the experts those of a rank. */
function layerParameters(facts: Facts): number {
  const { hidden, heads, kvHeads, headSize, feedForward, experts, expert } = sizesOf(facts);
  const attention = hidden * headSize * (2 * heads + 2 * kvHeads);
  const matrices = (facts.model?.gated ?? true) ? 3 : 2;
  const blocks = experts === 0 ? 1 : experts / expert;
  return attention + matrices * hidden * feedForward * blocks + experts * hidden + 2 * hidden;
}
