/**
 * Useful work per token, by the three conventions in use.
 *
 * Utilisations are comparable only under one convention: at 8k tokens an 8 B model shows 30 % by
 * the first and 33 % by the second for the same run.
 */

import { type Architecture, attentionWidth, countParameters } from "../catalog/architecture.ts";

/**
 * What a batch that is only passed forward takes of a step: one of three passes, and a little more,
 * for what is done once whatever follows. Assumed.
 */
export const FORWARD_SHARE = 0.34;

export type FlopsConvention = "causal" | "full-attention" | "six-n";

/**
 * Floating-point operations of one forward and backward pass, per token.
 *
 * - "causal" (ours, Megatron-LM): matrices of the layers and the logits, and the half of
 *   the score matrix that a causal model needs;
 * - "full-attention" (PaLM, torchtitan): the same with the whole score matrix;
 * - "six-n" (Hugging Face `total_flos`): six per active parameter.
 */
export function flopsPerToken(
  shape: Architecture,
  sequence: number,
  convention: FlopsConvention = "causal",
): number {
  const counts = countParameters(shape);
  if (convention === "six-n") return 6 * counts.active;
  const halves = convention === "causal" ? 1 : 2;
  const matrices = 6 * (counts.activeLayerWeights + counts.outputEmbedding);
  return matrices + 3 * halves * shape.layers * attentionWidth(shape) * sequence;
}
