/**
 * Step times that people measured and published, as requests with the answer.
 *
 * A part that a source does not state is left open here as well.
 */

import type { Architecture } from "../../catalog/architecture.ts";
import { findGpu } from "../../catalog/gpus.ts";
import { flopsPerToken } from "../flops.ts";
import type { PlanRequest } from "../request.ts";

export interface PublishedRun {
  readonly name: string;
  readonly group: "calibration" | "dense" | "fp8" | "experts";
  readonly request: PlanRequest;
  /** Measured. */
  readonly stepSeconds: number;
}

type Parts = Omit<PlanRequest, "shape" | "gpu" | "gpuCount">;

/** What a source gives: seconds per step, tokens per second and GPU, or (causal) teraflop/s per GPU. */
type Measured =
  | { readonly seconds: number }
  | { readonly tokensPerSecond: number }
  | { readonly tflops: number };

export interface Row {
  readonly name: string;
  readonly shape: Architecture;
  readonly gpus: readonly [gpu: string, count: number];
  /** Where the source tells of another network than the usual one. */
  readonly nicGbPerSecond?: number;
  readonly parts: Parts & { readonly sequence: number; readonly globalBatchSequences: number };
  readonly measured: Measured;
}

export function published(group: PublishedRun["group"], row: Row): PublishedRun {
  const [gpu, gpuCount] = row.gpus;
  const chip = findGpu(gpu);
  const { nicGbPerSecond = chip.nicGbPerSecond } = row;
  const request = { ...row.parts, shape: row.shape, gpu: { ...chip, nicGbPerSecond }, gpuCount };
  const tokens = row.parts.sequence * row.parts.globalBatchSequences;
  return { name: row.name, group, request, stepSeconds: secondsOf(row, tokens / gpuCount) };
}

function secondsOf({ shape, parts, measured }: Row, tokensPerGpu: number): number {
  if ("seconds" in measured) return measured.seconds;
  if ("tokensPerSecond" in measured) return tokensPerGpu / measured.tokensPerSecond;
  return (tokensPerGpu * flopsPerToken(shape, parts.sequence)) / (measured.tflops * 1e12);
}

/** GPT-2 style: plain blocks of four times the width, learned positions, layer norms. */
export function gpt(layers: number, hidden: number, heads: number): Architecture {
  return {
    layers,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: 4 * hidden,
    vocab: 51200,
    tiedEmbeddings: true,
    gatedMlp: false,
    attentionBias: "all",
    mlpBias: true,
    norm: "layer",
    positions: 2048,
  };
}

/** Jean Zay: four Omni-Path links of 12.5 GB/s for the eight GPUs of a node. */
export const OMNI_PATH_NIC = 6.25;

/** Llama style: gated blocks, grouped queries, heads of 128. */
export function llama(
  size: readonly [number, number, number],
  ffn: number,
  vocab: number,
): Architecture {
  const [layers, hidden, kvHeads] = size;
  const heads = hidden / 128;
  return {
    layers,
    hidden,
    heads,
    kvHeads: kvHeads || heads,
    headDim: 128,
    ffn,
    vocab,
    tiedEmbeddings: false,
    gatedMlp: true,
  };
}

export const LLAMA_8B: Architecture = llama([32, 4096, 8], 14336, 128256);
export const LLAMA_70B: Architecture = llama([80, 8192, 8], 28672, 128256);
export const LLAMA_405B: Architecture = llama([126, 16384, 8], 53248, 128256);
export const GPT3_175B: Architecture = gpt(96, 12288, 96);

/** Nemotron 3 and 4: plain blocks, 256,000 tokens, no biases and no position table. */
export function nemotron(layers: number, hidden: number, heads: number): Architecture {
  return { ...gpt(layers, hidden, heads), vocab: 256000, tiedEmbeddings: false, positions: 0 };
}

export const NEMOTRON_340B: Architecture = { ...nemotron(96, 18432, 96), kvHeads: 8 };

/** MPT: no biases, tied embeddings. Fully sharded, eager, fused attention (llm-foundry). */
export function mpt(layers: number, hidden: number, heads: number): Architecture {
  return { ...gpt(layers, hidden, heads), vocab: 50368, attentionBias: "none", mlpBias: false };
}

export const DEEPSEEK_V3: Architecture = {
  layers: 61,
  hidden: 7168,
  heads: 128,
  kvHeads: 128,
  headDim: 192,
  ffn: 2048,
  vocab: 129280,
  tiedEmbeddings: false,
  gatedMlp: true,
  experts: 256,
  expertsPerToken: 8,
  sharedFfn: 2048,
  denseLayers: 3,
  denseFfn: 18432,
  latentAttention: { queryRank: 1536, kvRank: 512, nopeDim: 128, ropeDim: 64, valueDim: 128 },
};

export const QWEN3_30B: Architecture = {
  ...llama([48, 2048, 4], 768, 151936),
  heads: 32,
  experts: 128,
  expertsPerToken: 8,
};

/** Split as tensor/pipeline/interleave, micro-batch, sequences per step. */
export function split(
  grid: readonly [tensor: number, pipeline: number, interleave: number],
  batch: readonly [microBatch: number, globalBatch: number, sequence: number],
): Row["parts"] {
  return {
    tensorParallel: grid[0],
    pipelineParallel: grid[1],
    interleave: grid[2],
    microBatch: batch[0],
    globalBatchSequences: batch[1],
    sequence: batch[2],
  };
}
