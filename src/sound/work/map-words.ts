/** Says in words why sounds are near each other on a map. */

import type { DescriptorName } from "../audio/descriptors/describe.ts";

/** What it means to have little and much of a descriptor, as an adjective. */
export const descriptorWords: {
  readonly [N in DescriptorName]?: { readonly low: string; readonly high: string };
} = {
  brightness: { low: "dark", high: "bright" },
  width: { low: "narrow", high: "wide" },
  body: { low: "thin", high: "full" },
  noisiness: { low: "tonal", high: "noisy" },
  attack: { low: "sudden", high: "swelling" },
  length: { low: "short", high: "long" },
  modulation: { low: "steady", high: "wavering" },
  roughness: { low: "smooth", high: "rough" },
  loudness: { low: "quiet", high: "loud" },
};

export interface MapPoint {
  readonly path: string;
  /** 0 to 1. */
  readonly x: number;
  readonly y: number;
  /** Rank of each descriptor with words among the sounds, 0 to 1. */
  readonly ranks: { readonly [name: string]: number };
}

const NAMES = Object.keys(descriptorWords) as DescriptorName[];

/**
 * Why two sounds are near: what is the same of both and not of most others, the most special first.
 *
 * @returns Adjectives: ["dark", "short"]; none where nothing sets them apart.
 */
export function sharedTraits(a: MapPoint, b: MapPoint): string[] {
  return NAMES.flatMap((name) => {
    const [one = 0.5, other = 0.5] = [a.ranks[name], b.ranks[name]];
    const special = Math.min(Math.abs(one - 0.5), Math.abs(other - 0.5));
    const isSame = (one - 0.5) * (other - 0.5) > 0 && Math.abs(one - other) < 0.25;
    const words = descriptorWords[name];
    return isSame && special > 0.15 && words
      ? [{ special, word: one > 0.5 ? words.high : words.low }]
      : [];
  })
    .sort((one, other) => other.special - one.special)
    .slice(0, 3)
    .map(({ word }) => word);
}
