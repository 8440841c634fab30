/** The sizes of a `spectral` model, and how those from a file are checked. */

import * as v from "valibot";
import { fields, type Shape, wholeNumber } from "../../checked.ts";
import { blockCount, frameCount, latentSize, layerWidth } from "./shape-limits.ts";

export interface SpectralShape {
  /** Frames that share a latent vector; 4 frames at hop 512 and 48 kHz last 43 ms. */
  readonly groupFrames: number;
  /** Frames of one training example, a multiple of `groupFrames`. */
  readonly exampleFrames: number;
  readonly latentSize: number;
  /** Width of the network, in units. */
  readonly width: number;
  readonly encoderBlocks: number;
  readonly decoderBlocks: number;
  /** Inner width of the blocks, as a multiple of `width`. */
  readonly widening: number;
  /** Whether pitch and voicing are part of the code. Absent in models of before: they are not. */
  readonly pitch?: boolean;
}

export const spectralShape: SpectralShape = {
  groupFrames: 4,
  exampleFrames: 64,
  latentSize: 32,
  width: 384,
  encoderBlocks: 2,
  decoderBlocks: 2,
  widening: 1,
};

const GROUP_MAX = 64;
const WIDENING_MAX = 16;

export const spectralShapeCheck: Shape<SpectralShape> = v.pipe(
  fields<SpectralShape>({
    groupFrames: wholeNumber(1, GROUP_MAX),
    exampleFrames: frameCount,
    latentSize,
    width: layerWidth,
    encoderBlocks: blockCount,
    decoderBlocks: blockCount,
    widening: wholeNumber(1, WIDENING_MAX),
    pitch: v.exactOptional(v.boolean()),
  }),
  v.check(
    ({ exampleFrames, groupFrames }) => exampleFrames % groupFrames === 0,
    "exampleFrames that are whole groups",
  ),
);
