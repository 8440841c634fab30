/**
 * The parameters that one rank of the first replica holds.
 *
 * Matrices are split between the ranks of a tensor group; norms, routers and learned positions are
 * whole on each of them. The first stage has the embedding too, the last one the output matrix and
 * the norm before it.
 */

import { type Facts, sizesOf } from "./facts.ts";

/** Parameters of a rank. */
export interface Held {
  /** What every token passes, the whole of it or the rank's part. */
  readonly shared: number;
  /** Of the routed experts, its part of those of one expert-parallel rank. */
  readonly routed: number;
}

export function heldBy(facts: Facts, stage: number): Held {
  const { tensor, pipeline, expert, layers, hidden, vocabulary, sequence } = sizesOf(facts);
  const here = Math.floor(layers / pipeline) + (stage < layers % pipeline ? 1 : 0);
  const isFirst = stage === 0;
  const isLast = stage === pipeline - 1;
  const { split, whole, positions } = layerOf(facts);
  const isTied = facts.model?.tiedEmbeddings ?? false;
  // A tied matrix stands on both end stages, and once where they are one.
  const tables = (isFirst ? 1 : 0) + (isLast && !(isTied && isFirst) ? 1 : 0);
  const padded = paddedVocabulary(vocabulary, tensor);
  const shared =
    here * (split / tensor + whole) +
    (tables * padded * hidden) / tensor +
    (isFirst && positions ? sequence * hidden : 0) +
    (isLast ? normSize(facts) : 0);
  const routed = routedParameters(facts) / (expert * tensor * pipeline);
  return { shared: Math.round(shared), routed: Math.round(routed) };
}

/** Rows of the embedding, so that the tensor-parallel ranks hold equal parts. */
export function paddedVocabulary(vocabulary: number, tensor: number): number {
  const multiple = 128 * tensor;
  return Math.ceil(vocabulary / multiple) * multiple;
}

interface Layer {
  readonly split: number;
  readonly whole: number;
  /** There is a learned table of positions. */
  readonly positions: boolean;
}

/** One layer without its routed experts, on average over all layers. */
function layerOf(facts: Facts): Layer {
  const sizes = sizesOf(facts);
  const { parameters, layers, hidden, heads, kvHeads, headSize } = sizes;
  const { feedForward, experts, sequence, vocabulary } = sizes;
  const isGated = facts.model?.gated ?? true;
  const attention = 2 * hidden * (heads + kvHeads) * headSize;
  const dense = experts > 0 ? 0 : (isGated ? 3 : 2) * hidden * feedForward;
  // Of a plain block also the biases behind the matrices that gather.
  const whole = 2 * normSize(facts) + experts * hidden + (isGated ? 0 : 2 * hidden);
  const tables = (facts.model?.tiedEmbeddings ?? false) ? 1 : 2;
  const counted = parameters - routedParameters(facts);
  const rest =
    counted - layers * (attention + dense + whole) - tables * vocabulary * hidden - normSize(facts);
  const positions = !isGated && rest >= sequence * hidden;
  // What a shape has beside these: biases, shared experts, dense layers among those with experts.
  const more = (rest - (positions ? sequence * hidden : 0)) / Math.max(1, layers);
  return { split: Math.max(0, attention + dense + more), whole, positions };
}

/** A gain, and a bias beside it in a layer norm. */
function normSize(facts: Facts): number {
  return ((facts.model?.gated ?? true) ? 1 : 2) * sizesOf(facts).hidden;
}

function routedParameters(facts: Facts): number {
  const { parameters, activeParameters, experts } = sizesOf(facts);
  const perToken = facts.model?.expertsPerToken ?? 0;
  // A token leaves out all but a few: that gives the size of all of them.
  if (experts <= perToken) return 0;
  return ((parameters - activeParameters) * experts) / (experts - perToken);
}
