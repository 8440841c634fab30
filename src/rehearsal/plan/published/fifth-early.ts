/**
 * Dense runs in fp16 and bf16 of a fifth set, on stacks without fused attention. `fifth-runs.ts`
 * says what was collected and how.
 *
 * - Oneflow-Inc/libai docs/source/tutorials/get_started/Benchmark.md (v0.2.0, July 2022): samples/s
 *   of LiBai and of Megatron-LM (commit e156d2f) in the same settings, GPT-2 of 1,024 tokens in
 *   fp16; "ac" is full recomputation. "V100" without a memory or a network.
 * - Oneflow-Inc/DLPerf OneFlow/LanguageModeling/GPT/README.md (2021): latencies in ms, fp16, 2,048
 *   tokens, everything recomputed (its teraflop/s count it), vocabulary padded to 50,688. V100 of
 *   16 GB that are linked as a cube; one card of 100 Gb/s for the eight of a machine.
 * - spyysalo/lumi-llm-scaling (June 2023), Megatron-DeepSpeed on LUMI, where each half of an MI250X
 *   is a device: TP8 over halves is TP4 over cards, TP2 is TP1. Four links of 200 Gb/s for four
 *   cards, which is ours. 175B: scripts and logs in meg-ds; 54.92 and 54.90 s in steps 27 and 28,
 *   36.26 s in 13 and 14, with messages logged; 16 machines by meg-ds/README.md, without that: a
 *   median of 67.4 teraflop/s, of which one sample per second and device is 2,904.6 in the logs
 *   (its 3.0 samples/s are rounded). 33B: 8.4 samples/s by the same page on 8 machines, 22.7 by the
 *   front page on 32, with two workers that load data. bf16 without ZeRO is DeepSpeed's own
 *   optimiser, which splits its states (the logs gather them).
 */

import type { Architecture } from "../../catalog/architecture.ts";
import { gpt, type Row, split } from "./published-run.ts";

const CLASSIC = { precision: "fp16", attention: "unfused" } as const;

const GPT2_350M: Architecture = { ...gpt(24, 1024, 16), vocab: 50304, positions: 1024 };

/** GPUs, tensor, pipeline; micro-batch, sequences; recomputation; samples/s of all. */
type Parallel = readonly [
  gpus: number,
  grid: readonly [tensor: number, pipeline: number],
  batch: readonly [microBatch: number, globalBatch: number],
  recompute: "none" | "full",
  samplesPerSecond: number,
];

function libai(stack: string, table: readonly Parallel[]): Row[] {
  return table.map(([gpus, [tensor, pipeline], [micro, batch], recompute, rate]) => ({
    name: `${stack} GPT-2 350M V100 | ${gpus} GPUs, TP${tensor} PP${pipeline}, batch ${batch}, ${recompute}`,
    shape: GPT2_350M,
    gpus: ["V100-32", gpus],
    parts: {
      tensorParallel: tensor,
      pipelineParallel: pipeline,
      microBatch: micro,
      globalBatchSequences: batch,
      sequence: 1024,
      recompute,
      ...CLASSIC,
    },
    measured: { seconds: batch / rate },
  }));
}

const LIBAI: readonly Row[] = libai("LiBai", [
  [1, [1, 1], [6, 6], "none", 17.52],
  [8, [1, 1], [4, 32], "none", 125.64],
  [32, [1, 1], [4, 128], "none", 329.58],
  [8, [8, 1], [8, 8], "none", 60.53],
  [4, [1, 4], [32, 256], "full", 41.9],
  [8, [2, 1], [32, 1024], "full", 74.35],
  [16, [8, 1], [32, 512], "full", 116.04],
  [8, [1, 4], [32, 512], "full", 83.12],
  [32, [1, 4], [32, 2048], "full", 322.42],
  [32, [2, 4], [48, 1536], "full", 209.32],
]);

