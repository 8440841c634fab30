/**
 * A graph of tensor operations: symbols with shapes, no numbers.
 *
 * Nodes are only ever appended, so append order is a topological order. Shapes are known when a
 * node is made; a wrong one is refused at once, with both values. `lower.ts` defines the numeric
 * meaning of an operation, `gradients.ts` its derivative; both are tables over `Op` that the
 * compiler keeps complete.
 */

import { broadcastShape, elementCount, reducedShape, requireSameRank } from "./shapes.ts";

/** The attributes of each operation, besides its inputs. */
export interface AttributesOf {
  /** A number that comes from outside on every run. */
  input: { readonly name: string };
  constant: { readonly values: Float32Array };
  add: None;
  sub: None;
  mul: None;
  div: None;
  max: None;
  min: None;
  neg: None;
  exp: None;
  log: None;
  sqrt: None;
  square: None;
  abs: None;
  relu: None;
  sigmoid: None;
  tanh: None;
  /** 1 where the input is above 0, else 0. Its own derivative is 0. */
  positive: None;
  /** The nearest whole number, of two the even one. Its own derivative is 0. */
  round: None;
  /** 1 where the input is neither NaN nor infinite, else 0. Its own derivative is 0. */
  finite: None;
  /** The second input where the first is 1, the third where it is 0. */
  select: None;
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean };
  reshape: None;
  transpose: { readonly permutation: readonly number[] };
  expand: None;
  slice: { readonly axis: number; readonly start: number; readonly end: number };
  /** Zeros before and after, along one axis. */
  pad: { readonly axis: number; readonly before: number; readonly after: number };
  concat: { readonly axis: number };
  /** Sum over axes that stay as length 1. */
  reduceSum: { readonly axes: readonly number[] };
  /** Zero mean and unit variance along the last axis. */
  standardise: { readonly epsilon: number };
  /** 1 / standard deviation that `standardise`, its input, divided by; last axis of length 1. */
  inverseDeviation: None;
  /** Images [batch, channels, height, width] with weights [out, in, kernel, kernel]. */
  conv: Window;
  /** The transpose of `conv`, with the same weights: from [batch, out, ...] to [batch, in, ...]. */
  convTranspose: Window & { readonly height: number; readonly width: number };
  /** Derivative of `conv` by its weights; inputs are its image and the gradient of its result. */
  convWeightGradient: Window;
}

type None = Readonly<Record<never, never>>;

export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

export type Op = keyof AttributesOf;

export interface NodeOf<O extends Op> {
  readonly op: O;
  readonly inputs: readonly Node[];
  readonly shape: readonly number[];
  readonly attributes: AttributesOf[O];
}

export type Node = { [O in Op]: NodeOf<O> }[Op];

type Unary =
  | "neg"
  | "exp"
  | "log"
  | "sqrt"
  | "square"
  | "abs"
  | "relu"
  | "sigmoid"
  | "tanh"
  | "positive"
  | "round"
  | "finite";
type Binary = "add" | "sub" | "mul" | "div" | "max" | "min";

export class Graph {
  readonly nodes: Node[] = [];
  readonly #scalars = new Map<number, Node>();

  input(name: string, shape: readonly number[]): Node {
    return this.#append("input", [], { shape, attributes: { name } });
  }

  constant(values: Float32Array, shape: readonly number[]): Node {
    if (values.length !== elementCount(shape)) {
      throw new TypeError(
        `Cannot make a constant of shape [${shape}]: found ${values.length} values, need ${elementCount(shape)}`,
      );
    }
    return this.#append("constant", [], { shape, attributes: { values } });
  }

  scalar(value: number): Node {
    const known = this.#scalars.get(value);
    if (known !== undefined) return known;
    const made = this.constant(Float32Array.of(value), []);
    this.#scalars.set(value, made);
    return made;
  }

  add(a: Node, b: Node): Node {
    return this.#binary("add", a, b);
  }
  sub(a: Node, b: Node): Node {
    return this.#binary("sub", a, b);
  }
  mul(a: Node, b: Node): Node {
    return this.#binary("mul", a, b);
  }
  div(a: Node, b: Node): Node {
    return this.#binary("div", a, b);
  }
  max(a: Node, b: Node): Node {
    return this.#binary("max", a, b);
  }
  min(a: Node, b: Node): Node {
    return this.#binary("min", a, b);
  }
  scale(a: Node, factor: number): Node {
    return this.mul(a, this.scalar(factor));
  }

