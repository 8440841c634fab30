/** Ten steps of a small `spectral` model as PyTorch made them: test/fixtures/make_spectral_fixture.py. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BIN_COUNT } from "../../src/sound/model/bands.ts";
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

const path = join(import.meta.dirname, "../fixtures/spectral-pytorch.json");

export const recorded = JSON.parse(readFileSync(path, "utf8")) as Recorded;

/** Decibels, shape [batch, exampleFrames, BIN_COUNT]. */
export const recordedFrames: Float32Array = Float32Array.from(
  Buffer.from(recorded.halfDecibelsBelow0, "base64"),
  (halves) => -halves / 2,
);

/** The same, one batch for each example. */
export const recordedExamples: readonly Float32Array[] = Array.from(
  { length: recorded.config.batch },
  (_, i) => {
    const size = recorded.config.exampleFrames * BIN_COUNT;
    return recordedFrames.subarray(i * size, (i + 1) * size);
  },
);

export const recordedFoundation = Object.fromEntries(
  Object.entries(recorded.foundation).map(([name, part]) => [
    name,
    { shape: part.shape, values: unpacked(part) },
  ]),
) as unknown as SpectralFoundation;

export function unpacked(packed: Packed | undefined): Float32Array<ArrayBuffer> {
  const bytes = Uint8Array.from(Buffer.from(packed?.float32 ?? "", "base64"));
  return new Float32Array(bytes.buffer);
}
