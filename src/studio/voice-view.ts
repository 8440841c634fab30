/** A model as a page shows it: what can be turned on it, in words. */

import type { CharacterFacts, ControlFacts, ModelAnalysis } from "../sound/model/analysis.ts";
import type { VoiceFacts } from "../sound/work/maker-jobs.ts";
import type { DialView, VoiceView } from "./contract.ts";

export function voiceView(
  voice: string,
  { description, analysis, hasPitch, usualMode }: Omit<VoiceFacts, "sha256">,
  name: string = description.name,
): VoiceView {
  const { step, epoch, corpus } = description;
  return {
    voice,
    name,
    step,
    epoch,
    corpusSeconds: corpus.totalSeconds,
    hasPitch,
    usualMode,
    dials: analysis === undefined ? [] : dialsOf(analysis),
  };
}

/** What a sound becomes at either end of a control; others are named by less and more. */
const ENDS: Readonly<Record<string, readonly [low: string, high: string]>> = {
  pitch: ["lower", "higher"],
  vibrato: ["straighter", "more vibrato"],
  hollow: ["fuller", "hollower"],
  brightness: ["darker", "brighter"],
  width: ["narrower", "wider"],
  body: ["thinner", "fuller"],
  noisiness: ["purer", "noisier"],
  loudness: ["quieter", "louder"],
  attack: ["sudden", "swelling"],
  decay: ["dies at once", "rings on"],
  length: ["shorter", "longer"],
  modulation: ["steadier", "wavering"],
  roughness: ["smoother", "rougher"],
};

function dialsOf({ controls, characters, labels }: ModelAnalysis): DialView[] {
  return [...controls, ...characters].map((control) => ({
    name: control.name,
    label: labels[control.name] ?? control.label,
    low: ENDS[control.name]?.[0] ?? "less",
    high: ENDS[control.name]?.[1] ?? "more",
    safe: control.safe,
    step: control.step,
    evidence: evidenceOf(control),
  }));
}

function evidenceOf({ evidence, unit }: ControlFacts | CharacterFacts): string {
  const { effect, spearman, leakage, leaksInto } = evidence;
  const beside = leaksInto === null ? "" : `; moves ${leaksInto} by ${leakage.toFixed(2)} with it`;
  return `${effect.toFixed(1)} ${unit} over its way, as measured (order kept: ${spearman.toFixed(2)})${beside}`;
}
