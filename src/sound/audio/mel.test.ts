import { describe, expect, test } from "vitest";
import { bandPower, denseMatrix } from "./filter-bank.ts";
import { hzToMel, melBank, melFrequencies, melToHz } from "./mel.ts";

test.each([
  // The examples in the documentation of librosa.hz_to_mel.
  ["slaney", 60, 0.9],
  ["slaney", 110, 1.65],
  ["slaney", 440, 6.6],
  ["slaney", 1000, 15], // where the linear part ends
  ["slaney", 6400, 42], // 27 steps span a factor of 6.4
  ["htk", 0, 0],
  ["htk", 700, 781.1728], // 2595 log10(2)
  ["htk", 1000, 999.9855],
  ["htk", 6300, 2595], // a factor of ten
] as const)("hzToMel() on the %s scale: %d Hz is %d", (scale, hz, mel) => {
  expect(hzToMel(hz, scale)).toBeCloseTo(mel, 4);
});

test.each(["htk", "slaney"] as const)("melToHz() undoes hzToMel() on the %s scale", (scale) => {
  for (let hz = 20; hz <= 20_000; hz *= 1.3) {
    expect(melToHz(hzToMel(hz, scale), scale) / hz).toBeCloseTo(1, 10);
  }
});

test("melFrequencies() gives the table in the documentation of librosa.mel_frequencies", () => {
  const published = [
    0, 85.317, 170.635, 255.952, 341.269, 426.586, 511.904, 597.221, 682.538, 767.855, 853.173,
    938.49, 1024.856, 1119.114, 1222.042, 1334.436, 1457.167, 1591.187, 1737.532, 1897.337, 2071.84,
    2262.393, 2470.47, 2697.686, 2945.799, 3216.731, 3512.582, 3835.643, 4188.417, 4573.636,
    4994.285, 5453.621, 5955.205, 6502.92, 7101.009, 7754.107, 8467.272, 9246.028, 10096.408, 11025,
  ];
  const ours = melFrequencies(40, { scale: "slaney", lowHz: 0, highHz: 11_025 });
  published.forEach((hz, i) => {
    expect(ours[i]).toBeCloseTo(hz, 2);
  });
});

describe("melBank()", () => {
  const shape = { bandCount: 128, binCount: 1025, sampleRateHz: 44_100 } as const;

  test("without area norm is the textbook formula", () => {
    // Computed densely and the slow way: max(0, min(rise, fall)) at every bin.
    const matrix = denseMatrix(melBank({ ...shape, scale: "htk", norm: "peak" }));
    const highMel = 2595 * Math.log10(1 + 22_050 / 700);
    const cornerHz = (i: number): number => 700 * (10 ** ((highMel * i) / 129 / 2595) - 1);
    for (let bin = 0; bin < 1025; bin += 1) {
      const hz = (bin * 22_050) / 1024;
      for (let band = 0; band < 128; band += 1) {
        const [low, peak, high] = [cornerHz(band), cornerHz(band + 1), cornerHz(band + 2)];
        const weight = Math.max(
          0,
          Math.min((hz - low) / (peak - low), (high - hz) / (high - peak)),
        );
        expect(Math.abs(matrix[bin * 128 + band]! - weight)).toBeLessThan(1e-6);
      }
    }
  });

  test("has a bin in every band at the ruler's shape", () => {
    const { offsets, weights } = melBank({ ...shape, scale: "htk", norm: "peak" });
    for (let band = 0; band < 128; band += 1) {
      const own = weights.subarray(offsets[band]!, offsets[band + 1]!);
      expect(own.reduce((sum, weight) => sum + weight, 0)).toBeGreaterThan(0);
    }
  });

  test("with area norm gives every wide band the same area", () => {
    const matrix = denseMatrix(melBank({ ...shape, scale: "slaney", norm: "area" }));
    const binHz = 22_050 / 1024;
    for (const band of [100, 110, 127]) {
      let area = 0;
      for (let bin = 0; bin < 1025; bin += 1) area += matrix[bin * 128 + band]! * binHz;
      expect(area).toBeCloseTo(1, 2);
    }
  });

  test.each([{ lowHz: 100, highHz: 100 }, { lowHz: -1 }, { highHz: 30_000 }])(
    "refuses %o",
    (range) => {
      expect(() => melBank({ ...shape, scale: "htk", norm: "peak", ...range })).toThrow(
        "Cannot place mel filters",
      );
    },
  );
});

test("bandPower() is the power times the dense matrix", () => {
  const bank = melBank({
    bandCount: 10,
    binCount: 65,
    sampleRateHz: 8000,
    scale: "htk",
    norm: "peak",
  });
  const data = Float32Array.from({ length: 130 }, (_, i) => Math.abs(Math.sin(i * i)));
  const {
    data: power,
    frameCount,
    binCount,
  } = bandPower(bank, { frameCount: 2, binCount: 65, data });
  expect([frameCount, binCount]).toEqual([2, 10]);
  const matrix = denseMatrix(bank);
  for (let frame = 0; frame < 2; frame += 1) {
    for (let band = 0; band < 10; band += 1) {
      let sum = 0;
      for (let bin = 0; bin < 65; bin += 1)
        sum += data[frame * 65 + bin]! ** 2 * matrix[bin * 10 + band]!;
      expect(power[frame * 10 + band]).toBeCloseTo(sum, 4);
    }
  }
  expect(() => bandPower(bank, { frameCount: 1, binCount: 64, data })).toThrow(
    "Cannot apply filters for 65 bins: the spectrogram has 64",
  );
});
