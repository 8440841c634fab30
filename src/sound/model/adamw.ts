/**
 * AdamW on one flat vector, as graph nodes and as the few numbers that change per step.
 *
 * Source: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", 2019.
 * The moments are kept without their factors (1 - beta), which saves two passes over
 * memory; the numbers of `stepNumbers` make up for it, so that weights follow the same
 * path as PyTorch's AdamW.
 */

import type { Graph, Node } from "../tensor/graph.ts";

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

export interface OptimiserState<T> {
  readonly weights: T;
  /** First moment over (1 - beta 1). */
  readonly moment: T;
  /** Second moment over (1 - beta 2). */
  readonly variance: T;
}

/** Scalars that `adamwStep` multiplies by; they change with the step, the graph does not. */
export interface StepNumbers<T> {
  readonly stepSize: T;
  readonly epsilon: T;
  /** 1 - learning rate * weight decay. */
  readonly decay: T;
}

/**
 * @param learningRate Of this step.
 * @param step Counted from 1, for the bias correction.
 */
export function stepNumbers(
  learningRate: number,
  weightDecay: number,
  step: number,
): StepNumbers<number> {
  const bias1 = 1 - BETA_1 ** step;
  const bias2 = 1 - BETA_2 ** step;
  const rootScale = Math.sqrt(bias2 / (1 - BETA_2));
  return {
    stepSize: ((learningRate * (1 - BETA_1)) / bias1) * rootScale,
    epsilon: EPSILON * rootScale,
    decay: 1 - learningRate * weightDecay,
  };
}

/**
 * One update. Where `keep` is 0 (a gradient was not finite), everything stays as it was.
 *
 * @param gradient Clipped, shape like the state's; must hold no NaN even where `keep` is 0.
 * @param keep One number, 1 or 0.
 */
export function adamwStep(
  graph: Graph,
  state: OptimiserState<Node>,
  { gradient, keep, numbers }: { gradient: Node; keep: Node; numbers: StepNumbers<Node> },
): OptimiserState<Node> {
  const one = graph.scalar(1);
  // 1 + keep * (factor - 1): the factor, or 1 when the step is skipped
  const whenKept = (factor: Node): Node => graph.add(one, graph.mul(keep, graph.sub(factor, one)));
  const moment = graph.add(graph.mul(state.moment, whenKept(graph.scalar(BETA_1))), gradient);
  const variance = graph.add(
    graph.mul(state.variance, whenKept(graph.scalar(BETA_2))),
    graph.square(gradient),
  );
  const direction = graph.div(moment, graph.add(graph.sqrt(variance), numbers.epsilon));
  const weights = graph.sub(
    graph.mul(state.weights, whenKept(numbers.decay)),
    graph.mul(direction, graph.mul(keep, numbers.stepSize)),
  );
  return { weights, moment, variance };
}

/** The gradient scaled to at most `limit` in global norm, and the norm before. */
export function clipped(
  graph: Graph,
  gradient: Node,
  limit: Node,
): { readonly gradient: Node; readonly norm: Node } {
  const norm = graph.sqrt(graph.total(graph.square(gradient)));
  const factor = graph.min(graph.div(limit, graph.add(norm, graph.scalar(1e-6))), graph.scalar(1));
  return { gradient: graph.mul(gradient, factor), norm };
}
