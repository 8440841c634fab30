/**
 * Upper limits of the sizes that a model file may state: far above what can be configured, far below
 * what would not fit.
 */

import { type Shape, wholeNumber } from "../../checked.ts";

const FRAMES_MAX = 1 << 14;
const LATENT_MAX = 1 << 12;
const WIDTH_MAX = 1 << 13;
const BLOCKS_MAX = 64;

export const frameCount: Shape<number> = wholeNumber(1, FRAMES_MAX);
export const latentSize: Shape<number> = wholeNumber(1, LATENT_MAX);
/** Units or channels of a layer. */
export const layerWidth: Shape<number> = wholeNumber(1, WIDTH_MAX);
export const blockCount: Shape<number> = wholeNumber(0, BLOCKS_MAX);
