/** Finds the position of a control that makes a sound as bright, or as long, as another one. */

import type { SoundDescription } from "../audio/descriptors/describe.ts";
import { comparable, vocabulary } from "../latent/controls/vocabulary.ts";
import { POSITION_MOST } from "../model/position-range.ts";

export interface NowAt {
  readonly position: number;
  /** Of the sound at this position. */
  readonly description: SoundDescription;
}

/**
 * @param control Its name, and what one position asks for.
 * @returns A whole position from -10 to 10, the nearest where the model does not reach that far;
 *   undefined for what is no control of the vocabulary.
 */
export function positionLike(
  control: { readonly name: string; readonly step: number },
  { position, description }: NowAt,
  wanted: SoundDescription,
): number | undefined {
  const at = vocabulary.findIndex(({ name }) => name === control.name);
  const [now, then] = [comparable(description)[at], comparable(wanted)[at]];
  if (now === undefined || then === undefined || !(control.step > 0)) return undefined;
  const asked = Math.round(position + (then - now) / control.step);
  // `|| 0`: no minus zero.
  return Math.max(-POSITION_MOST, Math.min(POSITION_MOST, asked)) || 0;
}
