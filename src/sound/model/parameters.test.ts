import { expect, test } from "vitest";
import { seededRandom } from "../../random.ts";
import { Graph } from "../tensor/graph.ts";
import { lower } from "../tensor/lower.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import {
  ones,
  type ParameterScope,
  parameterLayout,
  partsOf,
  startingWeights,
  zeros,
} from "./parameters.ts";

function build(scope: ParameterScope): void {
  scope.parameter("a", [2, 3], { kind: "uniform", bound: 0.5 });
  scope.parameter("b", [4], ones);
  scope.parameter("a", [2, 3], zeros);
  scope.parameter("c", [], { kind: "values", values: Float32Array.of(7) });
  scope.parameter("d", [1000], { kind: "normal", deviation: 2 });
}

test("parameterLayout() lays parameters out in the order of asking, each once", () => {
  const { entries, size } = parameterLayout(build);
  expect(entries.map(({ name, offset }) => ({ name, offset }))).toEqual([
    { name: "a", offset: 0 },
    { name: "b", offset: 6 },
    { name: "c", offset: 10 },
    { name: "d", offset: 11 },
  ]);
  expect(size).toBe(1011);
});

test("parameterLayout() refuses the same name with another shape", () => {
  expect(() =>
    parameterLayout((scope) => {
      scope.parameter("a", [2], zeros);
      scope.parameter("a", [3], zeros);
    }),
  ).toThrow(/"a".*\[2\].*\[3\]|"a".*\[3\].*\[2\]/);
});

test("startingWeights() starts each parameter as it asked, the same for the same seed", () => {
  const layout = parameterLayout(build);
  const weights = startingWeights(layout, seededRandom(3));
  expect(weights).toEqual(startingWeights(layout, seededRandom(3)));
  expect(weights).not.toEqual(startingWeights(layout, seededRandom(4)));
  const uniform = weights.subarray(0, 6);
  expect(uniform.every((value) => Math.abs(value) <= 0.5)).toBe(true);
  expect(new Set(uniform).size).toBe(6);
  expect([...weights.subarray(6, 11)]).toEqual([1, 1, 1, 1, 7]);
  const normal = weights.subarray(11);
  const variance = normal.reduce((sum, value) => sum + value ** 2, 0) / normal.length;
  expect(Math.sqrt(variance)).toBeGreaterThan(1.8);
  expect(Math.sqrt(variance)).toBeLessThan(2.2);
});

test("partsOf() cuts the flat vector at the places of the layout", async () => {
  const layout = parameterLayout(build);
  const graph = new Graph();
  const scope = partsOf(graph, graph.input("weights", [layout.size]), layout);
  const outputs = { b: scope.parameter("b", [4], ones), c: scope.parameter("c", [], zeros) };
  const program = await (await openRuntime({ threads: 1 })).compile(lower(graph, outputs));
  const data = Float32Array.from({ length: layout.size }, (_, i) => i);
  const results = await program.run({ weights: { data, shape: [layout.size] } });
  expect([...(results["b"]?.data ?? [])]).toEqual([6, 7, 8, 9]);
  expect([...(results["c"]?.data ?? [])]).toEqual([10]);
  await program.release();
});

test("partsOf() does not know parameters that the layout does not have", () => {
  const graph = new Graph();
  const layout = parameterLayout(build);
  const scope = partsOf(graph, graph.input("weights", [layout.size]), layout);
  expect(() => scope.parameter("z", [1], zeros)).toThrow('Cannot find parameter "z"');
});
