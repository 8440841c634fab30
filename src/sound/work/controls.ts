/** Checks requested controls against those that a model offers. */

import { UserError } from "../../errors.ts";
import { below, seededRandom } from "../../random.ts";
import type { Positions } from "../latent/controls/positions.ts";
import type { ModelAnalysis } from "../model/analysis.ts";

/** @throws UserError "controls-unmeasured" or "control-unknown" (both exit code 2). */
export function requireControls(
  analysis: ModelAnalysis | undefined,
  names: readonly string[],
): ModelAnalysis {
  if (analysis === undefined) {
    throw new UserError({
      code: "controls-unmeasured",
      message: "Cannot move controls: nobody has measured yet what they do with this model",
      hint: "Measure them with `etude analyze MODEL`: it takes seconds.",
      exitCode: 2,
    });
  }
  const offered = [...analysis.controls, ...analysis.characters];
  const unknown = names.find((name) => !offered.some((one) => one.name === name));
  if (unknown === undefined) return analysis;
  const declined = analysis.declined.find(({ name }) => name === unknown);
  const found = declined === undefined ? "it has no such control" : `it ${declined.reason}`;
  throw new UserError({
    code: "control-unknown",
    message: `Cannot move "${unknown}" with this model: ${found}`,
    hint: `It offers ${offered.map(({ name }) => name).join(", ")}.`,
    exitCode: 2,
  });
}

/**
 * Positions as the model has them, by the names of its controls; undefined where there are none.
 *
 * @param wanted.asked Positions by name or by label.
 * @throws UserError "controls-unmeasured" or "control-unknown" (exit code 2).
 */
export function controlsOf(
  analysis: ModelAnalysis | undefined,
  wanted: { readonly asked: Positions; readonly isRandom?: boolean },
): Positions | undefined {
  const asked = Object.fromEntries(
    Object.entries(wanted.asked).map(([name, position]) => [nameOf(analysis, name), position]),
  );
  const names = Object.keys(asked);
  if (names.length === 0 && wanted.isRandom !== true) return undefined;
  requireControls(analysis, names);
  return asked;
}

/** A position for every control within its safe range; `fixed` ones stay where they are. */
export function randomPositions(
  { controls, characters }: ModelAnalysis,
  { seed, fixed }: { readonly seed: number; readonly fixed: Positions },
): Positions {
  const random = seededRandom(seed);
  const positions = [...controls, ...characters].map(({ name, safe }) => {
    const position = safe.least + below(random, safe.most - safe.least + 1);
    return [name, position] as const;
  });
  return { ...Object.fromEntries(positions), ...fixed };
}

function nameOf(analysis: ModelAnalysis | undefined, text: string): string {
  const offered = [...(analysis?.controls ?? []), ...(analysis?.characters ?? [])];
  const wanted = text.toLowerCase();
  const one =
    offered.find(({ name }) => name === wanted.replaceAll(" ", "-")) ??
    offered.find(({ label }) => label.toLowerCase() === wanted);
  return one?.name ?? text;
}
