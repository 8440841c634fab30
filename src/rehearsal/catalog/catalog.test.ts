import { describe, expect, it } from "vitest";
import { countParameters } from "./architecture.ts";
import { CLUSTERS, softwareFor } from "./clusters.ts";
import { DATASETS } from "./datasets.ts";
import { findGpu, GPUS } from "./gpus.ts";
import { findModel, MODELS } from "./models.ts";

/** What the frameworks print for the published weights. */
const PUBLISHED_COUNTS: readonly (readonly [string, number])[] = [
  ["GPT-2-124M", 124_439_808],
  ["GPT-2-355M", 354_823_168],
  ["GPT-2-774M", 774_030_080],
  ["GPT-2-1.5B", 1_557_611_200],
  ["GPT-J-6B", 6_050_882_784],
  ["OPT-6.7B", 6_658_473_984],
  ["GPT-NeoX-20B", 20_554_567_680],
  ["Pythia-1B", 1_011_781_632],
  ["Pythia-6.9B", 6_857_302_016],
  ["Pythia-12B", 11_846_072_320],
  ["MPT-7B", 6_649_286_656],
  ["BLOOM-176B", 176_247_271_424],
  ["Falcon-7B", 6_921_720_704],
  ["Falcon-40B", 41_303_293_952],
  ["LLaMA-65B", 65_285_660_672],
  ["Llama-2-7B", 6_738_415_616],
  ["Llama-2-13B", 13_015_864_320],
  ["Llama-2-70B", 68_976_648_192],
  ["TinyLlama-1.1B", 1_100_048_384],
  ["Yi-34B", 34_388_917_248],
  ["Llama-3-8B", 8_030_261_248],
  ["Llama-3.1-70B", 70_553_706_496],
  ["Llama-3.1-405B", 405_853_388_800],
  ["Llama-3.2-1B", 1_235_814_400],
  ["Llama-3.2-3B", 3_212_749_824],
  ["SmolLM3-3B", 3_075_098_624],
  ["Mistral-7B", 7_241_732_096],
  ["Mistral-7B-v0.3", 7_248_023_552],
  ["Mistral-Nemo-12B", 12_247_782_400],
  ["Mistral-Large-2", 122_610_069_504],
  ["Mistral-Small-24B", 23_572_403_200],
  ["Mixtral-8x7B", 46_702_792_704],
  ["Mixtral-8x22B", 140_620_634_112],
  ["Qwen2.5-0.5B", 494_032_768],
  ["Qwen2.5-1.5B", 1_543_714_304],
  ["Qwen2.5-7B", 7_615_616_512],
  ["Qwen2.5-14B", 14_770_033_664],
  ["Qwen2.5-32B", 32_763_876_352],
  ["Qwen2.5-72B", 72_706_203_648],
  ["Qwen3-0.6B", 596_049_920],
  ["Qwen3-4B", 4_022_468_096],
  ["Qwen3-8B", 8_190_735_360],
  ["Qwen3-14B", 14_768_307_200],
  ["Qwen3-32B", 32_762_123_264],
  ["Qwen3-30B-A3B", 30_532_122_624],
  ["Qwen3-235B-A22B", 235_093_634_560],
  ["DeepSeek-V2-Lite", 15_706_484_224],
  ["gpt-oss-20b", 20_914_757_184],
  ["gpt-oss-120b", 116_829_156_672],
  ["Gemma-2-2B", 2_614_341_888],
  ["Gemma-2-9B", 9_241_705_984],
  ["Gemma-2-27B", 27_227_128_320],
  ["Phi-2", 2_779_683_840],
  ["Phi-3-mini", 3_821_079_552],
  ["Phi-4", 14_659_507_200],
  ["OLMo-2-7B", 7_298_617_344],
  ["SmolLM2-135M", 134_515_008],
  ["SmolLM2-1.7B", 1_711_376_384],
  ["DBRX", 131_596_523_520],
];

describe("models", () => {
  it.each(PUBLISHED_COUNTS)("%s has exactly the published number of parameters", (name, count) => {
    expect(countParameters(findModel(name).shape).total).toBe(count);
  });

  it("counts the published active parameters of models with experts", () => {
    const billions = (name: string) => countParameters(findModel(name).shape).active / 1e9;
    expect(billions("Mixtral-8x7B")).toBeCloseTo(12.88, 2);
    expect(billions("DeepSeek-V3")).toBeCloseTo(37.55, 1);
    expect(billions("Qwen3-30B-A3B")).toBeCloseTo(3.35, 1);
    expect(countParameters(findModel("DeepSeek-V3").shape).total / 1e9).toBeCloseTo(671.03, 2);
    expect(countParameters(findModel("Kimi-K2").shape).total / 1e12).toBeCloseTo(1.026, 2);
    expect(countParameters(findModel("Llama-4-Maverick").shape).total / 1e9).toBeCloseTo(400.7, 0);
  });

  it("has at least 41 real models, each with a name of its own and shapes that divide", () => {
    const real = MODELS.filter((model) => !model.isFunny);
    expect(real.length).toBeGreaterThanOrEqual(41);
    expect(new Set(MODELS.map((model) => model.name)).size).toBe(MODELS.length);
    for (const { name, shape } of MODELS) {
      expect(shape.heads % shape.kvHeads, name).toBe(0);
      expect(Number.isInteger(shape.headDim), name).toBe(true);
    }
  });

  it("gives models of one tokenizer about the same vocabulary", () => {
    const sizes = new Map<string, number[]>();
    for (const { tokenizer, shape } of MODELS) {
      sizes.set(tokenizer, [...(sizes.get(tokenizer) ?? []), shape.vocab]);
    }
    // Padding, special tokens, and a second version of it here and there.
    for (const vocabs of sizes.values()) {
      expect(Math.max(...vocabs) / Math.min(...vocabs)).toBeLessThan(1.3);
    }
    expect(sizes.size).toBeGreaterThanOrEqual(18);
  });

  it("finds a name in any spelling and suggests the family otherwise", () => {
    expect(findModel("llama 3.1 8b").name).toBe("Llama-3.1-8B");
    expect(findModel("LLAMA3_1_405B").name).toBe("Llama-3.1-405B");
    expect(() => findModel("Llama-9")).toThrow(/found "Llama-9", need one of .*Llama-2-7B/);
    expect(() => findModel("Lama-3.1-8B")).toThrow(
      expect.objectContaining({ hint: 'Did you mean "Llama-3.1-8B"?' }),
    );
  });
});

