/** Small simulated runs for tests. */

import type { News, StepDone } from "../../src/events/events.ts";
import { findGpu } from "../../src/rehearsal/catalog/gpus.ts";
import { findModel } from "../../src/rehearsal/catalog/models.ts";
import type { SceneItem, SceneOptions } from "../../src/rehearsal/engine/scene.ts";
import type { Truth } from "../../src/rehearsal/incidents/truth.ts";
import type { PlanRequest } from "../../src/rehearsal/plan/request.ts";
import { llmFinetuning } from "../../src/rehearsal/scenes/llm-finetuning.ts";
import { llmPretraining } from "../../src/rehearsal/scenes/llm-pretraining.ts";
import { llmTraining } from "../../src/rehearsal/scenes/llm-training.ts";

/** A run of the planner's catalogue on H100, with what else is said of it. */
export function planRequest(
  model: string,
  gpuCount: number,
  parts: Partial<PlanRequest> = {},
): PlanRequest {
  const { shape } = findModel(model);
  return { modelName: model, shape, gpu: findGpu("H100"), gpuCount, ...parts };
}

export type Timed<T> = T & { readonly atMs: number };

export interface RunRecording {
  readonly items: readonly SceneItem[];
  readonly news: readonly Timed<News>[];
  readonly truths: readonly Truth[];
  readonly steps: readonly Timed<StepDone>[];
}

/** Four nodes of eight, some thousand steps of about a second. */
export const smallRun: SceneOptions = {
  seed: 1,
  program: "etude 0.0.0",
  // Failures that are expected, and then do not come: checkpoints are taken every five minutes.
  wanted: { ...wantedRun("TinyLlama-1.1B", "H100:32", 9e9), failuresPerNodeDay: 0.5 },
  funny: false,
  incidents: [],
  byChance: false,
};

export function wantedRun(model: string, gpus: string, tokens: number): SceneOptions["wanted"] {
  const { name, shape } = findModel(model);
  const [gpu = "", count = "1"] = gpus.split(":");
  return { modelName: name, shape, gpu: findGpu(gpu), gpuCount: Number(count), tokens };
}

export function pretraining(options: Partial<SceneOptions> = {}, stepsMax?: number): RunRecording {
  return recordingOf(llmPretraining.start({ ...smallRun, ...options }).items, stepsMax);
}

/** The short story of three epochs. */
export function training(options: Partial<SceneOptions> = {}): RunRecording {
  return recordingOf(llmTraining.start({ ...smallRun, ...options }).items);
}

/** A supervised fine-tuning with adapters, all of it drawn. */
export function finetuning(seed: number): RunRecording {
  return recordingOf(llmFinetuning.start({ ...smallRun, wanted: {}, seed }).items);
}

/** All of a run, or until so many steps were told. */
export function recordingOf(
  items: Iterable<SceneItem>,
  stepsMax: number = Number.POSITIVE_INFINITY,
): RunRecording {
  const kept: SceneItem[] = [];
  let steps = 0;
  for (const item of items) {
    kept.push(item);
    if ("news" in item && item.news.type === "step-done") steps += 1;
    if (steps >= stepsMax) break;
  }
  const news = kept.flatMap((item) => ("news" in item ? [{ ...item.news, atMs: item.atMs }] : []));
  return {
    items: kept,
    news,
    truths: kept.flatMap((item) => ("truth" in item ? [item.truth] : [])),
    steps: news.filter((one) => one.type === "step-done"),
  };
}

export function ofType<T extends News["type"]>(
  { news }: RunRecording,
  type: T,
): Timed<Extract<News, { type: T }>>[] {
  return news.filter((one): one is Timed<Extract<News, { type: T }>> => one.type === type);
}
