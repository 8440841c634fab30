/** Analyses a model: what its controls do, beside the names that people gave. */

import { UserError } from "../../errors.ts";
import { openCodec } from "../latent/codec.ts";
import { type AnalyzeOptions, type AnalyzeTools, analyzeControls } from "../latent/controls/analyze.ts";
import type { ModelAnalysis } from "../model/analysis.ts";
import type { Model } from "../model/model-file.ts";
import type { Runtime } from "../tensor/runtime.ts";
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
export function withLabels(
  analysis: ModelAnalysis,
  labels: ModelAnalysis["labels"],
): ModelAnalysis {
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

/** @throws UserError "controls-unmeasured" or "control-unknown" (both exit code 2). */
export function requireControls(
  analysis: ModelAnalysis | undefined,
  names: readonly string[],
): ModelAnalysis {
  if (analysis === undefined) {
    throw new UserError({
      code: "controls-unmeasured",
      message: "Cannot move controls: nobody has measured yet what they do with this model",
      hint: "Measure them with `etude analyze MODEL`: it takes seconds.",
      exitCode: 2,
    });
  }
  const offered = [...analysis.controls, ...analysis.characters];
  const unknown = names.find((name) => !offered.some((one) => one.name === name));
  if (unknown === undefined) return analysis;
  const declined = analysis.declined.find(({ name }) => name === unknown);
  const found = declined === undefined ? "it has no such control" : `it ${declined.reason}`;
  throw new UserError({
    code: "control-unknown",
    message: `Cannot move "${unknown}" with this model: ${found}`,
    hint: `It offers ${offered.map(({ name }) => name).join(", ")}.`,
    exitCode: 2,
  });
}

/** The name of a control that is called so or labelled so. */
export function controlNamed(analysis: ModelAnalysis | undefined, text: string): string {
  const offered = [...(analysis?.controls ?? []), ...(analysis?.characters ?? [])];
  const wanted = text.toLowerCase();
  const one =
    offered.find(({ name }) => name === wanted) ??
    offered.find(({ label }) => label.toLowerCase() === wanted);
  return one?.name ?? text;
}
