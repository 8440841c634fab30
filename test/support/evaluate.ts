/**
 * What each operation means, in float64 and plain loops: the oracle for the runtimes
 * and for finite differences. Slow, obvious, complete by construction.
 */

import type { Graph, Node, NodeOf, Op } from "../../src/sound/tensor/graph.ts";
import { broadcastShape, elementCount } from "../../src/sound/tensor/shapes.ts";

interface Values {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The value of each output, given those of the graph's inputs by name. */
export function evaluate(
  graph: Graph,
  outputs: readonly Node[],
  feeds: { readonly [name: string]: ArrayLike<number> },
): Float64Array[] {
  const known = new Map<Node, Values>();
  for (const node of graph.nodes) {
    const data = valuesOf(node, known, feeds);
    if (data.length !== elementCount(node.shape)) throw new Error(`Wrong size for ${node.op}`);
    known.set(node, { shape: node.shape, data });
  }
  return outputs.map((node) => (known.get(node) as Values).data);
}

function valuesOf(
  node: Node,
  known: ReadonlyMap<Node, Values>,
  feeds: { readonly [name: string]: ArrayLike<number> },
): Float64Array {
  if (node.op === "input") return Float64Array.from(feeds[node.attributes.name] ?? []);
  if (node.op === "inverseDeviation") {
    const standardised = node.inputs[0] as NodeOf<"standardise">;
    const { data, shape } = need(known.get(standardised.inputs[0] as Node));
    const width = shape.at(-1) as number;
    return fill(node.shape, (row) => {
      const part = data.subarray(row * width, (row + 1) * width);
      return 1 / moments(part, standardised.attributes.epsilon).deviation;
    });
  }
  const rule = meanings[node.op] as Meaning<Op>;
  return rule(node as NodeOf<Op>, ...node.inputs.map((input) => need(known.get(input))));
}

type Meaning<O extends Op> = (node: NodeOf<O>, ...inputs: Values[]) => Float64Array;

const unary =
  (f: (x: number) => number): Meaning<Op> =>
  (_node, a) =>
    need(a).data.map(f);

const binary =
  (f: (x: number, y: number) => number): Meaning<Op> =>
  (node, a, b) => {
    const left = stretch(need(a), node.shape);
    const right = stretch(need(b), node.shape);
    return left.map((x, i) => f(x, right[i] as number));
  };

const meanings: { readonly [O in Op]: Meaning<O> } = {
  input: () => new Float64Array(0),
  constant: (node) => Float64Array.from(node.attributes.values),
  add: binary((x, y) => x + y),
  sub: binary((x, y) => x - y),
  mul: binary((x, y) => x * y),
  div: binary((x, y) => x / y),
  max: binary(Math.max),
  min: binary(Math.min),
  neg: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  square: unary((x) => x * x),
  abs: unary(Math.abs),
  relu: unary((x) => Math.max(0, x)),
  sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  tanh: unary(Math.tanh),
  positive: unary((x) => (x > 0 ? 1 : 0)),
  round: unary(Math.round),
  finite: unary((x) => (Number.isFinite(x) ? 1 : 0)),
  select: (node, ...inputs) => {
    const [c, y, n] = inputs.map((v) => stretch(v, node.shape));
    return fill(node.shape, (i) => (c?.[i] === 1 ? y?.[i] : n?.[i]) as number);
  },
  matmul: (node, a, b) => {
    const [rows = 1, columns = 1] = node.shape.slice(-2);
    const { transposeA, transposeB } = node.attributes;
    const [left, right] = [need(a), need(b)];
    const inner = left.shape.at(transposeA ? -2 : -1) as number;
    return fill(node.shape, (index) => {
      const batch = Math.floor(index / (rows * columns));
      const row = Math.floor(index / columns) % rows;
      const column = index % columns;
      let sum = 0;
      for (let k = 0; k < inner; k += 1) {
        const x = transposeA ? k * rows + row : row * inner + k;
        const y = transposeB ? column * inner + k : k * columns + column;
        sum +=
          (left.data[batch * rows * inner + x] as number) *
          (right.data[batch * inner * columns + y] as number);
      }
      return sum;
    });
  },
  reshape: (_node, a) => need(a).data.slice(),
  transpose: (node, a) => {
    const from = need(a);
    return fill(node.shape, (index) => {
      const at = place(index, node.shape);
      const source = new Array<number>(at.length);
      for (const [i, axis] of node.attributes.permutation.entries()) source[axis] = at[i] as number;
      return from.data[position(source, from.shape)] as number;
    });
  },
  expand: (node, a) => stretch(need(a), node.shape),
  slice: (node, a) => {
    const { axis, start } = node.attributes;
    return moved(node.shape, need(a), { axis, by: start });
  },
  pad: (node, a) => {
    const { axis, before } = node.attributes;
    return moved(node.shape, need(a), { axis, by: -before });
  },
  concat: (node, ...parts) => {
    const { axis } = node.attributes;
    const out = new Float64Array(elementCount(node.shape));
    let before = 0;
    for (const part of parts) {
      for (const [i, x] of part.data.entries()) {
        const at = place(i, part.shape);
        at[axis] = (at[axis] as number) + before;
        out[position(at, node.shape)] = x;
      }
      before += part.shape[axis] as number;
    }
    return out;
  },
  reduceSum: (node, a) => {
    const from = need(a);
    const out = new Float64Array(elementCount(node.shape));
    for (const [i, x] of from.data.entries()) {
      const at = place(i, from.shape).map((p, axis) =>
        node.attributes.axes.includes(axis) ? 0 : p,
      );
      const to = position(at, node.shape);
      out[to] = (out[to] as number) + x;
    }
    return out;
  },
  standardise: (node, a) => {
    const width = node.shape.at(-1) as number;
    const out = need(a).data.slice();
    for (let start = 0; start < out.length; start += width) {
      const row = out.subarray(start, start + width);
      const { mean, deviation } = moments(row, node.attributes.epsilon);
      for (const [i, x] of row.entries()) row[i] = (x - mean) / deviation;
    }
    return out;
  },
  inverseDeviation: () => {
    throw new Error("Evaluated from the input of its input: see evaluate()");
  },
  conv: (node, image, weights) => {
    const [x, w] = [need(image), need(weights)];
    const out = new Float64Array(elementCount(node.shape));
    eachTap(node.attributes, { image: x.shape, result: node.shape }, (at) => {
      out[at.result] =
        (out[at.result] as number) + (x.data[at.image] as number) * (w.data[at.weight] as number);
    });
    return out;
  },
  convTranspose: (node, result, weights) => {
    const [y, w] = [need(result), need(weights)];
    const out = new Float64Array(elementCount(node.shape));
    eachTap(node.attributes, { image: node.shape, result: y.shape }, (at) => {
      out[at.image] =
        (out[at.image] as number) + (y.data[at.result] as number) * (w.data[at.weight] as number);
    });
    return out;
  },
  convWeightGradient: (node, image, upstream) => {
    const [x, u] = [need(image), need(upstream)];
    const out = new Float64Array(elementCount(node.shape));
    eachTap(node.attributes, { image: x.shape, result: u.shape }, (at) => {
      out[at.weight] =
        (out[at.weight] as number) + (x.data[at.image] as number) * (u.data[at.result] as number);
    });
    return out;
  },
};

function moments(row: Float64Array, epsilon: number): { mean: number; deviation: number } {
  const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
  const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length;
  return { mean, deviation: Math.sqrt(variance + epsilon) };
}

interface TapPlaces {
  readonly image: number;
  readonly result: number;
  readonly weight: number;
}

function eachTap(
  { kernel, stride, padding }: { kernel: number; stride: number; padding: number },
  { image, result }: { image: readonly number[]; result: readonly number[] },
  visit: (at: TapPlaces) => void,
): void {
  const [, into = 0, height = 0, width = 0] = image;
  const [batch = 0, out = 0, rows = 0, columns = 0] = result;
  const all = [batch, out, rows, columns, into, kernel, kernel];
  for (let i = 0; i < elementCount(all); i += 1) {
    const [b = 0, o = 0, row = 0, column = 0, c = 0, ky = 0, kx = 0] = place(i, all);
    const y = row * stride + ky - padding;
    const x = column * stride + kx - padding;
    if (y < 0 || x < 0 || y >= height || x >= width) continue;
    visit({
      image: position([b, c, y, x], image),
      result: position([b, o, row, column], result),
      weight: position([o, c, ky, kx], [out, into, kernel, kernel]),
    });
  }
}

/** `from` seen through a window that starts `by` further along one axis; zeros outside it. */
function moved(
  shape: readonly number[],
  from: Values,
  { axis, by }: { axis: number; by: number },
): Float64Array {
  return fill(shape, (index) => {
    const at = place(index, shape);
    at[axis] = (at[axis] as number) + by;
    const inside = 0 <= (at[axis] as number) && (at[axis] as number) < (from.shape[axis] as number);
    return inside ? (from.data[position(at, from.shape)] as number) : 0;
  });
}

function stretch(from: Values, shape: readonly number[]): Float64Array {
  if (broadcastShape(from.shape, shape).join() !== shape.join()) throw new Error("not broadcast");
  const missing = shape.length - from.shape.length;
  return fill(shape, (index) => {
    const at = place(index, shape)
      .slice(missing)
      .map((p, axis) => (from.shape[axis] === 1 ? 0 : p));
    return from.data[position(at, from.shape)] as number;
  });
}

function fill(shape: readonly number[], value: (index: number) => number): Float64Array {
  return Float64Array.from({ length: elementCount(shape) }, (_, i) => value(i));
}

function place(index: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  let rest = index;
  for (const length of shape.toReversed()) {
    at.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return at;
}

function position(at: readonly number[], shape: readonly number[]): number {
  return at.reduce((sum, p, axis) => sum * (shape[axis] as number) + p, 0);
}

function need(values: Values | undefined): Values {
  if (values === undefined) throw new Error("Missing input");
  return values;
}
