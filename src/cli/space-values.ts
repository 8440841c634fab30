/** The options for space and grains, as they were given -> what they ask for. */

import { wrongUsage } from "../options/read-value.ts";
import type { Grains } from "../sound/audio/grains.ts";
import type { Space } from "../sound/audio/space/space.ts";
import type { Direction } from "../sound/audio/space/spherical-harmonics.ts";
import { type NumberPart, readNumbers } from "./number-list.ts";

export interface SpaceValues {
  readonly width?: number | undefined;
  readonly depth?: number | undefined;
  readonly twoSeeds: boolean;
  readonly binaural?: string | undefined;
  readonly ambisonic?: string | undefined;
  readonly move?: string | undefined;
}

/** @returns Undefined where nothing was asked for: one channel. @throws UserError "usage". */
export function spaceOf(values: SpaceValues): Space | undefined {
  const { width, depth, twoSeeds, binaural, ambisonic, move } = values;
  const kinds = [
    ...(width !== undefined || twoSeeds ? ["--width and --two-seeds"] : []),
    ...(binaural === undefined ? [] : ["--binaural"]),
    ...(ambisonic === undefined ? [] : ["--ambisonic"]),
  ];
  if (kinds.length > 1) {
    throw wrongUsage(
      `Cannot use ${kinds.join(" with ")}: need one of them`,
      "Leave the others out.",
    );
  }
  const place = binaural ?? ambisonic;
  if (place === undefined && move !== undefined) {
    throw wrongUsage(
      "Cannot use --move: found no place to start from, need --binaural or --ambisonic",
      "Add --binaural 0, for one.",
    );
  }
  const near = depth === undefined ? {} : { depth };
  if (place !== undefined) {
    return {
      kind: binaural === undefined ? "ambisonic" : "binaural",
      ...directionOf(binaural === undefined ? "--ambisonic" : "--binaural", place, PLACE),
      ...(move !== undefined && { travel: directionOf("--move", move, TRAVEL) }),
      ...near,
    };
  }
  if (width === undefined && depth === undefined && !twoSeeds) return undefined;
  return {
    kind: twoSeeds ? "two-seeds" : "stereo",
    ...(width !== undefined && { width }),
    ...near,
  };
}

/** @throws UserError "usage". */
export function grainsOf(text: string | undefined): Grains | undefined {
  if (text === undefined) return undefined;
  const [sizeMs = 0, density = 0, spread = 0] = readNumbers("--grains", text, GRAINS);
  return { sizeMs, density, spread };
}

// --- internal ---

const GRAINS: readonly NumberPart[] = [
  { name: "SIZE", min: 5, max: 1000 },
  { name: "DENSITY", min: 0.5, max: 500 },
  { name: "SPREAD", min: 0, max: 1 },
];
const PLACE: readonly NumberPart[] = [
  { name: "AZIMUTH", min: -360, max: 360 },
  { name: "ELEVATION", min: -90, max: 90, otherwise: 0 },
];
const TRAVEL: readonly NumberPart[] = [
  { name: "AZIMUTH", min: -36_000, max: 36_000 },
  { name: "ELEVATION", min: -180, max: 180, otherwise: 0 },
];

function directionOf(flag: string, text: string, parts: readonly NumberPart[]): Direction {
  const [azimuthDegrees = 0, elevationDegrees = 0] = readNumbers(flag, text, parts);
  return { azimuthDegrees, elevationDegrees };
}
