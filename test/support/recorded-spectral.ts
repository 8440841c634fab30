/** Ten steps of a small `spectral` model as PyTorch made them: test/fixtures/make_spectral_fixture.py. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BIN_COUNT } from "../../src/sound/model/bands.ts";
import { CONDITION_COUNT, type Examples, unpitched } from "../../src/sound/model/conditions.ts";
import type { SpectralFoundation } from "../../src/sound/model/foundation.ts";
import type { SpectralShape } from "../../src/sound/model/spectral-shape.ts";

/** Little-endian float32 in base64. */
interface Packed {
  readonly shape: readonly number[];
  readonly float32: string;
}

interface Recorded {
  readonly config: SpectralShape & {
    readonly detailCount: number;
    readonly batch: number;
    readonly learningRate: number;
    readonly weightDecay: number;
    readonly clipNorm: number;
    readonly freeBits: number;
    readonly klWeight: number;
    readonly dropout: number;
  };
  /** Pitch and voicing of each frame; absent for the model without. */
  readonly conditions?: Packed;
  /** One byte a level, base64, shape [batch, exampleFrames, BIN_COUNT]. */
  readonly halfDecibelsBelow0: string;
  readonly foundation: { readonly [P in keyof SpectralFoundation]: Packed };
  readonly weightsBefore: { readonly [name: string]: Packed };
  readonly gradientsStep1Clipped: { readonly [name: string]: Packed };
  readonly weightsAfter: { readonly [name: string]: Packed };
  readonly steps: readonly {
    readonly total: number;
    readonly reconstruction: number;
    readonly kl: number;
    readonly gradientNorm: number;
    readonly noise: Packed;
    /** "1" for each unit that stays, shape [batch, blocks, width]. */
    readonly kept: string;
  }[];
  /** Of the average weights after the last step, without noise and dropout. */
  readonly average: {
    readonly reconstruction: number;
    readonly kl: number;
    readonly klPerDimension: readonly number[];
    /** Shapes [batch, groups, latentSize]. */
    readonly means: Packed;
    readonly logVariances: Packed;
    /** What the first two means decode to, shape [1, 2 * groupFrames, BIN_COUNT]. */
    readonly decoded: Packed;
  };
}

export interface RecordedRun {
  readonly recorded: Recorded;
  /** Of all examples together. */
  readonly inputs: Examples;
  /** The same, one batch for each example. */
  readonly examples: readonly Examples[];
  readonly foundation: SpectralFoundation;
}

/** @param pitch Whether the model takes pitch and has a comb. */
export function recordedRun(pitch: boolean): RecordedRun {
  const name = pitch ? "pitched-pytorch.json" : "spectral-pytorch.json";
  const path = join(import.meta.dirname, "../fixtures", name);
  const recorded = JSON.parse(readFileSync(path, "utf8")) as Recorded;
  const frames = Float32Array.from(
    Buffer.from(recorded.halfDecibelsBelow0, "base64"),
    (halves) => -halves / 2,
  );
  const conditions =
    recorded.conditions === undefined
      ? unpitched(frames.length / BIN_COUNT)
      : unpacked(recorded.conditions);
  const { batch, exampleFrames } = recorded.config;
  const partOf = (values: Float32Array, size: number, i: number): Float32Array =>
    values.subarray(i * exampleFrames * size, (i + 1) * exampleFrames * size);
  return {
    recorded,
    inputs: { frames, conditions },
    examples: Array.from({ length: batch }, (_, i) => ({
      frames: partOf(frames, BIN_COUNT, i),
      conditions: partOf(conditions, CONDITION_COUNT, i),
    })),
    foundation: Object.fromEntries(
      Object.entries(recorded.foundation).map(([part, values]) => [
        part,
        { shape: values.shape, values: unpacked(values) },
      ]),
    ) as unknown as SpectralFoundation,
  };
}

export function unpacked(packed: Packed | undefined): Float32Array<ArrayBuffer> {
  const bytes = Uint8Array.from(Buffer.from(packed?.float32 ?? "", "base64"));
  return new Float32Array(bytes.buffer);
}
