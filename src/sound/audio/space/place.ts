/** Where a sound is, and where it goes while it lasts. */

import type { Direction } from "./spherical-harmonics.ts";

export interface Place extends Direction {
  /** Degrees that the sound travels until its end: 360 is once around. @default it stays */
  readonly travel?: Direction;
  /** 0 near to 1 far. @default 0 */
  readonly depth?: number;
}

export function isMoving({ travel }: Place): boolean {
  return travel !== undefined && (travel.azimuthDegrees !== 0 || travel.elevationDegrees !== 0);
}

/** @param share Of the sound that is over, 0 to 1. */
export function directionAt(place: Place, share: number): Direction {
  const { azimuthDegrees, elevationDegrees, travel } = place;
  if (travel === undefined) return { azimuthDegrees, elevationDegrees };
  return {
    azimuthDegrees: azimuthDegrees + share * travel.azimuthDegrees,
    elevationDegrees: elevationDegrees + share * travel.elevationDegrees,
  };
}
