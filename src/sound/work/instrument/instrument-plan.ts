/** Which samples an instrument has, and which keys and velocities each is for. */

import type { SampleEncoding } from "../../audio/codecs/pcm-write.ts";
import { keyName } from "../../audio/instrument/sample-map.ts";
import { fileSafe } from "../file-safe.ts";
import type { SoundRequest } from "../sound-request.ts";

export interface InstrumentOptions {
  readonly name: string;
  /** The place in the model: seed, controls, evolution, quality, rate. Length and mode are chosen. */
  readonly request: SoundRequest;
  /** MIDI notes, 0 to 127. */
  readonly lowKey: number;
  readonly highKey: number;
  /** Keys from one sample to the next, from 1. */
  readonly step: number;
  /** Layers from soft to loud, 1 to 8. */
  readonly velocities: number;
  /** Takes of each that are played in turn, 1 to 16. */
  readonly roundRobins: number;
  /** Sustains for as long as a key is held. */
  readonly loops: boolean;
  /** No sample is longer. */
  readonly secondsMax: number;
}

export type InstrumentFormat = "sfz" | "dspreset" | "multisample" | "sf2";

export interface WriteInstrumentOptions extends InstrumentOptions {
  /** Where it goes; made if it is not there. Samples that are there already are used again. */
  readonly folder: string;
  readonly formats: readonly InstrumentFormat[];
  readonly encoding: SampleEncoding;
}

export interface WrittenInstrument {
  readonly folder: string;
  readonly samples: number;
  /** Of them, those that were there already. */
  readonly kept: number;
  /** Paths of the files for samplers. */
  readonly files: readonly string[];
}

export interface PlannedSample {
  /** Of its WAV file, without its folder. */
  readonly file: string;
  readonly rootKey: number;
  readonly lowKey: number;
  readonly highKey: number;
  /** From 0, the softest. */
  readonly layer: number;
  readonly lowVelocity: number;
  readonly highVelocity: number;
  /** From 1. */
  readonly roundRobin: number;
}

/**
 * All samples: take by take, key by key, layer by layer. The first sample's key is the lowest; each
 * plays the keys nearest to its own.
 */
export function planInstrument(options: InstrumentOptions): PlannedSample[] {
  const { name, lowKey, highKey, step, velocities, roundRobins } = options;
  const roots: number[] = [];
  for (let key = lowKey; key <= highKey; key += step) roots.push(key);
  const below = Math.floor((step - 1) / 2);
  const plan: PlannedSample[] = [];
  for (let roundRobin = 1; roundRobin <= roundRobins; roundRobin += 1) {
    for (const [i, rootKey] of roots.entries()) {
      const next = roots[i + 1];
      for (let layer = 0; layer < velocities; layer += 1) {
        const turn = roundRobins > 1 ? `-take${roundRobin}` : "";
        const soft = velocities > 1 ? `-v${layer + 1}` : "";
        const number = String(rootKey).padStart(3, "0");
        const key = keyName(rootKey).replace("#", "s");
        plan.push({
          file: `${fileSafe(name)}-${number}-${key}${soft}${turn}.wav`,
          rootKey,
          lowKey: Math.max(lowKey, rootKey - below),
          highKey: next === undefined ? highKey : next - below - 1,
          layer,
          lowVelocity: 1 + Math.floor((127 * layer) / velocities),
          highVelocity: Math.floor((127 * (layer + 1)) / velocities),
          roundRobin,
        });
      }
    }
  }
  return plan;
}
