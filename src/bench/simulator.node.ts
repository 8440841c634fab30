/** What a simulated run costs to compute, and how that grows with its GPUs and its days. */

import { nodeClock } from "../host.node.ts";
import { findGpu } from "../rehearsal/catalog/gpus.ts";
import { findModel } from "../rehearsal/catalog/models.ts";
import { llmPretraining } from "../rehearsal/scenes/llm-pretraining.ts";
import type { Bench } from "./bench.ts";

const DAY_MS = 86_400_000;
const GPU_COUNTS = [1024, 4096, 16_384];
const DAY_COUNTS = [13.5, 27, 54];

export const simulator: Bench = async (say) => {
  for (const gpuCount of GPU_COUNTS) say(costOf(gpuCount, 13.5));
  for (const days of DAY_COUNTS) say(costOf(16_384, days));
  const { maxRSS } = process.resourceUsage();
  say(`memory at most: ${(maxRSS / 1e3).toFixed(0)} MB (asked: under 300)`);
};

/** Llama-3.1-405B on so many GPUs for so many days, every event made and written as JSON. */
function costOf(gpuCount: number, days: number): string {
  const model = findModel("Llama-3.1-405B");
  const wanted = {
    modelName: model.name,
    shape: model.shape,
    gpu: findGpu("H100"),
    gpuCount,
    tokens: 100e12,
  };
  const options = {
    seed: 1,
    program: "bench",
    wanted,
    funny: false,
    incidents: [],
    byChance: true,
  };
  const startedMs = nodeClock.nowMs();
  let events = 0;
  let bytes = 0;
  for (const item of llmPretraining.start(options).items) {
    if (item.atMs > days * DAY_MS) break;
    if ("news" in item) bytes += JSON.stringify(item.news).length;
    events += 1;
  }
  const seconds = (nodeClock.nowMs() - startedMs) / 1000;
  return `${gpuCount} GPUs, ${days} days: ${seconds.toFixed(1)} s, ${events} events, ${(bytes / 1e6).toFixed(0)} MB of JSON (asked at 16384 and 54: under 20)`;
}
