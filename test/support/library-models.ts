/** Models of a library as they are listed, without their files. */

import type { ModelManifest } from "../../src/sound/library/model-manifest.ts";

/** The id is the number in hexadecimal digits. */
export function manifestOf(n: number, changes: Partial<ModelManifest> = {}): ModelManifest {
  const sha256 = n.toString(16).padStart(12, "0").padEnd(64, "0");
  return {
    format: "etude-library-model",
    version: 1,
    id: sha256.slice(0, 12),
    sha256,
    name: `model ${n}`,
    description: "",
    tags: [],
    addedWallMs: 0,
    facts: {
      bytes: 1000,
      architecture: "spectral",
      parameters: 10,
      latentSize: 4,
      program: "etude 0.0.0",
      trainedWallMs: 0,
      step: 1,
      epoch: 1,
      validationLoss: null,
      trainRecordings: 1,
      validationRecordings: 0,
      corpusSeconds: 1,
    },
    ...changes,
  };
}
