import { expect, test } from "vitest";
import { fillNormal, seededRandom, uniform } from "../../random.ts";
import { phaseQualities } from "../audio/phase.ts";
import { Graph, type Node } from "../tensor/graph.ts";
import { lower } from "../tensor/lower.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { BIN_COUNT, MEL_BANDS } from "./bands.ts";
import { MelToBins } from "./mel-to-bins.ts";
import { framesOfSound, soundOfFrames } from "./sound-frames.ts";

const runtime = await openRuntime({ threads: 1 });

async function compute(
  build: (bins: MelToBins, x: Node) => Node,
  data: Float32Array,
  width: number,
): Promise<Float32Array> {
  const graph = new Graph();
  const shape = [1, data.length / width, width];
  const x = graph.input("x", shape);
  const program = await runtime.compile(lower(graph, { y: build(new MelToBins(graph), x) }));
  const { y } = await program.run({ x: { data, shape } });
  await program.release();
  return y?.data ?? new Float32Array(0);
}

test("framesOf() makes frames whose bands are those that were wanted", async () => {
  const random = seededRandom(4);
  let level = -30;
  const mel = Float32Array.from({ length: 6 * MEL_BANDS }, () => {
    level = Math.min(0, Math.max(-75, level + uniform(random, -4, 4)));
    return level;
  });
  const bands = await compute((bins, x) => bins.bandsOf(bins.framesOf(x)), mel, MEL_BANDS);
  // The lowest bands share bins, so not every wish of theirs can be met.
  const errors = [...bands]
    .map((band, i) => Math.abs(band - (mel[i] ?? 0)))
    .filter((_, i) => i % MEL_BANDS >= 20);
  expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.6);
});

test("framesOf() is silent where its bands are", async () => {
  const frames = await compute(
    (bins, x) => bins.framesOf(x),
    new Float32Array(2 * MEL_BANDS).fill(-95),
    MEL_BANDS,
  );
  expect(frames.length).toBe(2 * BIN_COUNT);
  expect(Math.max(...frames)).toBeLessThan(-150);
});

test("a sound that went through its bands is about as loud as before", async () => {
  const noise = fillNormal(seededRandom(3), new Float32Array(24_000));
  const sound = noise.map((x, i) => (0.05 * x + Math.sin(i / 20)) * Math.exp(-i / 8000));
  const before = framesOfSound(sound);
  const levels = await compute(
    (bins, x) => bins.framesOf(bins.bandsOf(x)),
    before.levels,
    BIN_COUNT,
  );
  const options = { length: sound.length, random: seededRandom(1), ...phaseQualities.normal };
  const after = soundOfFrames({ ...before, levels }, options);
  expect(10 * Math.log10(energy(after) / energy(sound))).toBeGreaterThan(-3);
  expect(10 * Math.log10(energy(after) / energy(sound))).toBeLessThan(3);
});

function energy(samples: Float32Array): number {
  return samples.reduce((sum, x) => sum + x * x, 0);
}
