/**
 * Runs in 8 bits of a fourth set; `fourth-runs.ts` says what was collected and how.
 *
 * MLPerf Training, what the makers of the stack themselves handed in: the step times in the log of
 * the first run, the median of those just before its end (they hardly differ, but for a step of
 * twice the time now and then on 2,432 and 2,560 GPUs), and the split of the configuration beside
 * it. Batches are the tokens between two steps; all agree with the configuration. How much is
 * recomputed is not in the files that were found.
 *
 * - GPT-3 175B by NVIDIA: rounds 3.0 (768 GPUs), 3.1 (4,096 to 10,752), 4.0 (11,616, which logs
 *   blocks of nine steps) and, in a copy of the results, 4.1 (256 H100, 64 B200). 512 GPUs are left
 *   out: `fresh-megatron.ts` has nearly that run. How 3.0 interleaves is not found.
 * - Llama 3.1 405B by NVIDIA, round 5.0, in a copy of the results. 2,048 GPUs are left out for the
 *   same reason, and 512 as well.
 * - Llama 3.1 8B by AMD, round 5.1: 384 steps between two evaluations in 401.3 s.
 */

import { GPT3_175B, LLAMA_8B, LLAMA_405B, type Row, split } from "./published-run.ts";

/** Pipeline, interleave (0 where open); micro-batch, sequences. */
const GPT3_MLPERF: readonly Row[] = (
  [
    ["B200", 64, [8, 6], [2, 2048], 36.04],
    ["H100", 256, [8, 6], [2, 2048], 18.368],
    ["H100", 768, [8, 0], [1, 3072], 12.126],
    ["H100", 4096, [8, 12], [1, 2048], 1.608],
    ["H100", 6144, [8, 12], [1, 3072], 1.619],
    ["H100", 8192, [8, 12], [1, 4096], 1.623],
    ["H100", 10240, [8, 12], [1, 2560], 0.9253],
    ["H100", 10752, [8, 12], [1, 2688], 0.9296],
    ["H100", 11616, [6, 8], [1, 2904], 0.9225],
  ] as const
).map(([gpu, count, [pipelineParallel, interleave], [micro, batch], seconds]) => ({
  name: `MLPerf GPT-3 175B fp8 | ${count} ${gpu}`,
  shape: GPT3_175B,
  gpus: [gpu, count],
  parts: {
    tensorParallel: 4,
    pipelineParallel,
    ...(interleave ? { interleave } : {}),
    microBatch: micro,
    globalBatchSequences: batch,
    sequence: 2048,
    precision: "fp8",
    sharding: "optimizer",
  },
  measured: { seconds },
}));

const LLAMA_405B_MLPERF: readonly Row[] = (
  [
    ["H100", 2432, 8, 1216, 12.722],
    ["H100", 2560, 8, 1120, 11.2],
    ["H100", 8192, 8, 1536, 5.205],
    ["GB200", 256, 4, 448, 19.2],
    ["GB200", 512, 4, 896, 19.75],
  ] as const
).map(([gpu, count, tensor, batch, seconds]) => ({
  name: `MLPerf Llama 405B fp8 | ${count} ${gpu}`,
  shape: LLAMA_405B,
  gpus: [gpu, count],
  parts: {
    ...split([tensor, 8, 8], [1, batch, 8192]),
    contextParallel: 2,
    precision: "fp8",
    sharding: "optimizer",
  },
  measured: { seconds },
}));

const LLAMA_8B_MLPERF: Row = {
  name: "MLPerf Llama 8B fp8 | 8 MI355X",
  shape: LLAMA_8B,
  gpus: ["MI355X", 8],
  parts: { ...split([1, 1, 1], [2, 32, 8192]), precision: "fp8" },
  measured: { seconds: 401.3 / 384 },
};

export const FOURTH_FP8: readonly Row[] = [...GPT3_MLPERF, ...LLAMA_405B_MLPERF, LLAMA_8B_MLPERF];
