/**
 * Lowers a graph to ONNX.
 *
 * One table of rules serves every runtime; `gpuRules` replaces those whose operators a GPU lacks,
 * or does badly. Choices of operators follow measurements on the processor with ONNX Runtime 1.30:
 * Where, Sign, Softplus and strided Slice are slow there, HardSigmoid is a fast step.
 */

import type { Graph, Node, NodeOf, Op } from "./graph.ts";
import { Lowering } from "./lowering.ts";
import { type OnnxAttribute, onnxModel } from "./onnx.ts";
import { lowerWeightGradient } from "./weight-gradient.ts";

/** What a program is written for. */
export type Target = "processor" | "gpu";

/**
 * The bytes of an ONNX model that computes `outputs` from the graph's inputs.
 *
 * @param outputs By the name that the runtime will give them. Only what they need is written.
 * @param target A GPU also runs what is written for processors, unless a layer norm is derived.
 */
export function lower(
  graph: Graph,
  outputs: { readonly [name: string]: Node },
  target: Target = "processor",
): Uint8Array {
  const lowering = new Lowering();
  const needed = reachable(Object.values(outputs));
  const rules = target === "gpu" ? { ...loweringRules, ...gpuRules } : loweringRules;
  for (const node of graph.nodes) {
    if (!needed.has(node)) continue;
    const rule = rules[node.op] as LoweringRule<Op>;
    const inputs = node.inputs.map((input) => lowering.nameOf(input));
    lowering.name(node, rule(lowering, node as NodeOf<Op>, inputs));
  }
  for (const [name, node] of Object.entries(outputs)) lowering.output(name, node);
  return onnxModel(lowering);
}

type LoweringRule<O extends Op> = (
  lowering: Lowering,
  node: NodeOf<O>,
  inputs: readonly string[],
) => string;

const plain =
  (type: string): LoweringRule<Op> =>
  (lowering, _node, inputs) =>
    lowering.emit(type, inputs);

const FLOAT = 1;
const BOOL = 9;

