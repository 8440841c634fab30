/** Analyses a model: measures its controls, and keeps the names that people gave them. */

import { openCodec } from "../latent/codec.ts";
import {
  type AnalyzeOptions,
  type AnalyzeTools,
  analyzeControls,
} from "../latent/controls/analyze.ts";
import type { ModelAnalysis } from "../model/analysis.ts";
import type { Model } from "../model/model-file.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { requireControls } from "./controls.ts";
import { requireLatents } from "./make-sound.ts";

/**
 * Measures the controls of a model; names that people gave stay.
 *
 * @throws UserError "model-unfinished" (exit code 2); the signal's reason when it aborts.
 */
export async function analyzeModel(
  model: Model,
  options: AnalyzeOptions,
  { runtime, ...tools }: AnalyzeTools & { readonly runtime: Runtime },
): Promise<ModelAnalysis> {
  requireLatents(model);
  const codec = await openCodec(runtime, model.recipe, model.layout);
  try {
    const analysis = await analyzeControls(codec, model, { ...options, ...tools });
    return withLabels(analysis, model.analysis?.labels ?? {});
  } finally {
    await codec.release();
  }
}

/** The same with the names that people gave to controls and characters. */
function withLabels(analysis: ModelAnalysis, labels: ModelAnalysis["labels"]): ModelAnalysis {
  const named = <T extends { readonly name: string; readonly label: string }>(one: T): T => ({
    ...one,
    label: labels[one.name] ?? one.label,
  });
  return {
    ...analysis,
    controls: analysis.controls.map(named),
    characters: analysis.characters.map(named),
    labels,
  };
}

/**
 * Gives a control or a character another label.
 *
 * @throws UserError "control-unknown" (exit code 2).
 */
export function renamed(
  analysis: ModelAnalysis,
  { name, label }: { readonly name: string; readonly label: string },
): ModelAnalysis {
  requireControls(analysis, [name]);
  return withLabels(analysis, { ...analysis.labels, [name]: label });
}
