/**
 * The weights of a model: named tensors, concatenated in one flat vector.
 *
 * One vector makes the optimiser three lines, a checkpoint three arrays and the global gradient
 * norm one reduction. A model's builder asks for its parameters by name while it builds;
 * `parameterLayout` runs it once to collect the names and shapes.
 */

import { fillNormal, type Random, uniform } from "../../random.ts";
import { Graph, type Node } from "../tensor/graph.ts";
import { elementCount } from "../tensor/shapes.ts";

/** How a parameter starts. */
export type Start =
  | { readonly kind: "zeros" }
  | { readonly kind: "ones" }
  /** Uniform in [-bound, bound). */
  | { readonly kind: "uniform"; readonly bound: number }
  /** Normal with this standard deviation. */
  | { readonly kind: "normal"; readonly deviation: number }
  | { readonly kind: "values"; readonly values: Float32Array };

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: Start;
}

export interface ParameterEntry extends ParameterSpec {
  /** Place of the first element in the flat vector. */
  readonly offset: number;
}

export interface ParameterLayout {
  readonly entries: readonly ParameterEntry[];
  /** Length of the flat vector. */
  readonly size: number;
}

/** Provides the parameters to a builder. */
export interface ParameterScope {
  readonly graph: Graph;
  /** Asking twice for a name gives the same node. */
  parameter(name: string, shape: readonly number[], start: Start): Node;
}

export const zeros: Start = { kind: "zeros" };
export const ones: Start = { kind: "ones" };

/** What `build` asks for, in the order of asking. */
export function parameterLayout(build: (scope: ParameterScope) => void): ParameterLayout {
  const entries = new Map<string, ParameterEntry & { readonly node: Node }>();
  const graph = new Graph();
  let size = 0;
  build({
    graph,
    parameter: (name, shape, start) => {
      const known = entries.get(name);
      if (known !== undefined) return sameShape(known, shape).node;
      const node = graph.input(name, shape);
      entries.set(name, { name, shape, start, offset: size, node });
      size += elementCount(shape);
      return node;
    },
  });
  const plain = [...entries.values()].map(({ node: _node, ...entry }) => entry);
  return { entries: plain, size };
}

/** A scope whose parameters are parts of the flat vector `weights`, shape [layout.size]. */
export function partsOf(graph: Graph, weights: Node, layout: ParameterLayout): PartScope {
  const parts = new Map<string, Node>();
  for (const { name, shape, offset } of layout.entries) {
    const part = graph.slice(weights, 0, [offset, offset + elementCount(shape)]);
    parts.set(name, graph.reshape(part, shape));
  }
  return {
    graph,
    parts,
    parameter: (name) => {
      const part = parts.get(name);
      if (part === undefined) throw new TypeError(`Cannot find parameter "${name}" in the layout`);
      return part;
    },
  };
}

export interface PartScope extends ParameterScope {
  /** In the order of the layout. */
  readonly parts: ReadonlyMap<string, Node>;
}

/** First values of all parameters, shape [layout.size]. */
export function startingWeights(layout: ParameterLayout, random: Random): Float32Array {
  const weights = new Float32Array(layout.size);
  for (const { shape, start, offset } of layout.entries) {
    fill(weights.subarray(offset, offset + elementCount(shape)), start, random);
  }
  return weights;
}

function fill(part: Float32Array, start: Start, random: Random): void {
  switch (start.kind) {
    case "zeros":
      return;
    case "ones":
      part.fill(1);
      return;
    case "uniform":
      for (let i = 0; i < part.length; i += 1) part[i] = uniform(random, -start.bound, start.bound);
      return;
    case "normal":
      fillNormal(random, part);
      for (let i = 0; i < part.length; i += 1) part[i] = part[i]! * start.deviation;
      return;
    case "values":
      part.set(start.values);
      return;
  }
}

function sameShape<E extends ParameterSpec>(known: E, shape: readonly number[]): E {
  if (known.shape.join() !== shape.join()) {
    throw new TypeError(
      `Cannot use parameter "${known.name}" as [${shape}]: it was made as [${known.shape}]`,
    );
  }
  return known;
}