const MEGATRON_BY_LIBAI: readonly Row[] = libai("Megatron-LM by LiBai", [
  [4, [1, 1], [4, 16], "none", 53.3],
  [16, [1, 1], [4, 64], "none", 176.0],
  [4, [4, 1], [6, 6], "none", 38.0],
  [1, [1, 1], [32, 256], "full", 13.3],
  [4, [2, 1], [32, 512], "full", 36.9],
  [16, [2, 1], [32, 2048], "full", 146.5],
  [16, [4, 1], [32, 512], "full", 138.1],
  [16, [1, 4], [32, 1024], "full", 128.4],
  [16, [2, 4], [32, 1024], "full", 106.3],
  [32, [4, 4], [64, 1024], "full", 178.2],
]);

/** Layers, hidden, heads; GPUs, tensor, pipeline; micro-batch, sequences; milliseconds. */
const ONEFLOW: readonly Row[] = (
  [
    [[16, 1536, 16], [1, 1, 1], [2, 2], 406.16],
    [[16, 1536, 16], [8, 1, 1], [2, 16], 417.95],
    [[16, 1536, 16], [16, 1, 1], [2, 32], 489.67],
    [[16, 1536, 16], [32, 1, 1], [2, 64], 518.64],
    [[16, 1536, 16], [8, 8, 1], [16, 16], 642.13],
    [[16, 1536, 16], [8, 4, 1], [8, 16], 539.69],
    [[16, 1536, 16], [8, 2, 1], [4, 16], 543.88],
    [[16, 1536, 16], [32, 1, 4], [2, 512], 4006.31],
    [[24, 2304, 24], [16, 8, 1], [8, 16], 1268.53],
    [[24, 2304, 24], [32, 8, 1], [8, 32], 1480.34],
    [[24, 2304, 24], [32, 8, 4], [16, 512], 19196.65],
    [[24, 2304, 24], [32, 4, 4], [8, 512], 13117.18],
    [[24, 2304, 24], [32, 8, 2], [8, 512], 14375.35],
  ] as const
).map(([[layers, hidden, heads], [gpus, tensor, pipeline], [micro, batch], milliseconds]) => ({
  name: `OneFlow GPT ${layers} x ${hidden} V100-16 | ${gpus} GPUs, TP${tensor} PP${pipeline}, batch ${batch}`,
  shape: { ...gpt(layers, hidden, heads), vocab: 50688 },
  gpus: ["V100-16", gpus],
  nicGbPerSecond: 12.5 / 8,
  parts: {
    tensorParallel: tensor,
    pipelineParallel: pipeline,
    microBatch: micro,
    globalBatchSequences: batch,
    sequence: 2048,
    recompute: "full",
    ...CLASSIC,
  },
  measured: { seconds: milliseconds / 1000 },
}));

/** Attention by distance, a norm behind the embedding. */
function lumi(size: readonly [number, number, number], vocab: number): Architecture {
  return { ...gpt(...size), vocab, positions: 0, embeddingNorm: true };
}

const LUMI_175B = lumi([70, 14336, 112], 51200);
const LUMI_33B = lumi([60, 6656, 52], 50432);

/** Cards; tensor over cards, pipeline; sequences; seconds. */
const LUMI: readonly Row[] = (
  [
    ["175B", LUMI_175B, 64, [4, 8], 1024, (1024 * 2904.6) / (67.4 * 128)],
    ["175B", LUMI_175B, 512, [4, 8], 1024, 54.91],
    ["175B", LUMI_175B, 1024, [4, 8], 1024, 36.26],
    ["33B", LUMI_33B, 32, [1, 4], 512, 512 / 8.4],
    ["33B", LUMI_33B, 128, [1, 4], 512, 512 / 22.7],
  ] as const
).map(([size, shape, cards, [tensor, pipeline], batch, seconds]) => ({
  name: `Megatron-DeepSpeed LUMI ${size} MI250X | ${cards} cards`,
  shape,
  gpus: ["MI250X", cards],
  parts: {
    // Two sequences for a group of devices: a card of TP1 is such a group.
    ...split([tensor, pipeline, 1], [2, batch, 2048]),
    precision: "bf16",
    attention: "unfused",
    recompute: "full",
    sharding: "optimizer",
  },
  measured: { seconds },
}));

export const FIFTH_EARLY: readonly Row[] = [...LIBAI, ...MEGATRON_BY_LIBAI, ...ONEFLOW, ...LUMI];
