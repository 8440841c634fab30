/** A tiny model with pitch for whoever plays it. */

import { octavesOfNote } from "../../src/sound/latent/path-pitch.ts";
import type { ControlFacts, ModelAnalysis } from "../../src/sound/model/analysis.ts";
import { writeModel } from "../../src/sound/model/model-file.ts";
import { noteRows, pitchedModel } from "./pitched-model.ts";

const evidence = { spearman: 1, spearmanLowest: 1, effect: 1, leakage: 0, leaksInto: null };
const range = { low: -1, middle: 0, high: 1 };
const safe = { least: -8, most: 8 };

function control(name: string, label: string, unit: string): ControlFacts {
  return { name, label, unit, step: 0.1, range, safe, evidence };
}

/** A model of which everything can be turned, as if it had been measured. @param note That it learned. */
export function bells(note = 57): Promise<Uint8Array> {
  const model = pitchedModel();
  const size = 3 * 4;
  const analysis: ModelAnalysis = {
    version: 1,
    measured: { sounds: 4, positions: [-8, 0, 8], files: 4, phases: "sketch" },
    controls: [
      control("brightness", "Brightness", "octaves"),
      control("loudness", "Loudness", "dB"),
    ],
    declined: [],
    characters: [
      {
        ...control("character-a", "Character A", "deviations"),
        direction: Array.from({ length: size }, () => 0.1),
        varianceShare: 0.5,
        stability: 1,
      },
    ],
    labels: {},
  };
  const means = noteRows(octavesOfNote(note), 24);
  return writeModel({ ...model, analysis, latents: { ...model.latents, means } });
}
