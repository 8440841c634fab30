/**
 * Reverse-mode gradients, as more graph.
 *
 * One rule per operation. A rule receives the node and the gradient flowing into
 * its output, and returns one gradient per input. It never computes numbers:
 * it adds nodes, so the backward pass is exported and optimised like the rest.
 */

import type { Graph, Node, NodeOf, Op } from "./graph.ts";
import { broadcastAxes } from "./shapes.ts";

/** One gradient per input; undefined where nothing flows. */
type InputGradients = readonly (Node | undefined)[];
type GradientRule<O extends Op> = (graph: Graph, node: NodeOf<O>, upstream: Node) => InputGradients;

/** Complete by construction: leaving out an operation is a compile error. */
const gradientRules: { readonly [O in Op]: GradientRule<O> } = {
  // Leaves have no inputs, so nothing flows further.
  input: () => [],
  constant: () => [],

  // d(a + b) = da + db
  add: (graph, node, upstream) => summedBack(graph, node, [upstream, upstream]),

  // d(a - b) = da - db
  sub: (graph, node, upstream) => summedBack(graph, node, [upstream, graph.neg(upstream)]),

  // d(a * b) = b * da + a * db
  mul: (graph, node, upstream) => {
    const [a, b] = two(node);
    return summedBack(graph, node, [
      needs(a) ? graph.mul(upstream, b) : undefined,
      needs(b) ? graph.mul(upstream, a) : undefined,
    ]);
  },

  // d(a / b) = da / b - (a / b) * db / b
  div: (graph, node, upstream) => {
    const [, b] = two(node);
    const overB = graph.div(upstream, b);
    return summedBack(graph, node, [
      overB,
      needs(b) ? graph.neg(graph.mul(overB, node)) : undefined,
    ]);
  },

  // The larger side gets the whole gradient; at a tie it is b, an arbitrary choice.
  max: (graph, node, upstream) => {
    const [a, b] = two(node);
    return chosen(graph, node, { upstream, choice: graph.positive(graph.sub(a, b)) });
  },
  min: (graph, node, upstream) => {
    const [a, b] = two(node);
    return chosen(graph, node, { upstream, choice: graph.positive(graph.sub(b, a)) });
  },

  // d(-a) = -da
  neg: (graph, _node, upstream) => [graph.neg(upstream)],

  // d(exp a) = exp a * da; the node already holds exp a
  exp: (graph, node, upstream) => [graph.mul(upstream, node)],

  // d(log a) = da / a
  log: (graph, node, upstream) => [graph.div(upstream, one(node))],

  // d(sqrt a) = da / (2 sqrt a)
  sqrt: (graph, node, upstream) => [graph.div(graph.scale(upstream, 0.5), node)],

  // d(a²) = 2 a da
  square: (graph, node, upstream) => [graph.mul(graph.scale(upstream, 2), one(node))],

  // d|a| = sign(a) da, and -da at 0: sign as 2 [a > 0] - 1 is cheaper than the Sign operator
  abs: (graph, node, upstream) => {
    const sign = graph.sub(graph.scale(graph.positive(one(node)), 2), graph.scalar(1));
    return [graph.mul(upstream, sign)];
  },

  // d relu(a) = [a > 0] da, and relu(a) > 0 just where a > 0
  relu: (graph, node, upstream) => [graph.mul(upstream, graph.positive(node))],

  // d s(a) = s (1 - s) da
  sigmoid: (graph, node, upstream) => [
    graph.mul(upstream, graph.mul(node, graph.sub(graph.scalar(1), node))),
  ],

  // d tanh(a) = (1 - tanh² a) da
  tanh: (graph, node, upstream) => [
    graph.mul(upstream, graph.sub(graph.scalar(1), graph.square(node))),
  ],

  // Piecewise constant: the derivative is 0.
  positive: () => [undefined],
  round: () => [undefined],
  finite: () => [undefined],

  // Each branch gets what it was chosen for.
  select: (graph, node, upstream) => {
    const condition = one(node);
    const zero = graph.scalar(0);
    return summedBack(graph, node, [
      undefined,
      graph.select(condition, upstream, zero),
      graph.select(condition, zero, upstream),
    ]);
  },

  // d(A B) = dA B + A dB, so A's gradient is U Bᵀ and B's is Aᵀ U, each transposed as A and B were
  matmul: (graph, node, upstream) => {
    const [a, b] = two(node);
    const { transposeA, transposeB } = node.attributes;
    const ofA = (): Node =>
      transposeA
        ? graph.matmul(b, upstream, { transposeA: transposeB, transposeB: true })
        : graph.matmul(upstream, b, { transposeB: !transposeB });
    const ofB = (): Node =>
      transposeB
        ? graph.matmul(upstream, a, { transposeA: true, transposeB: transposeA })
        : graph.matmul(a, upstream, { transposeA: !transposeA });
    return [needs(a) ? ofA() : undefined, needs(b) ? ofB() : undefined];
  },

  // The same numbers rearranged: the gradient is rearranged back.
  reshape: (graph, node, upstream) => [graph.reshape(upstream, one(node).shape)],
  transpose: (graph, node, upstream) => {
    const { permutation } = node.attributes;
    return [
      graph.transpose(
        upstream,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ];
  },

  // A number that was used many times gets the sum of its gradients.
  expand: (graph, node, upstream) => summedBack(graph, node, [upstream]),
  reduceSum: (graph, node, upstream) => [graph.expand(upstream, one(node).shape)],

  // What was cut away has no gradient; what was added needs none.
  slice: (graph, node, upstream) => {
    const { axis, start, end } = node.attributes;
    return [graph.pad(upstream, axis, [start, one(node).shape[axis]! - end])];
  },
  pad: (graph, node, upstream) => {
    const { axis, before } = node.attributes;
    return [graph.slice(upstream, axis, [before, before + one(node).shape[axis]!])];
  },
  concat: (graph, node, upstream) => {
    let start = 0;
    return node.inputs.map((input) => {
      const end = start + input.shape[node.attributes.axis]!;
      const part = needs(input)
        ? graph.slice(upstream, node.attributes.axis, [start, end])
        : undefined;
      start = end;
      return part;
    });
  },

  // y = (a - mean a) / s  =>  da = (u - mean u - y mean(u y)) / s, means along the last axis
  standardise: (graph, node, upstream) => {
    const axes = [node.shape.length - 1];
    const alongY = graph.mul(node, graph.reduceMean(graph.mul(upstream, node), axes));
    const centred = graph.sub(graph.sub(upstream, graph.reduceMean(upstream, axes)), alongY);
    return [graph.mul(centred, graph.inverseDeviation(node))];
  },
  inverseDeviation: (_graph, node) => refuse(node),

  // The input's gradient is the transposed convolution with the same weights.
  conv: (graph, node, upstream) => {
    const [image, weights] = two(node);
    const [, , height = 0, width = 0] = image.shape;
    return [
      needs(image)
        ? graph.convTranspose(upstream, weights, { ...node.attributes, height, width })
        : undefined,
      graph.convWeightGradient(image, upstream, node.attributes),
    ];
  },

  // The transpose of the transpose is the convolution; for the weights, image and gradient swap.
  convTranspose: (graph, node, upstream) => {
    const [image, weights] = two(node);
    const { kernel, stride, padding } = node.attributes;
    const window = { kernel, stride, padding };
    return [
      needs(image) ? graph.conv(upstream, weights, window) : undefined,
      graph.convWeightGradient(upstream, image, window),
    ];
  },
  convWeightGradient: (_graph, node) => refuse(node),
};

/**
 * Gradient of `loss` with respect to each of `wrt`, in the same order.
 *
 * @param loss A node of one number.
 * @throws TypeError if `loss` has more, or does not depend on one of `wrt`.
 */
export function gradients(graph: Graph, loss: Node, wrt: readonly Node[]): Node[] {
  if (loss.shape.some((length) => length !== 1)) {
    throw new TypeError(`Cannot differentiate a loss of shape [${loss.shape}]: need one number`);
  }
  const onTheWay = dependsOn(graph, wrt);
  const flowing = new Map<Node, Node>([[loss, graph.scalar(1)]]);
  const backwards = graph.nodes.slice(0, graph.nodes.indexOf(loss) + 1).reverse();
  for (const node of backwards) {
    const upstream = flowing.get(node);
    if (upstream === undefined || !onTheWay.has(node)) continue;
    for (const [i, gradient] of inputGradients(graph, node, upstream).entries()) {
      const input = node.inputs[i]!;
      if (gradient === undefined || !onTheWay.has(input)) continue;
      const sum = flowing.get(input);
      flowing.set(input, sum === undefined ? gradient : graph.add(sum, gradient));
    }
  }
  return wrt.map((node) => {
    const gradient = flowing.get(node);
    if (gradient === undefined) {
      throw new TypeError(`Cannot differentiate: the loss does not depend on a [${node.shape}]`);
    }
    return graph.expand(gradient, node.shape);
  });
}

/** All nodes whose value changes when one of `leaves` does. */
function dependsOn(graph: Graph, leaves: readonly Node[]): Set<Node> {
  const found = new Set<Node>(leaves);
  for (const node of graph.nodes) {
    if (node.inputs.some((input) => found.has(input))) found.add(node);
  }
  return found;
}

function inputGradients(graph: Graph, node: Node, upstream: Node): InputGradients {
  // The table pairs each operation with its own rule; the union cannot say so.
  const rule = gradientRules[node.op] as GradientRule<Op>;
  return rule(graph, node as NodeOf<Op>, upstream);
}

/** Sums each gradient over the axes along which its input was broadcast. */
function summedBack(graph: Graph, node: NodeOf<Op>, upstreams: InputGradients): InputGradients {
  return upstreams.map((gradient, i) => {
    const input = node.inputs[i]!;
    if (gradient === undefined || !needs(input)) return undefined;
    const full = graph.expand(gradient, node.shape);
    const summed = graph.reduceSum(full, broadcastAxes(input.shape, node.shape));
    return graph.reshape(summed, input.shape);
  });
}

function chosen(
  graph: Graph,
  node: NodeOf<Op>,
  { upstream, choice }: { upstream: Node; choice: Node },
): InputGradients {
  const other = graph.sub(graph.scalar(1), choice);
  return summedBack(graph, node, [graph.mul(upstream, choice), graph.mul(upstream, other)]);
}

/** Constants need no gradient, which saves the work of computing one. */
function needs(node: Node): boolean {
  return node.op !== "constant";
}

function one(node: NodeOf<Op>): Node {
  return node.inputs[0]!;
}

function two(node: NodeOf<Op>): [Node, Node] {
  return [node.inputs[0]!, node.inputs[1]!];
}

function refuse(node: NodeOf<Op>): never {
  throw new TypeError(`Cannot differentiate "${node.op}": it only occurs in gradients`);
}
