/**
 * Every gradient rule against a finite difference in float64, and every lowering on both
 * runtimes against the same oracle: a new operation is a new line in `cases`.
 */

import { beforeAll, expect, test } from "vitest";
import { evaluate } from "../../../test/support/evaluate.ts";
import { fillNormal, seededRandom } from "../../random.ts";
import { gradients } from "./gradients.ts";
import { Graph, type Node } from "./graph.ts";
import { lower } from "./lower.ts";
import { openRuntime } from "./ort.node.ts";
import type { Runtime, Values } from "./runtime.ts";
import { elementCount } from "./shapes.ts";

interface Case {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly build: (g: Graph, x: Node, y: Node) => Node;
}

const square = { x: [3, 4], y: [3, 4] };
const image = { x: [2, 2, 5, 4], y: [3, 2, 3, 3] };
const window = { kernel: 3, stride: 2, padding: 1 };

const cases: Record<string, Case> = {
  "x + y": { ...square, build: (g, x, y) => g.add(x, y) },
  "x + y, y stretched": { x: [2, 3, 4], y: [3, 1], build: (g, x, y) => g.add(x, y) },
  "x - y, x stretched": { x: [4], y: [3, 4], build: (g, x, y) => g.sub(x, y) },
  "x * y": { ...square, build: (g, x, y) => g.mul(x, y) },
  "x * x, the same input twice": { ...square, build: (g, x) => g.mul(x, x) },
  "x / y": { ...square, build: (g, x, y) => g.div(x, g.add(g.square(y), g.scalar(1))) },
  "max(x, y)": { ...square, build: (g, x, y) => g.max(x, y) },
  "min(x, y), y stretched": { x: [3, 4], y: [1, 4], build: (g, x, y) => g.min(x, y) },
  "-x": { ...square, build: (g, x) => g.neg(x) },
  "exp(x y) + x": { ...square, build: (g, x, y) => g.add(g.exp(g.mul(x, y)), x) },
  "log(1 + x²)": { ...square, build: (g, x) => g.log(g.add(g.square(x), g.scalar(1))) },
  "sqrt(1 + x²)": { ...square, build: (g, x) => g.sqrt(g.add(g.square(x), g.scalar(1))) },
  "|x|": { ...square, build: (g, x) => g.abs(x) },
  "relu(x) y": { ...square, build: (g, x, y) => g.mul(g.relu(x), y) },
  "sigmoid(x)": { ...square, build: (g, x) => g.sigmoid(x) },
  "tanh(x)": { ...square, build: (g, x) => g.tanh(x) },
  "[x > 0] y": { ...square, build: (g, x, y) => g.add(g.mul(g.positive(x), y), x) },
  "(3 x - [3 x]) y": {
    ...square,
    build: (g, x, y) => g.mul(g.sub(g.scale(x, 3), g.round(g.scale(x, 3))), y),
  },
  "[x finite] x": { ...square, build: (g, x) => g.mul(g.finite(x), x) },
  "x where x > 0, else y": { ...square, build: (g, x, y) => g.select(g.positive(x), x, y) },
  "x y": { x: [3, 4], y: [4, 2], build: (g, x, y) => g.matmul(x, y) },
  "xᵀ y": { x: [4, 3], y: [4, 2], build: (g, x, y) => g.matmul(x, y, { transposeA: true }) },
  "x yᵀ": { x: [3, 4], y: [2, 4], build: (g, x, y) => g.matmul(x, y, { transposeB: true }) },
  "xᵀ yᵀ": {
    x: [4, 3],
    y: [2, 4],
    build: (g, x, y) => g.matmul(x, y, { transposeA: true, transposeB: true }),
  },
  "x yᵀ, in batches": {
    x: [2, 3, 4],
    y: [2, 5, 4],
    build: (g, x, y) => g.matmul(x, y, { transposeB: true }),
  },
  "x reshaped, then times y": {
    x: [3, 4],
    y: [6, 2],
    build: (g, x, y) => g.mul(g.reshape(x, [6, 2]), y),
  },
  "x transposed, then times y": {
    x: [2, 3, 4],
    y: [4, 2, 3],
    build: (g, x, y) => g.mul(g.transpose(x, [2, 0, 1]), y),
  },
  "x expanded, then squared": {
    x: [3, 1],
    y: [3, 4],
    build: (g, x, y) => g.mul(g.square(g.expand(x, [3, 4])), y),
  },
  "a slice of x": {
    ...square,
    build: (g, x, y) => g.mul(g.slice(x, 1, [1, 3]), g.slice(y, 1, [0, 2])),
  },
  "x padded": { x: [3, 2], y: [3, 5], build: (g, x, y) => g.mul(g.pad(x, 1, [1, 2]), y) },
  "x beside y": { x: [3, 2], y: [3, 4], build: (g, x, y) => g.square(g.concat([x, y, x], 1)) },
  "sum of x² over rows": { ...square, build: (g, x) => g.square(g.reduceSum(g.square(x), [0])) },
  "mean of x over two separate axes": {
    x: [2, 3, 4],
    y: [3, 1],
    build: (g, x, y) => g.mul(g.square(g.reduceMean(x, [0, 2])), y),
  },
  "x standardised, times y": {
    x: [3, 5],
    y: [3, 5],
    build: (g, x, y) => g.mul(g.standardise(x), y),
  },
  "conv(x, y), squared": { ...image, build: (g, x, y) => g.square(g.conv(x, y, window)) },
  "conv without stride": {
    ...image,
    build: (g, x, y) => g.square(g.conv(x, y, { kernel: 3, stride: 1, padding: 0 })),
  },
  "convTranspose(x, y), squared": {
    x: [2, 2, 3, 2],
    y: [2, 3, 3, 3],
    build: (g, x, y) => g.square(g.convTranspose(x, y, { ...window, height: 6, width: 4 })),
  },
};

