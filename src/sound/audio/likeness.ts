/**
 * Whether generated sounds are spread as the recordings are: how far their distribution is away,
 * how much of the recordings they cover, and whether they crowd around one of them.
 */

import { type Random, shuffled } from "../../random.ts";
import { median } from "./median.ts";
import { type NoveltyParts, squaredDistance, standardiser } from "./novelty.ts";

export interface Likeness {
  /**
   * Root of the squared maximum mean discrepancy to the training sounds over that of held-out ones,
   * or over what chance gives where that is more: 1 for sounds like held-out ones. Unbiased, with a
   * Gaussian kernel as wide as the median distance (A. Gretton et al., JMLR 13, 2012).
   */
  readonly mmdRatio: number;
  /**
   * Share of training sounds that have a generated one within the distance of their fifth
   * neighbour, over the same for as many held-out ones (M. F. Naeem et al., ICML 2020).
   */
  readonly coverageRatio: number;
  /** Share of generated sounds that are nearest to one and the same training sound. */
  readonly hubShare: number;
}

/** More sounds than this of each kind are sampled: pairs of all are compared. */
const SOUNDS_MOST = 400;
const NEIGHBOURS = 5;
const CHANCE_DRAWS = 50;
const COVERAGE_DRAWS = 20;

/** @returns undefined with too few sounds of a kind to compare. */
export function likeness(parts: NoveltyParts, random: Random): Likeness | undefined {
  const { train, heldOut, generated } = parts;
  if (train.length <= NEIGHBOURS || heldOut.length < 2 || generated.length < 2) return undefined;
  const standardise = standardiser(train);
  const [known, kept, made] = [train, heldOut, generated].map((sounds) =>
    shuffled(random, sounds).slice(0, SOUNDS_MOST).map(standardise),
  ) as [Float64Array[], Float64Array[], Float64Array[]];
  return {
    mmdRatio: mmdRatio({ known, kept, made }, random),
    coverageRatio: coverageRatio({ known, kept, made }, random),
    hubShare: hubShare(known, made),
  };
}

interface Points {
  readonly known: readonly Float64Array[];
  readonly kept: readonly Float64Array[];
  readonly made: readonly Float64Array[];
}

function mmdRatio({ known, kept, made }: Points, random: Random): number {
  const all = [...known, ...kept, ...made];
  const kernel = kernelOf(all, known.length);
  const range = (from: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => from + i);
  const ofKnown = range(0, known.length);
  const ofKept = range(known.length, kept.length);
  const recordings = [...ofKnown, ...ofKept];
  const byChance = range(0, CHANCE_DRAWS).map(() => {
    const order = shuffled(random, recordings);
    return Math.abs(squaredMmd(kernel, order.slice(0, kept.length), order.slice(kept.length)));
  });
  const chance = byChance.reduce((sum, value) => sum + value, 0) / CHANCE_DRAWS;
  const usual = Math.max(squaredMmd(kernel, ofKept, ofKnown), chance, Number.EPSILON);
  const found = squaredMmd(kernel, range(recordings.length, made.length), ofKnown);
  return Math.sqrt(Math.max(0, found) / usual);
}

type Kernel = (a: number, b: number) => number;

/** @param knownCount The first points, whose median distance is the width. */
function kernelOf(points: readonly Float64Array[], knownCount: number): Kernel {
  const count = points.length;
  const values = new Float64Array(count * count);
  const within: number[] = [];
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const square = squaredDistance(points[i]!, points[j]!);
      values[i * count + j] = square;
      values[j * count + i] = square;
      if (i < knownCount) within.push(square);
    }
  }
  const width = 2 * (median(within) || 1);
  const kernel = values.map((square) => Math.exp(-square / width));
  return (a, b) => kernel[a * count + b]!;
}

function squaredMmd(kernel: Kernel, a: readonly number[], b: readonly number[]): number {
  const inside = (of: readonly number[]): number => {
    let sum = 0;
    for (const i of of) for (const j of of) if (i !== j) sum += kernel(i, j);
    return sum / (of.length * (of.length - 1));
  };
  let across = 0;
  for (const i of a) for (const j of b) across += kernel(i, j);
  return inside(a) + inside(b) - (2 * across) / (a.length * b.length);
}

function coverageRatio({ known, kept, made }: Points, random: Random): number {
  const radii = known.map(
    (point) =>
      known.map((other) => squaredDistance(point, other)).sort((a, b) => a - b)[NEIGHBOURS]!,
  );
  const size = Math.min(kept.length, made.length);
  const covered = (sounds: readonly Float64Array[]): number => {
    const near = known.map((point) => sounds.map((sound) => squaredDistance(point, sound)));
    let share = 0;
    for (let draw = 0; draw < COVERAGE_DRAWS; draw += 1) {
      const subset = shuffled(random, [...sounds.keys()]).slice(0, size);
      const hit = near.filter((row, i) => subset.some((at) => row[at]! <= radii[i]!)).length;
      share += hit / known.length / COVERAGE_DRAWS;
    }
    return share;
  };
  return covered(made) / Math.max(covered(kept), 1 / known.length);
}

function hubShare(known: readonly Float64Array[], made: readonly Float64Array[]): number {
  const counts = new Map<number, number>();
  for (const sound of made) {
    const away = known.map((point) => squaredDistance(point, sound));
    const nearest = away.indexOf(Math.min(...away));
    counts.set(nearest, (counts.get(nearest) ?? 0) + 1);
  }
  return Math.max(...counts.values()) / made.length;
}
