/** Sounds around one sound: neighbours all equally far from it, or a grid of two of its controls. */

import { UserError } from "../../errors.ts";
import type { ModelAnalysis } from "../model/analysis.ts";
import { controlsOf, requireControls } from "./controls.ts";
import type { SoundRequest } from "./sound-request.ts";

/** What makes a sound near another one. */
export interface Neighbour {
  readonly request: SoundRequest;
  /** For the name of its file: "variation-3", "brightness+5-attack-10". */
  readonly what: string;
}

/**
 * The same gestures in the same time, each moved in another direction.
 *
 * @param around.amount 0 to 1: at 1 as far from the sound as the recordings vary.
 */
export function variationsOf(
  request: SoundRequest,
  { count, amount }: { readonly count: number; readonly amount: number },
): Neighbour[] {
  return Array.from({ length: count }, (_, i) => ({
    request: { ...request, variation: { seed: i + 1, amount } },
    what: `variation-${i + 1}`,
  }));
}

/** Of both controls of a grid, from left to right and from the bottom up. */
export const GRID_POSITIONS: readonly number[] = [-10, -5, 0, 5, 10];

/**
 * The sound at five positions of one control by five of another, row by row from the top: the first
 * control grows to the right, the second upward. Its other controls stay where they are.
 *
 * @param names Of the two controls, or their labels.
 * @throws UserError "grid-controls", "controls-unmeasured", "control-unknown" (exit code 2).
 */
export function gridOf(
  request: SoundRequest,
  names: readonly string[],
  analysis: ModelAnalysis | undefined,
): Neighbour[] {
  const asked = Object.fromEntries(names.map((name) => [name, 0]));
  const [across, up, ...more] = Object.keys(controlsOf(analysis, { asked }) ?? {});
  if (across === undefined || up === undefined || more.length > 0 || names.length !== 2) {
    throw new UserError({
      code: "grid-controls",
      message: `Cannot make a grid: found "${names.join(",")}", need two different controls`,
      hint: "Write them with a comma between them: --grid brightness,attack.",
      exitCode: 2,
    });
  }
  requireControls(analysis, Object.keys(request.controls ?? {}));
  return GRID_POSITIONS.toReversed().flatMap((high) =>
    GRID_POSITIONS.map((right) => ({
      request: { ...request, controls: { ...request.controls, [across]: right, [up]: high } },
      what: `${across}${signed(right)}-${up}${signed(high)}`,
    })),
  );
}

function signed(position: number): string {
  return position < 0 ? String(position) : `+${position}`;
}
