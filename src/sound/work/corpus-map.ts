/**
 * A map of sounds: what sounds alike lies near, by the two directions in which a corpus varies most.
 *
 * Each descriptor is made comparable first: its rank among the sounds, 0 to 1, so that one freak
 * does not push all others into a corner.
 */

import type { DescriptorName, SoundDescription } from "../audio/descriptors/describe.ts";
import { componentsByProducts } from "../model/principal.ts";
import { descriptorWords, type MapPoint } from "./map-words.ts";

export interface DescribedSound {
  readonly path: string;
  readonly description: SoundDescription;
}

const NAMES = Object.keys(descriptorWords) as DescriptorName[];

export async function corpusMap(sounds: readonly DescribedSound[]): Promise<MapPoint[]> {
  if (sounds.length === 0) return [];
  const ranks = NAMES.map((name) => ranked(sounds.map(({ description }) => description[name])));
  const places = await placesOf(ranks, sounds.length);
  return sounds.map(({ path }, i) => ({
    path,
    x: places.x[i]!,
    y: places.y[i]!,
    ranks: Object.fromEntries(NAMES.map((name, k) => [name, ranks[k]![i]!])),
  }));
}

/** Ranks from 0 to 1; the same value has the same rank; what cannot be measured is in the middle. */
function ranked(values: readonly number[]): number[] {
  const known = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (known.length < 2) return values.map(() => 0.5);
  return values.map((value) => {
    if (!Number.isFinite(value)) return 0.5;
    const first = known.indexOf(value);
    const last = known.lastIndexOf(value);
    return (first + last) / 2 / (known.length - 1);
  });
}

async function placesOf(
  ranks: readonly (readonly number[])[],
  count: number,
): Promise<{ readonly x: number[]; readonly y: number[] }> {
  const size = ranks.length;
  const covariance = Array.from({ length: size * size }, (_, at) => {
    const [a, b] = [ranks[Math.floor(at / size)]!, ranks[at % size]!];
    return a.reduce((sum, value, i) => sum + (value - 0.5) * (b[i]! - 0.5), 0) / count;
  });
  const multiply = async (columns: Float32Array): Promise<Float32Array> => {
    const width = columns.length / size;
    return Float32Array.from({ length: columns.length }, (_, at) => {
      const [row, column] = [Math.floor(at / width), at % width];
      let sum = 0;
      for (let k = 0; k < size; k += 1)
        sum += covariance[row * size + k]! * columns[k * width + column]!;
      return sum;
    });
  };
  const { directions } = await componentsByProducts(multiply, { size, count: 2 });
  const along = (component: number): number[] =>
    Array.from({ length: count }, (_, i) =>
      ranks.reduce(
        (sum, values, k) => sum + (values[i]! - 0.5) * directions[component * size + k]!,
        0,
      ),
    );
  return { x: spread(along(0)), y: spread(along(1)) };
}

/** Over 0 to 1. */
function spread(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.map((value) => (high > low ? (value - low) / (high - low) : 0.5));
}