describe("accelerators", () => {
  it("has at least 18, each with memory, power and a bandwidth", () => {
    expect(GPUS.length).toBeGreaterThanOrEqual(18);
    expect(new Set(GPUS.map((gpu) => gpu.name)).size).toBe(GPUS.length);
    for (const gpu of GPUS) {
      expect(gpu.powerWatts, gpu.name).toBeGreaterThan(gpu.idleWatts);
      expect(gpu.memoryGb * gpu.memoryTbPerSecond * gpu.linkGbPerSecond, gpu.name).toBeGreaterThan(
        0,
      );
      expect(gpu.peakTflops.fp16, gpu.name).toBeGreaterThan(0);
    }
  });

  it.each([
    ["H100", "H100", 700],
    ["h100 sxm", "H100", 700],
    ["H100-SXM5-80GB", "H100", 700],
    ["H100 80GB", "H100", 700],
    ["H100-80", "H100", 700],
    ["NVIDIA H100 80GB HBM3", "H100", 700],
    ["H100 (96 GB, 500 W)", "H100-96", 500],
    ["H100-96GB-500W", "H100-96", 500],
    ["H100 500W", "H100", 500],
    ["H100 PCIe", "H100-PCIe", 350],
    ["A100", "A100-80", 400],
    ["A100-80", "A100-80", 400],
    ["A100 80GB", "A100-80", 400],
    ["A100-SXM4-40GB", "A100-40", 400],
    ["A100 SXM 80", "A100-80", 400],
    ["NVIDIA A100-SXM4-80GB", "A100-80", 400],
    ["V100", "V100-32", 300],
    ["V100-SXM2-16GB", "V100-16", 300],
    ["B200", "B200", 1000],
    ["B200 SXM", "B200", 1000],
    ["GB200 NVL72", "GB200", 1200],
    ["MI300X", "MI300X", 750],
    ["AMD Instinct MI355X", "MI355X", 1400],
    ["H100-96-500W", "H100-96", 500],
    ["H100_500W", "H100", 500],
    ["H100 HBM2e 96GB 500 watts", "H100-96", 500],
    ["H100 SXM5 96GB, 500W", "H100-96", 500],
    ["NVIDIA H100 (500 W, 96 GB)", "H100-96", 500],
    ["A100-SXM-80GB", "A100-80", 400],
    ["A100-80G", "A100-80", 400],
    ["A100-40GB", "A100-40", 400],
    ["a100_80gb", "A100-80", 400],
    ["H800 SXM", "H800", 700],
    ["H200 141GB", "H200", 700],
    ["RTX 4090", "RTX-4090", 450],
  ])("understands %s", (spelling, name, watts) => {
    const gpu = findGpu(spelling);
    expect([gpu.name, gpu.powerWatts]).toEqual([name, watts]);
  });

  it("refuses what it does not know, with the names", () => {
    expect(() => findGpu("Abacus")).toThrow(/found "Abacus", need one of V100-16/);
    expect(() => findGpu("MI300Y")).toThrow(
      expect.objectContaining({ hint: 'Did you mean "MI300X"?' }),
    );
  });
});

describe("datasets and clusters", () => {
  it("has at least 31 real datasets with sizes", () => {
    const real = DATASETS.filter((dataset) => !dataset.isFunny);
    expect(real.length).toBeGreaterThanOrEqual(31);
    expect(new Set(DATASETS.map((dataset) => dataset.name)).size).toBe(DATASETS.length);
    for (const dataset of DATASETS) expect(dataset.tokens, dataset.name).toBeGreaterThan(1e7);
  });

  // As PyTorch's packages of those releases pin them; CUDA 13 has no Volta, ROCm its own library.
  const pinned: readonly (readonly [torch: string, platform: string, library: string])[] = [
    ["2.12.1", "13.0", "2.29.7"],
    ["2.12.1", "12.6", "2.29.3"],
    ["2.12.1", "7.2", "2.27.7"],
  ];

  it.each(GPUS.map((gpu) => [gpu.name, gpu] as const))(
    "runs software on %s that was released together",
    (_, gpu) => {
      const { torch, cuda, nccl, rocm, rccl } = softwareFor(gpu);
      expect(pinned).toContainEqual([torch, cuda ?? rocm, nccl ?? rccl]);
      expect(cuda === undefined).toBe(gpu.generation.startsWith("cdna"));
      if (gpu.generation === "volta") expect(cuda).toBe("12.6");
    },
  );

  it("names only clusters of known accelerators", () => {
    for (const cluster of CLUSTERS) {
      expect(cluster.gpuCount % Math.min(cluster.gpuCount, findGpu(cluster.gpu).gpusPerNode)).toBe(
        0,
      );
    }
  });
});
