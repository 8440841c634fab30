import { expect, test } from "vitest";
import { seededRandom } from "../../random.ts";
import type { Graph, Node } from "../tensor/graph.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { contextBlock, dense, layerNorm, silu, withNeighbours } from "./layers.ts";
import { startingWeights } from "./parameters.ts";
import type { ModelScope } from "./recipe.ts";
import { layoutOf, plainGraph } from "./step-graph.ts";

const runtime = await openRuntime({ threads: 1 });

/** Runs layers with their starting weights on one input. */
async function run(
  build: (scope: ModelScope, x: Node) => Node,
  input: { readonly shape: readonly number[]; readonly data: readonly number[] },
): Promise<{ readonly shape: readonly number[]; readonly data: number[] }> {
  const { shape, data } = input;
  const whole = (scope: ModelScope): Node => build(scope, scope.input("x", shape));
  const layout = layoutOf((scope) => {
    whole(scope);
    // A layout without parameters cannot be an input.
    scope.parameter("unused", [1], { kind: "zeros" });
  });
  const program = await runtime.compile(
    plainGraph(layout, (scope) => ({
      y: scope.graph.add(
        whole(scope),
        scope.graph.reshape(scope.parameter("unused", [1], { kind: "zeros" }), []),
      ),
    })),
  );
  const weights = startingWeights(layout, seededRandom(2));
  const { y } = await program.run({
    weights: { data: weights, shape: [weights.length] },
    x: { data: Float32Array.from(data), shape },
  });
  await program.release();
  return { shape: y?.shape ?? [], data: [...(y?.data ?? [])] };
}

test("withNeighbours() lays the rows before and after beside each row, zeros at the ends", async () => {
  const { shape, data } = await run((scope, x) => withNeighbours(scope, x, 1), {
    shape: [1, 3, 1],
    data: [1, 2, 3],
  });
  expect(shape).toEqual([1, 3, 3]);
  expect(data).toEqual([0, 1, 2, 1, 2, 3, 2, 3, 0]);
});

test("withNeighbours() looks as far as it is told, and never into another example", async () => {
  const { data } = await run((scope, x) => withNeighbours(scope, x, 2), {
    shape: [2, 3, 1],
    data: [1, 2, 3, 10, 20, 30],
  });
  expect(data).toEqual([...[0, 1, 3, 0, 2, 0, 1, 3, 0], ...[0, 10, 30, 0, 20, 0, 10, 30, 0]]);
});

test("withNeighbours() gives zeros where time is shorter than its reach", async () => {
  const { data } = await run((scope, x) => withNeighbours(scope, x, 4), {
    shape: [1, 2, 1],
    data: [5, 6],
  });
  expect(data).toEqual([0, 5, 0, 0, 6, 0]);
});

test("dense() that starts silent gives its bias alone", async () => {
  const { shape, data } = await run(
    (scope, x) => dense(scope, "out", { x, size: 3, gain: 0, bias: 0.5 }),
    { shape: [2, 2], data: [1, 2, 3, 4] },
  );
  expect(shape).toEqual([2, 3]);
  expect(data).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
});

test("dense() starts with outputs as large as its inputs", async () => {
  const data = Array.from({ length: 4 * 400 }, (_, i) => Math.sin(i * i));
  const result = await run((scope, x) => dense(scope, "out", { x, size: 300 }), {
    shape: [4, 400],
    data,
  });
  const power = (x: readonly number[]): number => x.reduce((sum, v) => sum + v * v, 0) / x.length;
  expect(power(result.data) / power(data)).toBeGreaterThan(0.8);
  expect(power(result.data) / power(data)).toBeLessThan(1.25);
});

test("layerNorm() starts with rows of mean 0 and variance 1", async () => {
  const { data } = await run((scope, x) => layerNorm(scope, "norm", x), {
    shape: [2, 4],
    data: [1, 2, 3, 4, 100, 300, 200, 400],
  });
  for (const row of [data.slice(0, 4), data.slice(4)]) {
    expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 4);
    expect(row.reduce((sum, value) => sum + value ** 2, 0) / 4).toBeCloseTo(1, 3);
  }
});

test("silu() is x sigmoid(x)", async () => {
  const values = [-4, -1, 0, 0.5, 3];
  const { data } = await run((scope, x) => silu(scope, x), { shape: [5], data: values });
  for (const [i, x] of values.entries()) expect(data[i]).toBeCloseTo(x / (1 + Math.exp(-x)), 5);
});

test("contextBlock() sees no farther than its reach", async () => {
  const at = async (place: number): Promise<number[]> => {
    const data = new Array<number>(9 * 2).fill(0.1);
    data[2 * place] = 3;
    const options = { name: "block", reach: 2, widening: 2 };
    return (await run((scope, x) => contextBlock(scope, x, options), { shape: [1, 9, 2], data }))
      .data;
  };
  const [first, last] = [await at(0), await at(8)];
  const rowsThatDiffer = first.flatMap((value, i) =>
    Math.abs(value - (last[i] ?? 0)) > 1e-7 ? [Math.floor(i / 2)] : [],
  );
  expect([...new Set(rowsThatDiffer)]).toEqual([0, 2, 6, 8]);
});

test("contextBlock() passes its input on where everything it adds is dropped", async () => {
  const data = [1, 2, 3, 4, 5, 6];
  const dropped = (graph: Graph): Node => graph.constant(new Float32Array(2), [1, 1, 2]);
  const result = await run(
    (scope, x) =>
      contextBlock(scope, x, {
        name: "block",
        reach: 1,
        widening: 2,
        dropped: dropped(scope.graph),
      }),
    { shape: [1, 3, 2], data },
  );
  expect(result.data).toEqual(data);
});
