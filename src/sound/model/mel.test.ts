/** The `mel` VAE against ten steps recorded from PyTorch in float64. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { largestDifference, relativeDifference } from "../../../test/support/closeness.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime, Values } from "../tensor/runtime.ts";
import { elementCount } from "../tensor/shapes.ts";
import { stepNumbers } from "./adamw.ts";
import { type MelShape, melLosses, melStartingStatistics } from "./mel.ts";
import type { ParameterEntry } from "./parameters.ts";
import { packNumbers, stepGraph } from "./step-graph.ts";

interface Packed {
  readonly shape: number[];
  readonly data: number[];
}

interface Recorded {
  readonly config: {
    readonly channels: number[];
    readonly mels: number;
    readonly frames: number;
    readonly latent: number;
    readonly batch: number;
    readonly steps: number;
    readonly learningRate: number;
    readonly weightDecay: number;
    readonly clipNorm: number;
    readonly freeBits: number;
    readonly klWeight: number;
    readonly dropout: number;
  };
  readonly input: Packed;
  readonly weightsBefore: Record<string, Packed>;
  readonly gradientsStep1Clipped: Record<string, Packed>;
  readonly weightsAfter: Record<string, Packed>;
  readonly runningStatsAfter: Record<string, number[] | Packed>;
  readonly losses: number[];
  readonly recon: number[];
  readonly kl: number[];
  readonly gradNorms: number[];
  readonly eps: number[][];
  readonly masks: number[][][];
}

const path = join(import.meta.dirname, "../../../test/fixtures/mel-vae-pytorch.json");
const recorded = JSON.parse(readFileSync(path, "utf8")) as Recorded;
const { config } = recorded;
const shape: MelShape = {
  channels: config.channels,
  melBands: config.mels,
  frameCount: config.frames,
  latentSize: config.latent,
};
const step = stepGraph((scope) =>
  melLosses(scope, shape, {
    mode: "train",
    batch: config.batch,
    freeBits: config.freeBits,
    pictures: scope.input("pictures", recorded.input.shape),
  }),
);

describe.each(["native", "wasm"] as const)("the step graph on %s", (kind) => {
  let told: number[][];
  let firstMoment: Float32Array;
  let state: Record<string, Values>;

  beforeAll(async () => {
    const runtime = await openRuntime({ kind, threads: 1 });
    ({ told, firstMoment, state } = await tenSteps(runtime));
  });

  test("gives PyTorch's losses and gradient norms over ten steps", () => {
    for (const [i, [total, reconstruction, kl, norm, finite]] of told.entries()) {
      // float32 against float64: the paths part slowly, by about 1e-5 at step ten
      expect(relativeDifference(total, recorded.losses[i])).toBeLessThan(3e-5);
      expect(relativeDifference(reconstruction, recorded.recon[i])).toBeLessThan(3e-5);
      expect(relativeDifference(kl, recorded.kl[i])).toBeLessThan(3e-5);
      expect(relativeDifference(norm, recorded.gradNorms[i])).toBeLessThan(3e-4);
      expect(finite).toBe(1);
    }
  });

  test("gives PyTorch's clipped gradients in the first step", () => {
    // From zero, the first moment after one step (over 1 - beta 1) is the gradient itself.
    for (const entry of step.layout.entries) {
      const expected = recorded.gradientsStep1Clipped[theirName(entry.name)]?.data ?? [];
      expect(largestDifference(part(firstMoment, entry), expected), entry.name).toBeLessThan(2e-5);
    }
  });

  test("gives PyTorch's weights after ten steps", () => {
    for (const entry of step.layout.entries) {
      const weights = state["weights"]?.data as Float32Array;
      const expected = recorded.weightsAfter[theirName(entry.name)]?.data ?? [];
      expect(largestDifference(part(weights, entry), expected), entry.name).toBeLessThan(2e-3);
    }
  });

  test("gives PyTorch's running variances after ten steps", () => {
    const statistics = state["statistics"]?.data as Float32Array;
    let at = 0;
    const layers = [
      ...config.channels.map((count, i) => ({ name: `en.${i}`, count })),
      ...config.channels
        .slice(0, -1)
        .toReversed()
        .map((count, i) => ({ name: `dn.${i}`, count })),
    ];
    for (const { name, count } of layers) {
      const entry = recorded.runningStatsAfter[`${name}.running_var`];
      const expected = Array.isArray(entry) ? entry : (entry?.data ?? []);
      // Means differ by the convolution's bias, which ours leaves out; variances do not.
      const variances = statistics.subarray(at + count, at + 2 * count);
      expect(largestDifference(variances, expected), name).toBeLessThan(1e-3);
      at += 2 * count;
    }
    expect(at).toBe(melStartingStatistics(shape).length);
  });
});

test("a batch with a NaN leaves weights, moments and statistics untouched and says so", async () => {
  const runtime = await openRuntime({ kind: "native", threads: 1 });
  const program = await runtime.compile(step.model);
  const before = startState();
  const feeds = { ...before, ...inputsOf(0) };
  const poisoned = Float32Array.from(feeds.pictures.data);
  poisoned[17] = Number.NaN;
  const after = await program.run({ ...feeds, pictures: { ...feeds.pictures, data: poisoned } });
  for (const name of ["weights", "moment", "variance", "statistics"] as const) {
    expect(after[`${name}2`]?.data).toEqual(before[name].data);
  }
  expect(after["losses"]?.data[4]).toBe(0);
});

async function tenSteps(runtime: Runtime): Promise<{
  told: number[][];
  firstMoment: Float32Array;
  state: Record<string, Values>;
}> {
  const program = await runtime.compile(step.model);
  const told: number[][] = [];
  let state: Record<string, Values> = { ...startState() };
  let firstMoment = new Float32Array(0);
  for (let i = 0; i < config.steps; i += 1) {
    const results = await program.run({ ...state, ...inputsOf(i) } as Record<string, Values>);
    told.push([...(results["losses"]?.data ?? [])]);
    state = Object.fromEntries(
      Object.keys(state).map((name) => [name, results[`${name}2`] as Values]),
    );
    if (i === 0) firstMoment = Float32Array.from(state["moment"]?.data ?? []);
  }
  await program.release();
  return { told, firstMoment, state };
}

function startState(): Record<"weights" | "moment" | "variance" | "statistics", Values> {
  const { size, entries } = step.layout;
  const weights = new Float32Array(size);
  for (const { name, offset } of entries) {
    weights.set(recorded.weightsBefore[theirName(name)]?.data ?? [], offset);
  }
  const flat = (data: Float32Array): Values => ({ shape: [data.length], data });
  return {
    weights: flat(weights),
    moment: flat(new Float32Array(size)),
    variance: flat(new Float32Array(size)),
    statistics: flat(melStartingStatistics(shape)),
  };
}

function inputsOf(i: number): Record<"pictures" | "noise" | "dropped" | "numbers", Values> {
  const { batch, latent, dropout, learningRate, weightDecay, klWeight, clipNorm } = config;
  const width = (recorded.masks[0] ?? []).reduce((sum, mask) => sum + mask.length / batch, 0);
  const dropped = new Float32Array(batch * width);
  let column = 0;
  for (const mask of recorded.masks[i] ?? []) {
    const channels = mask.length / batch;
    for (const [j, kept] of mask.entries()) {
      const row = Math.floor(j / channels);
      dropped[row * width + column + (j % channels)] = kept / (1 - dropout);
    }
    column += channels;
  }
  const numbers = packNumbers({
    ...stepNumbers(learningRate, weightDecay, i + 1),
    klWeight,
    clipNorm,
  });
  return {
    pictures: { shape: recorded.input.shape, data: Float32Array.from(recorded.input.data) },
    noise: { shape: [batch, latent], data: Float32Array.from(recorded.eps[i] ?? []) },
    dropped: { shape: [batch, width], data: dropped },
    numbers: { shape: [numbers.length], data: numbers },
  };
}

function theirName(name: string): string {
  return name
    .replace(/^encoder\.(\d)\.weight/, "ec.$1.weight")
    .replace(/^encoder\.(\d)\.gain/, "en.$1.weight")
    .replace(/^encoder\.(\d)\.bias/, "en.$1.bias")
    .replace(/^decoder\.3\.weight/, "out.weight")
    .replace(/^decoder\.(\d)\.weight/, "dc.$1.weight")
    .replace(/^decoder\.(\d)\.gain/, "dn.$1.weight")
    .replace(/^decoder\.(\d)\.bias/, "dn.$1.bias")
    .replace(/^mean\./, "mu.")
    .replace(/^logVariance\./, "logvar.")
    .replace(/^fromLatent\./, "fc.")
    .replace(/^output\./, "out.");
}

function part(flat: Float32Array, { offset, shape: lengths }: ParameterEntry): Float32Array {
  return flat.subarray(offset, offset + elementCount(lengths));
}
