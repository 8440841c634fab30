/** Chooses from measurements the controls that a model offers. */

import type { Evidence } from "../../model/analysis.ts";
import { median, spearman } from "./statistics.ts";

/** What a control must reach to be offered. */
const demands = { spearman: 0.9, spearmanLowest: 0.6, leakage: 0.35, heardShare: 0.6 } as const;

/** Of one control: the descriptors of each sound at each position, in units of comparison. */
export interface Sweep {
  readonly positions: readonly number[];
  /** Shape [sounds][positions][descriptors]; NaN for what a sound has not. */
  readonly values: readonly (readonly (readonly number[])[])[];
}

export interface Candidate {
  readonly name: string;
  /** Place of its own descriptor. */
  readonly own: number;
  readonly sweep: Sweep;
}

export interface Judged extends Candidate {
  readonly isOffered: boolean;
  readonly evidence: Evidence;
}

/**
 * The largest set whose members all do what they say and leave each other alone; among equally
 * large ones that with the earliest members.
 *
 * @param deviations Of each descriptor over the corpus, the unit of leakage.
 */
export function judged(
  candidates: readonly Candidate[],
  deviations: readonly number[],
): readonly Judged[] {
  const correlations = candidates.map(correlationOf);
  const leakages = candidates.map((one) =>
    candidates.map((other) => leakageInto(one, other.own, deviations)),
  );
  const shares = candidates.map(heardShare);
  const able = candidates.flatMap((_, i) => {
    const { typical, lowest } = correlations[i]!;
    if (shares[i]! < demands.heardShare) return [];
    return typical >= demands.spearman && lowest >= demands.spearmanLowest ? [i] : [];
  });
  const chosen = new Set(largestSet(able, (a, b) => leakages[a]![b]! <= demands.leakage));
  return candidates.map((candidate, i) => {
    const others = candidates.flatMap((_, k) => (k !== i && chosen.has(k) ? [k] : []));
    const worst = others.toSorted((a, b) => leakages[i]![b]! - leakages[i]![a]!)[0];
    return {
      ...candidate,
      isOffered: chosen.has(i),
      evidence: {
        spearman: rounded(correlations[i]!.typical),
        spearmanLowest: rounded(correlations[i]!.lowest),
        effect: rounded(effectOf(candidate)),
        leakage: worst === undefined ? 0 : rounded(Math.min(LEAKAGE_MOST, leakages[i]![worst]!)),
        leaksInto: worst === undefined ? null : candidates[worst]!.name,
      },
    };
  });
}

/** Why it is not offered, in words. */
export function reasonOf(one: Judged): string {
  const { evidence } = one;
  if (heardShare(one) < demands.heardShare) return "has too few sounds here that it could move";
  const { spearman: typical, spearmanLowest, leakage, leaksInto } = evidence;
  if (typical < demands.spearman) return `does not follow its positions: Spearman ${typical}`;
  if (spearmanLowest < demands.spearmanLowest) {
    return `does not work on every sound: Spearman ${spearmanLowest} on one`;
  }
  return leakage > demands.leakage
    ? `moves ${leaksInto} as well: ${leakage}`
    : `is moved by another control that is offered`;
}

// --- internal ---

const LEAKAGE_MOST = 99;

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Share of the sounds that have what it moves. */
function heardShare(one: Candidate): number {
  return heardSounds(one).length / Math.max(1, one.sweep.values.length);
}

/** The sounds that have what it moves, at every position. */
function heardSounds({ sweep, own }: Candidate): Sweep["values"] {
  return sweep.values.filter(
    (sound) => sound.length > 0 && sound.every((values) => Number.isFinite(values[own])),
  );
}

function correlationOf(one: Candidate): { readonly typical: number; readonly lowest: number } {
  const { sweep, own } = one;
  const heard = heardSounds(one);
  if (heard.length === 0) return { typical: 0, lowest: 0 };
  const each = heard.map((sound) =>
    spearman(
      sweep.positions,
      sound.map((values) => values[own]!),
    ),
  );
  return { typical: median(each), lowest: Math.min(...each) };
}

function effectOf(one: Candidate): number {
  const { own } = one;
  const heard = heardSounds(one);
  return heard.length === 0
    ? 0
    : median(heard.map((sound) => sound.at(-1)![own]! - sound[0]![own]!));
}

/** Median over sounds of what another descriptor moves for each deviation of the own one. */
function leakageInto(one: Candidate, other: number, deviations: readonly number[]): number {
  const { own } = one;
  const each = heardSounds(one).flatMap((sound) => {
    const moved = (at: number): number =>
      Math.abs(sound.at(-1)![at]! - sound[0]![at]!) / deviations[at]!;
    const leakage = moved(other) / Math.max(moved(own), 1e-9);
    return Number.isFinite(leakage) ? [leakage] : [];
  });
  return each.length === 0 ? 0 : median(each);
}

/** All subsets are looked at: there are a dozen candidates. */
function largestSet(
  able: readonly number[],
  goesWith: (a: number, b: number) => boolean,
): number[] {
  let best: number[] = [];
  const grow = (chosen: number[], from: number): void => {
    if (chosen.length > best.length) best = chosen;
    for (let i = from; i < able.length; i += 1) {
      const next = able[i]!;
      if (chosen.every((one) => goesWith(one, next) && goesWith(next, one))) {
        grow([...chosen, next], i + 1);
      }
    }
  };
  grow([], 0);
  return best;
}
