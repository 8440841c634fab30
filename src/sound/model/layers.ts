/** Layers built only of MatMul and elementwise nodes, which are fast on every runtime. */

import type { Node } from "../tensor/graph.ts";
import { ones, zeros } from "./parameters.ts";
import type { ModelScope } from "./recipe.ts";

export interface DenseOptions {
  /** Units of the result. */
  readonly size: number;
  /**
   * Start of the weights, as a factor of 1 / sqrt(inputs); 0 for a layer that starts at zero.
   * @default 1
   */
  readonly gain?: number;
  /** Start of the bias. @default 0 */
  readonly bias?: number;
}

/** x W + b along the last axis of [rows, inputs]. */
export function dense(scope: ModelScope, name: string, args: { x: Node } & DenseOptions): Node {
  const { x, size, gain = 1, bias = 0 } = args;
  const [, inputs = 0] = x.shape;
  const weight = scope.parameter(
    `${name}.weight`,
    [inputs, size],
    gain === 0 ? zeros : { kind: "normal", deviation: gain / Math.sqrt(inputs) },
  );
  const offset = scope.parameter(`${name}.bias`, [size], {
    kind: "values",
    values: new Float32Array(size).fill(bias),
  });
  return scope.graph.add(scope.graph.matmul(x, weight), offset);
}

/** Layer normalisation of [rows, width] with gain and bias. */
export function layerNorm(scope: ModelScope, name: string, x: Node): Node {
  const { graph } = scope;
  const width = x.shape.at(-1) ?? 1;
  const gain = scope.parameter(`${name}.gain`, [width], ones);
  const bias = scope.parameter(`${name}.bias`, [width], zeros);
  return graph.add(graph.mul(graph.standardise(x), gain), bias);
}

/** x sigmoid(x). */
export function silu({ graph }: ModelScope, x: Node): Node {
  return graph.mul(x, graph.sigmoid(x));
}

/**
 * Each row beside its neighbours at distance `reach` in time; beyond the ends there are zeros.
 *
 * @param x Shape [batch, time, width].
 * @returns Shape [batch, time, 3 width]: before, here, after.
 */
export function withNeighbours({ graph }: ModelScope, x: Node, reach: number): Node {
  const time = x.shape[1] ?? 0;
  if (time <= reach) {
    const nothing = graph.scale(x, 0);
    return graph.concat([nothing, x, nothing], 2);
  }
  const before = graph.pad(graph.slice(x, 1, [0, time - reach]), 1, [reach, 0]);
  const after = graph.pad(graph.slice(x, 1, [reach, time]), 1, [0, reach]);
  return graph.concat([before, x, after], 2);
}

export interface ContextBlockOptions {
  readonly name: string;
  /** Distance of the neighbours in time. */
  readonly reach: number;
  /** Inner width of the second half, as a multiple of the width. */
  readonly widening: number;
  /** Multiplies what the block adds, shape [batch, 1, width]; absent without dropout. */
  readonly dropped?: Node | undefined;
}

/** A residual block: a mix of neighbouring rows, then two layers on each row. */
export function contextBlock(scope: ModelScope, x: Node, options: ContextBlockOptions): Node {
  const { graph } = scope;
  const { name, reach, widening, dropped } = options;
  const [batch = 0, time = 0, width = 0] = x.shape;
  const rows = (node: Node): Node => graph.reshape(node, [batch * time, node.shape.at(-1) ?? 1]);
  const kept = (node: Node): Node => {
    const cube = graph.reshape(node, [batch, time, width]);
    return dropped === undefined ? cube : graph.mul(cube, dropped);
  };
  const seen = withNeighbours(scope, layerNorm(scope, `${name}.norm1`, x), reach);
  const context = silu(
    scope,
    dense(scope, `${name}.context`, { x: rows(seen), size: width, gain: 0.5 }),
  );
  const first = graph.add(x, kept(context));
  const normed = rows(layerNorm(scope, `${name}.norm2`, first));
  const wide = silu(scope, dense(scope, `${name}.widen`, { x: normed, size: width * widening }));
  const back = dense(scope, `${name}.narrow`, { x: wide, size: width, gain: 0.3 });
  return graph.add(first, kept(back));
}
