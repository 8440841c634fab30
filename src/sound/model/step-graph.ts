/**
 * One training step as one graph: forward, backward, clipping, AdamW.
 *
 * All randomness and all schedules are inputs, so the graph is constant and a resumed run repeats
 * it bit for bit. A loss or gradient that is not finite leaves weights, moments and statistics
 * untouched, and is flagged.
 */

import { gradients } from "../tensor/gradients.ts";
import { Graph, type Node } from "../tensor/graph.ts";
import { lower, type Target } from "../tensor/lower.ts";
import { elementCount } from "../tensor/shapes.ts";
import { adamwStep, clipped, type StepNumbers } from "./adamw.ts";
import {
  type ParameterLayout,
  type ParameterScope,
  parameterLayout,
  partsOf,
} from "./parameters.ts";
import type { ModelLosses, ModelScope } from "./recipe.ts";

/** Order of the scalars in the input "numbers", shape [NUMBER_COUNT]. */
export interface StepInputs extends StepNumbers<number> {
  readonly klWeight: number;
  readonly clipNorm: number;
}

const NUMBER_COUNT = 5;

/** The input "numbers" of the step graph. */
export function packNumbers(inputs: StepInputs): Float32Array {
  const { klWeight, clipNorm, stepSize, epsilon, decay } = inputs;
  return Float32Array.of(klWeight, clipNorm, stepSize, epsilon, decay);
}

export interface CompiledStep {
  /** An ONNX model. */
  readonly model: Uint8Array;
  readonly layout: ParameterLayout;
}

/** The inputs and parameters that `build` needs, found by running it on a temporary graph. */
export function layoutOf(build: (scope: ModelScope) => unknown): ParameterLayout {
  return parameterLayout((scope) => {
    build(withInputs(scope).modelScope);
  });
}

/**
 * Inputs: "weights", "moment", "variance" [P], "statistics" [S] where the model has them,
 * "numbers" [NUMBER_COUNT], and what the model asks for.
 * Outputs: the new "weights2", "moment2", "variance2", "statistics2", and "losses" [5]:
 * total, reconstruction, kl, gradient norm before clipping, and 1 if all was finite.
 */
export function stepGraph(
  build: (scope: ModelScope) => ModelLosses,
  target: Target = "processor",
): CompiledStep {
  const layout = layoutOf(build);
  const graph = new Graph();
  const flat = (name: string): Node => graph.input(name, [layout.size]);
  const state = { weights: flat("weights"), moment: flat("moment"), variance: flat("variance") };
  const numbers = graph.input("numbers", [NUMBER_COUNT]);
  const number = (place: number): Node =>
    graph.reshape(graph.slice(numbers, 0, [place, place + 1]), []);
  const scope = partsOf(graph, state.weights, layout);
  const { inputs, modelScope } = withInputs(scope);
  const losses = build(modelScope);

  const total = graph.add(losses.reconstruction, graph.mul(losses.kl, number(0)));
  const parts = gradients(graph, total, [...scope.parts.values()]);
  const flatGradient = graph.concat(
    parts.map((part) => graph.reshape(part, [elementCount(part.shape)])),
    0,
  );
  const { gradient, norm } = clipped(graph, flatGradient, number(1));
  const keep = graph.finite(graph.add(total, norm));
  const after = adamwStep(graph, state, {
    gradient: graph.select(keep, gradient, graph.scalar(0)),
    keep,
    numbers: { stepSize: number(2), epsilon: number(3), decay: number(4) },
  });
  const reported = [total, losses.reconstruction, losses.kl, norm, keep];
  const outputs: Record<string, Node> = {
    weights2: after.weights,
    moment2: after.moment,
    variance2: after.variance,
    losses: graph.concat(
      reported.map((node) => graph.reshape(node, [1])),
      0,
    ),
  };
  const before = inputs.get("statistics");
  if (losses.statistics !== undefined && before !== undefined) {
    outputs["statistics2"] = graph.select(keep, losses.statistics, before);
  }
  return { model: lower(graph, outputs, target), layout };
}

/** A graph without an optimiser: inputs "weights" and what the model asks for. */
export function plainGraph(
  layout: ParameterLayout,
  build: (scope: ModelScope) => { readonly [name: string]: Node },
): Uint8Array {
  const graph = new Graph();
  const scope = partsOf(graph, graph.input("weights", [layout.size]), layout);
  return lower(graph, build(withInputs(scope).modelScope));
}

/**
 * The same for programs that run often on little, where copies of all weights would cost most of
 * the time: with an input for each parameter that is used, under its own name, or none at all.
 *
 * @param frozen Gives the parameters their values for good.
 */
export function partsGraph(
  build: (scope: ModelScope) => { readonly [name: string]: Node },
  frozen?: (name: string, shape: readonly number[]) => Float32Array,
): PartsGraph {
  const parameters = new Map<string, Node>();
  const graph = new Graph();
  const { modelScope } = withInputs({
    graph,
    parameter: (name, shape) => {
      const values = frozen?.(name, shape);
      const node =
        parameters.get(name) ??
        (values === undefined ? graph.input(name, shape) : graph.constant(values, shape));
      parameters.set(name, node);
      return node;
    },
  });
  return { model: lower(graph, build(modelScope)), parameterNames: [...parameters.keys()] };
}

export interface PartsGraph {
  /** An ONNX model. */
  readonly model: Uint8Array;
  readonly parameterNames: readonly string[];
}

/** Lets a builder ask for inputs; `inputs` holds what it asked for. */
function withInputs(scope: ParameterScope): { inputs: Map<string, Node>; modelScope: ModelScope } {
  const inputs = new Map<string, Node>();
  const input = (name: string, shape: readonly number[]): Node => {
    const node = inputs.get(name) ?? scope.graph.input(name, shape);
    inputs.set(name, node);
    return node;
  };
  return { inputs, modelScope: { ...scope, input } };
}