  neg(a: Node): Node {
    return this.#unary("neg", a);
  }
  exp(a: Node): Node {
    return this.#unary("exp", a);
  }
  log(a: Node): Node {
    return this.#unary("log", a);
  }
  sqrt(a: Node): Node {
    return this.#unary("sqrt", a);
  }
  square(a: Node): Node {
    return this.#unary("square", a);
  }
  abs(a: Node): Node {
    return this.#unary("abs", a);
  }
  relu(a: Node): Node {
    return this.#unary("relu", a);
  }
  sigmoid(a: Node): Node {
    return this.#unary("sigmoid", a);
  }
  tanh(a: Node): Node {
    return this.#unary("tanh", a);
  }
  positive(a: Node): Node {
    return this.#unary("positive", a);
  }
  round(a: Node): Node {
    return this.#unary("round", a);
  }
  finite(a: Node): Node {
    return this.#unary("finite", a);
  }

  /** `yes` where `condition` is 1, `no` where it is 0; a NaN in the branch not taken stays out. */
  select(condition: Node, yes: Node, no: Node): Node {
    const shape = broadcastShape(broadcastShape(condition.shape, yes.shape), no.shape);
    return this.#append("select", [condition, yes, no], { shape, attributes: {} });
  }

  /** Matrix product over the last two axes; leading axes are batches and must agree. */
  matmul(a: Node, b: Node, transposes: Partial<AttributesOf["matmul"]> = {}): Node {
    const { transposeA = false, transposeB = false } = transposes;
    requireSameRank("matmul", a.shape, b.shape);
    const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
    const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
    const inner = transposeA ? rowsA : columnsA;
    const other = transposeB ? columnsB : rowsB;
    const batches = a.shape.slice(0, -2);
    if (inner !== other || batches.join() !== b.shape.slice(0, -2).join()) {
      throw new TypeError(
        `Cannot multiply [${a.shape}]${transposeA ? "ᵀ" : ""} by [${b.shape}]${transposeB ? "ᵀ" : ""}: inner lengths are ${inner} and ${other}`,
      );
    }
    const rows = transposeA ? columnsA : rowsA;
    const columns = transposeB ? rowsB : columnsB;
    return this.#append("matmul", [a, b], {
      shape: [...batches, rows, columns],
      attributes: { transposeA, transposeB },
    });
  }

  reshape(a: Node, shape: readonly number[]): Node {
    if (elementCount(a.shape) !== elementCount(shape)) {
      throw new TypeError(`Cannot reshape [${a.shape}] to [${shape}]: element counts differ`);
    }
    if (a.shape.join() === shape.join()) return a;
    const source = a.op === "reshape" ? a.inputs[0]! : a;
    return this.#append("reshape", [source], { shape, attributes: {} });
  }

  transpose(a: Node, permutation: readonly number[]): Node {
    requireSameRank("transpose", a.shape, permutation);
    const shape = permutation.map((axis) => a.shape[axis]!);
    return this.#append("transpose", [a], { shape, attributes: { permutation } });
  }

  expand(a: Node, shape: readonly number[]): Node {
    if (a.shape.join() === shape.join()) return a;
    if (broadcastShape(a.shape, shape).join() !== shape.join()) {
      throw new TypeError(`Cannot expand [${a.shape}] to [${shape}]`);
    }
    return this.#append("expand", [a], { shape, attributes: {} });
  }

  slice(a: Node, axis: number, [start, end]: readonly [number, number]): Node {
    const length = a.shape[axis] ?? 0;
    if (!(0 <= start && start < end && end <= length)) {
      throw new TypeError(`Cannot slice [${start}, ${end}) from axis ${axis} of [${a.shape}]`);
    }
    if (start === 0 && end === length) return a;
    const shape = a.shape.with(axis, end - start);
    return this.#append("slice", [a], { shape, attributes: { axis, start, end } });
  }

  pad(a: Node, axis: number, [before, after]: readonly [number, number]): Node {
    if (before === 0 && after === 0) return a;
    const shape = a.shape.with(axis, (a.shape[axis] ?? 0) + before + after);
    return this.#append("pad", [a], { shape, attributes: { axis, before, after } });
  }

  concat(parts: readonly Node[], axis: number): Node {
    const [first] = parts;
    if (first === undefined) throw new TypeError("Cannot concatenate nothing");
    if (parts.length === 1) return first;
    for (const part of parts) {
      if (part.shape.with(axis, 0).join() !== first.shape.with(axis, 0).join()) {
        throw new TypeError(
          `Cannot concatenate [${first.shape}] and [${part.shape}] along axis ${axis}`,
        );
      }
    }
    const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
    return this.#append("concat", parts, {
      shape: first.shape.with(axis, length),
      attributes: { axis },
    });
  }

  /** Sum over `axes`, which stay as length 1. */
  reduceSum(a: Node, axes: readonly number[]): Node {
    const real = axes.filter((axis) => a.shape[axis] !== 1);
    if (real.length === 0) return a;
    return this.#append("reduceSum", [a], {
      shape: reducedShape(a.shape, real),
      attributes: { axes: real },
    });
  }

  reduceMean(a: Node, axes: readonly number[]): Node {
    const sum = this.reduceSum(a, axes);
    return this.scale(sum, elementCount(sum.shape) / elementCount(a.shape));
  }

  /** Sum over everything, shape []. */
  total(a: Node): Node {
    return this.reshape(
      this.reduceSum(
        a,
        a.shape.map((_, axis) => axis),
      ),
      [],
    );
  }

  /** Mean over everything, shape []. */
  mean(a: Node): Node {
    return this.scale(this.total(a), 1 / elementCount(a.shape));
  }

  /** Zero mean, unit variance along the last axis: layer normalisation without its weights. */
  standardise(a: Node, epsilon = 1e-5): Node {
    return this.#append("standardise", [a], { shape: a.shape, attributes: { epsilon } });
  }

  inverseDeviation(standardised: Node): Node {
    const shape = standardised.shape.with(-1, 1);
    return this.#append("inverseDeviation", [standardised], { shape, attributes: {} });
  }

  conv(image: Node, weights: Node, window: Window): Node {
    const [batch, channels, height, width] = four("conv", image);
    const [out, into] = four("conv weights", weights);
    if (into !== channels) {
      throw new TypeError(
        `Cannot convolve ${channels} channels: the weights [${weights.shape}] need ${into}`,
      );
    }
    const shape = [batch, out, outputLength(height, window), outputLength(width, window)];
    return this.#append("conv", [image, weights], { shape, attributes: window });
  }

  /** @param size Height and width of the result, which the stride leaves open. */
  convTranspose(
    image: Node,
    weights: Node,
    size: Window & { height: number; width: number },
  ): Node {
    const [batch, channels, height, width] = four("convTranspose", image);
    const [out, into] = four("convTranspose weights", weights);
    if (
      out !== channels ||
      outputLength(size.height, size) !== height ||
      outputLength(size.width, size) !== width
    ) {
      throw new TypeError(
        `Cannot transpose-convolve [${image.shape}] by [${weights.shape}] to ${size.height} x ${size.width}`,
      );
    }
    return this.#append("convTranspose", [image, weights], {
      shape: [batch, into, size.height, size.width],
      attributes: size,
    });
  }

  convWeightGradient(image: Node, upstream: Node, window: Window): Node {
    const [, into] = four("convWeightGradient", image);
    const [, out] = four("convWeightGradient", upstream);
    const shape = [out, into, window.kernel, window.kernel];
    return this.#append("convWeightGradient", [image, upstream], { shape, attributes: window });
  }

  #unary(op: Unary, a: Node): Node {
    return this.#append(op, [a], { shape: a.shape, attributes: {} });
  }

  /** Broadcasts by itself, so an `expand` on one side is left out where the other side has the shape. */
  #binary(op: Binary, a: Node, b: Node): Node {
    const shape = broadcastShape(a.shape, b.shape);
    const left = a.op === "expand" ? a.inputs[0]! : a;
    const right = b.op === "expand" ? b.inputs[0]! : b;
    const full = shape.join();
    if (broadcastShape(left.shape, right.shape).join() === full) {
      return this.#append(op, [left, right], { shape, attributes: {} });
    }
    // Both sides broadcast the same few numbers: combine those, then broadcast the result.
    if (a.op === "expand" && elementCount(right.shape) <= elementCount(left.shape)) {
      return this.expand(this.#binary(op, left, right), shape);
    }
    return this.#append(op, [left.shape.join() === full ? left : a, right], {
      shape,
      attributes: {},
    });
  }

  #append<O extends Op>(
    op: O,
    inputs: readonly Node[],
    result: Pick<NodeOf<O>, "shape" | "attributes">,
  ): Node {
    const node = { op, inputs, ...result } as unknown as Node;
    this.nodes.push(node);
    return node;
  }
}

function outputLength(length: number, { kernel, stride, padding }: Window): number {
  return Math.floor((length + 2 * padding - kernel) / stride) + 1;
}

function four(what: string, node: Node): [number, number, number, number] {
  const [a, b, c, d] = node.shape;
  if (node.shape.length !== 4 || !a || !b || !c || !d) {
    throw new TypeError(`Cannot use [${node.shape}] for ${what}: 4 axes are needed`);
  }
  return [a, b, c, d];
}