/** A loss whose gradient is different at every element. */
function lossOf({ build, ...shapes }: Case): {
  graph: Graph;
  loss: Node;
  leaves: [Node, Node];
} {
  const graph = new Graph();
  const x = graph.input("x", shapes.x);
  const y = graph.input("y", shapes.y);
  const result = build(graph, x, y);
  const weights = Float32Array.from(
    { length: elementCount(result.shape) },
    (_, i) => 1 + (i % 7) / 3,
  );
  const weighed = graph.mul(result, graph.constant(weights, result.shape));
  // Both leaves take part, so that every case has both gradients.
  const tiny = graph.scale(graph.add(graph.total(x), graph.total(y)), 1e-3);
  return { graph, loss: graph.add(graph.total(weighed), tiny), leaves: [x, y] };
}

function feedsOf({ x, y }: Case): { x: Float32Array; y: Float32Array } {
  const random = seededRandom(7);
  return {
    x: fillNormal(random, new Float32Array(elementCount(x))),
    y: fillNormal(random, new Float32Array(elementCount(y))),
  };
}

test.each(Object.entries(cases))("gradients() of %s match finite differences", (_name, entry) => {
  const { graph, loss, leaves } = lossOf(entry);
  const feeds = feedsOf(entry);
  const computed = evaluate(graph, [...gradients(graph, loss, leaves)], feeds);
  const at = (name: "x" | "y", i: number, by: number): number => {
    const moved = Float64Array.from(feeds[name]);
    moved[i] = (moved[i] as number) + by;
    return evaluate(graph, [loss], { ...feeds, [name]: moved })[0]?.[0] as number;
  };
  const step = 1e-5;
  for (const [which, name] of (["x", "y"] as const).entries()) {
    const expected = Array.from(
      feeds[name],
      (_, i) => (at(name, i, step) - at(name, i, -step)) / (2 * step),
    );
    for (const [i, value] of expected.entries()) {
      expect(computed[which]?.[i]).toBeCloseTo(value, 5);
    }
  }
});

const runtimes: Partial<Record<"native" | "wasm", Runtime>> = {};
beforeAll(async () => {
  runtimes.native = await openRuntime({ kind: "native", threads: 1 });
  runtimes.wasm = await openRuntime({ kind: "wasm", threads: 1 });
});

test.each(
  Object.entries(cases).flatMap(([name, entry]) =>
    (["native", "wasm"] as const).map((kind) => ({ name, entry, kind })),
  ),
)("lower() of $name and its gradients is right on $kind", async ({ entry, kind }) => {
  const { graph, loss, leaves } = lossOf(entry);
  const [dx, dy] = gradients(graph, loss, leaves) as [Node, Node];
  const feeds = feedsOf(entry);
  const expected = evaluate(graph, [loss, dx, dy], feeds);
  const program = await (runtimes[kind] as Runtime).compile(lower(graph, { loss, dx, dy }));
  const results = await program.run({
    x: { data: feeds.x, shape: entry.x },
    y: { data: feeds.y, shape: entry.y },
  });
  for (const [i, name] of ["loss", "dx", "dy"].entries()) {
    const { data } = results[name] as Values;
    const largest = Math.max(...(expected[i] as Float64Array).map(Math.abs));
    for (const [j, value] of (expected[i] as Float64Array).entries()) {
      expect(Math.abs((data[j] as number) - value)).toBeLessThan(1e-5 * Math.max(1, largest));
    }
  }
  await program.release();
});

test("finite is 0 for NaN and the infinities, and select keeps them out", async () => {
  const graph = new Graph();
  const x = graph.input("x", [4]);
  const clean = graph.select(graph.finite(x), x, graph.scalar(0));
  const data = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -2, Number.NEGATIVE_INFINITY);
  for (const runtime of Object.values(runtimes)) {
    const program = await runtime.compile(lower(graph, { clean }));
    const { clean: result } = await program.run({ x: { data, shape: [4] } });
    expect([...(result?.data ?? [])]).toEqual([0, 0, -2, 0]);
    await program.release();
  }
});

test.each([
  [
    "matmul",
    (g: Graph) => g.matmul(g.input("a", [2, 3]), g.input("b", [4, 5])),
    /inner lengths are 3 and 4/,
  ],
  [
    "add",
    (g: Graph) => g.add(g.input("a", [2, 3]), g.input("b", [2, 4])),
    /lengths 3 and 4 differ/,
  ],
  ["reshape", (g: Graph) => g.reshape(g.input("a", [2, 3]), [5]), /element counts differ/],
  ["slice", (g: Graph) => g.slice(g.input("a", [2, 3]), 1, [2, 4]), /Cannot slice \[2, 4\)/],
] as const)("%s says what does not fit", (_name, build, message) => {
  expect(() => build(new Graph())).toThrow(message);
});

test("gradients() refuses a loss that is not one number", () => {
  const graph = new Graph();
  const x = graph.input("x", [3]);
  expect(() => gradients(graph, x, [x])).toThrow(/need one number/);
});
