/** The comb against spectra of synthesised tones, and its place and depth against what was put in. */

import { expect, test } from "vitest";
import { evaluate } from "../../../test/support/evaluate.ts";
import { fillNormal, seededRandom } from "../../random.ts";
import { magnitudes } from "../audio/stft.ts";
import { Graph, type Node } from "../tensor/graph.ts";
import { BIN_COUNT } from "./bands.ts";
import { COMB_BANDS, Comb } from "./comb.ts";

const BIN_HZ = 48_000 / 2048;

function computed(
  feeds: { readonly [name: string]: ArrayLike<number> },
  build: (comb: Comb, graph: Graph) => Node,
): Float64Array {
  const graph = new Graph();
  const node = build(new Comb(graph), graph);
  return evaluate(graph, [node], feeds)[0]!;
}

const lobesAt = (hz: number): Float64Array =>
  computed({ pitch: [Math.log2(hz)] }, (comb, graph) => comb.lobes(graph.input("pitch", [1, 1])));

/** The middle frame of steady partials of equal strength, in dB below the first one. */
function spectrumOf(hz: number, noiseGain = 0): Float64Array {
  const noise = fillNormal(seededRandom(1), new Float32Array(9000));
  const samples = noise.map((value, i) => {
    let sum = noiseGain * value;
    for (let k = 1; k * hz < 23_000; k += 1) {
      sum += Math.sin((2 * Math.PI * k * hz * i) / 48_000 + k * k);
    }
    return sum;
  });
  const { data } = magnitudes(samples);
  const row = data.subarray(8 * BIN_COUNT, 9 * BIN_COUNT);
  return Float64Array.from(row, (value) => 20 * Math.log10(value / 512));
}

test.each([261.6, 440, 1234.5])("lobes() at %d Hz are those of a tone", (hz) => {
  const lobes = lobesAt(hz);
  const actual = spectrumOf(hz);
  for (let bin = Math.round(hz / BIN_HZ); bin < 900; bin += 1) {
    if (lobes[bin]! < -20) continue;
    expect(Math.abs(lobes[bin]! - actual[bin]!)).toBeLessThan(0.6);
  }
});

test("lobes() fall away below the first partial: there is none at 0 Hz", () => {
  const lobes = lobesAt(2000);
  expect(Math.max(...lobes.subarray(0, 80))).toBeLessThan(-60);
});

test("lobes() of a pitch too low to be resolved meet between its partials", () => {
  expect(Math.min(...lobesAt(47).subarray(2))).toBeGreaterThan(-7);
});

test("depthOf() finds how far noise lies below the partials, in every band", () => {
  const gain = 0.5;
  // A bin of the noise has the power of 2048 * 3/8 samples; its mean level is 2.5 dB lower.
  const level = 20 * Math.log10((gain * Math.sqrt(2048 * 0.375)) / 512) - 2.5;
  const depth = computed(
    { pitch: [Math.log2(440)], frames: spectrumOf(440, gain) },
    (comb, graph) => {
      const pitch = graph.input("pitch", [1, 1]);
      return comb.depthOf(graph.input("frames", [1, BIN_COUNT]), comb.lobes(pitch), pitch);
    },
  );
  expect(depth).toHaveLength(COMB_BANDS);
  const errors = [...depth].map((found) => Math.abs(found + level)).toSorted((a, b) => a - b);
  expect(errors[COMB_BANDS / 2]).toBeLessThan(3);
  // The lowest band has two partials.
  expect(errors.at(-1)).toBeLessThan(9);
});

test.each([
  ["noise", 440, () => spectrumOf(440).map((_, i) => -30 + 5 * Math.sin(i * i))],
  ["the comb of twice the pitch, at its odd partials", 220, () => spectrumOf(440)],
])("depthOf() of %s is none or small", (_name, hz, frames) => {
  const depth = computed({ pitch: [Math.log2(hz)], frames: frames() }, (comb, graph) => {
    const pitch = graph.input("pitch", [1, 1]);
    return comb.depthOf(graph.input("frames", [1, BIN_COUNT]), comb.lobes(pitch), pitch);
  });
  const limit = hz === 440 ? 0 : 60;
  for (const found of depth) expect(found).toBeLessThanOrEqual(limit);
});

test("melOf() is 0 for no comb, and what the lobes leave of each band otherwise", () => {
  const mel = (depth: number): Float64Array =>
    computed({ pitch: [Math.log2(1000)] }, (comb, graph) => {
      const depths = graph.constant(new Float32Array(COMB_BANDS).fill(depth), [1, COMB_BANDS]);
      return comb.melOf(comb.of(comb.lobes(graph.input("pitch", [1, 1])), depths));
    });
  expect(Math.max(...mel(0).map(Math.abs))).toBeLessThan(1e-4);
  const deep = mel(30);
  // At 1500 Hz a mel band lies between two partials.
  expect(Math.min(...deep)).toBeLessThan(-28);
  expect(Math.max(...deep)).toBeLessThan(0.5);
});