/** Complete by construction, like the gradient rules. */
const loweringRules: { readonly [O in Op]: LoweringRule<O> } = {
  input: (lowering, node) => {
    const { name } = node.attributes;
    lowering.inputs.push({ name, type: "float32", shape: node.shape });
    return name;
  },
  constant: (lowering, node) => lowering.floats(node.attributes.values, node.shape),
  add: plain("Add"),
  sub: plain("Sub"),
  mul: plain("Mul"),
  div: plain("Div"),
  max: plain("Max"),
  min: plain("Min"),
  neg: plain("Neg"),
  exp: plain("Exp"),
  log: plain("Log"),
  sqrt: plain("Sqrt"),
  square: (lowering, _node, [a = ""]) => lowering.emit("Mul", [a, a]),
  abs: plain("Abs"),
  relu: plain("Relu"),
  sigmoid: plain("Sigmoid"),
  tanh: plain("Tanh"),

  // clamp(1e30 a, 0, 1): exactly 1 above 1e-30, exactly 0 at and below 0
  positive: (lowering, _node, [a = ""]) =>
    lowering.emit("HardSigmoid", [a], {
      attributes: { alpha: { float: 1e30 }, beta: { float: 0 } },
    }),

  round: plain("Round"),

  // a - a is 0 for every number, and NaN for NaN and the infinities
  finite: (lowering, _node, [a = ""]) => {
    const zero = lowering.floats(Float32Array.of(0), []);
    const equal = lowering.emit("Equal", [lowering.emit("Sub", [a, a]), zero]);
    return lowering.emit("Cast", [equal], { attributes: { to: FLOAT } });
  },
  select: (lowering, _node, [condition = "", yes = "", no = ""]) => {
    const chosen = lowering.emit("Cast", [condition], { attributes: { to: BOOL } });
    return lowering.emit("Where", [chosen, yes, no]);
  },

  matmul: (lowering, node, inputs) => {
    const transA = Number(node.attributes.transposeA);
    const transB = Number(node.attributes.transposeB);
    if (transA + transB === 0) return lowering.emit("MatMul", inputs);
    const attributes = { transA, transB };
    return node.shape.length === 2
      ? lowering.emit("Gemm", inputs, { attributes })
      : lowering.emit("FusedMatMul", inputs, { attributes, domain: "com.microsoft" });
  },
  reshape: (lowering, node, [a = ""]) => lowering.reshape(a, node.shape),
  transpose: (lowering, node, [a = ""]) => lowering.transpose(a, node.attributes.permutation),
  expand: (lowering, node, [a = ""]) => lowering.emit("Expand", [a, lowering.integers(node.shape)]),
  slice: (lowering, node, [a = ""]) => {
    const { axis, start, end } = node.attributes;
    return lowering.emit("Slice", [
      a,
      lowering.integers([start]),
      lowering.integers([end]),
      lowering.integers([axis]),
    ]);
  },
  pad: (lowering, node, [a = ""]) => {
    const { axis, before, after } = node.attributes;
    const none = node.shape.map(() => 0);
    const pads = [...none.with(axis, before), ...none.with(axis, after)];
    return lowering.emit("Pad", [a, lowering.integers(pads)]);
  },
  concat: (lowering, node, inputs) =>
    lowering.emit("Concat", inputs, { attributes: { axis: node.attributes.axis } }),

  // One run of neighbouring axes at a time, innermost first: others are slow in the runtime.
  reduceSum: (lowering, node, [a = ""]) =>
    neighbours(node.attributes.axes).reduceRight(
      (sum, axes) =>
        lowering.emit("ReduceSum", [sum, lowering.integers(axes)], { attributes: { keepdims: 1 } }),
      a,
    ),

  standardise: (lowering, node, [a = ""]) => {
    const width = node.shape.at(-1) ?? 1;
    const ones = lowering.floats(new Float32Array(width).fill(1), [width]);
    const zeros = lowering.floats(new Float32Array(width), [width]);
    const name = lowering.emit("LayerNormalization", [a, ones, zeros], {
      attributes: { axis: -1, epsilon: { float: node.attributes.epsilon } },
      outputCount: 3,
    });
    lowering.inverseDeviations.set(node as Node, `${name}_2`);
    return name;
  },
  inverseDeviation: (lowering, node) => {
    const name = lowering.inverseDeviations.get(node.inputs[0]!);
    if (name === undefined) {
      throw new TypeError("Cannot lower inverseDeviation: its input is not a standardise node");
    }
    return name;
  },

  conv: (lowering, node, inputs) =>
    lowering.emit("Conv", inputs, { attributes: windowAttributes(node.attributes) }),
  convTranspose: (lowering, node, inputs) => {
    const { kernel, stride, padding, height, width } = node.attributes;
    const [, , rows = 0, columns = 0] = node.inputs[0]!.shape;
    const open = (size: number, from: number): number =>
      size - ((from - 1) * stride + kernel - 2 * padding);
    return lowering.emit("ConvTranspose", inputs, {
      attributes: {
        ...windowAttributes(node.attributes),
        output_padding: [open(height, rows), open(width, columns)],
      },
    });
  },
  convWeightGradient: lowerWeightGradient,
};

const gpuRules: { readonly [O in Op]?: LoweringRule<O> } = {
  // LayerNormalization of the WebGPU provider leaves out its second and third results. Computed
  // again, they would cost the processor 4 to 9 % of a step.
  inverseDeviation: (lowering, node) => {
    const { inputs, attributes } = node.inputs[0] as NodeOf<"standardise">;
    const a = lowering.nameOf(inputs[0]!);
    const mean = (name: string): string =>
      lowering.emit("ReduceMean", [name], { attributes: { axes: [-1], keepdims: 1 } });
    const centred = lowering.emit("Sub", [a, mean(a)]);
    const variance = mean(lowering.emit("Mul", [centred, centred]));
    const epsilon = lowering.floats(Float32Array.of(attributes.epsilon), []);
    const deviation = lowering.emit("Sqrt", [lowering.emit("Add", [variance, epsilon])]);
    return lowering.emit("Reciprocal", [deviation]);
  },
};

function windowAttributes({
  kernel,
  stride,
  padding,
}: {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}): { readonly [name: string]: OnnxAttribute } {
  return {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
  };
}

/** [0, 2, 3] -> [[0], [2, 3]] */
function neighbours(axes: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const axis of axes) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === axis - 1) run.push(axis);
    else runs.push([axis]);
  }
  return runs;
}

function reachable(roots: readonly Node[]): Set<Node> {
  const found = new Set<Node>();
  const open = [...roots];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    open.push(...node.inputs);
  }
  return found;
}
