/** Measures what characters do to sounds, and names them after it. */

import type { PhaseQuality } from "../../audio/phase.ts";
import type { CharacterFacts } from "../../model/analysis.ts";
import { POSITION_MOST } from "../../model/position-range.ts";
import type { Direction } from "./characters.ts";
import { median, percentile, spearman, standardDeviation } from "./statistics.ts";
import type { AnalysisTask, Crew, TaskResult } from "./tasks.ts";
import { vocabulary } from "./vocabulary.ts";

export interface CharacterTools {
  readonly crew: Crew;
  readonly quality: PhaseQuality;
  /** Sounds that they are tried on. */
  readonly sounds: number;
  /** Of each descriptor over the corpus. */
  readonly deviations: readonly number[];
  /** What each latent is heard as, see `audibleLatents`. */
  readonly decibels: Float64Array;
}

const POSITIONS: readonly number[] = [-9, -4, 0, 4, 9];
const POSITIONS_ACROSS = 12;
/** What a descriptor must show for a character to be called after it. */
const EVIDENCE = { spearman: 0.9, lowest: 0.6, deviations: 0.5 } as const;

export async function measuredCharacters(
  directions: readonly Direction[],
  { crew, quality, sounds, deviations, decibels }: CharacterTools,
): Promise<CharacterFacts[]> {
  if (directions.length === 0) return [];
  const scales = directions.map(({ scores }) => scaleOf(scores));
  /** What one position adds to the latents. */
  const moved = directions.map(({ unit }, i) =>
    Array.from(unit, (by, at) =>
      Math.fround((by * scales[i]!.across) / decibels[at % decibels.length]!),
    ),
  );
  const tasks = Array.from({ length: sounds }, (_, index): AnalysisTask => {
    return { kind: "turned", index, positions: POSITIONS, directions: moved };
  });
  const results = await crew.doAll(tasks, quality, () => undefined);
  const heard = results.filter((rows) => rows !== null);
  return directions.map(({ varianceShare, stability }, i): CharacterFacts => {
    const { across, deviation, range, safe } = scales[i]!;
    const letter = String.fromCharCode(97 + i);
    const follower = strongest(
      heard.map((rows) => rows[i]!),
      deviations,
    );
    const called = `character ${letter.toUpperCase()}`;
    return {
      name: `character-${letter}`,
      label: follower.word === undefined ? called : `${called}, ${follower.word}`,
      unit: "deviations",
      step: rounded(across / deviation),
      range,
      safe,
      evidence: {
        spearman: rounded(follower.typical),
        spearmanLowest: rounded(follower.lowest),
        effect: rounded(follower.effect),
        leakage: 0,
        leaksInto: vocabulary[follower.own]!.name,
      },
      direction: moved[i]!,
      varianceShare: rounded(varianceShare),
      stability: rounded(stability),
    };
  });
}

// --- internal ---

interface Follower {
  /** Place of the descriptor that a character moves most surely. */
  readonly own: number;
  readonly typical: number;
  readonly lowest: number;
  /** From the lowest to the highest measured position, in deviations of the corpus. */
  readonly effect: number;
  /** What it makes of a sound; undefined where that is not certain. */
  readonly word: string | undefined;
}

function strongest(sweeps: readonly TaskRows[], deviations: readonly number[]): Follower {
  const all = vocabulary.map((words, own): Follower => {
    const each = sweeps.filter((rows) => rows.every((values) => Number.isFinite(values[own])));
    const ranks = each.map((rows) =>
      spearman(
        POSITIONS,
        rows.map((values) => values[own]!),
      ),
    );
    if (ranks.length < sweeps.length / 2 || ranks.length === 0) return { ...NOTHING, own };
    const typical = median(ranks);
    const sign = Math.sign(typical);
    const lowest = sign * Math.min(...ranks.map((rank) => sign * rank));
    const effect =
      median(each.map((rows) => rows.at(-1)![own]! - rows[0]![own]!)) / deviations[own]!;
    const isSure =
      Math.abs(typical) >= EVIDENCE.spearman &&
      sign * lowest >= EVIDENCE.lowest &&
      Math.abs(effect) >= EVIDENCE.deviations;
    return {
      own,
      typical,
      lowest,
      effect,
      word: isSure ? words.ends[sign > 0 ? 1 : 0] : undefined,
    };
  });
  return all.reduce((best, one) => (suretyOf(one) > suretyOf(best) ? one : best));
}

type TaskRows = NonNullable<TaskResult>[number];

const NOTHING = { typical: 0, lowest: 0, effect: 0, word: undefined };

function suretyOf({ word, typical, effect }: Follower): number {
  return (word === undefined ? 0 : 1000) + Math.abs(typical) * Math.min(10, Math.abs(effect));
}

function scaleOf(scores: readonly number[]) {
  const [low = 0, middle = 0, high = 0] = [0.02, 0.5, 0.98].map((share) =>
    percentile(scores, share),
  );
  const deviation = Math.max(1e-9, standardDeviation(scores));
  const across = Math.max(1e-9, (high - low) / POSITIONS_ACROSS);
  const within = (by: number): number =>
    Math.min(POSITION_MOST, Math.max(1, Math.round(by / across)));
  return {
    across,
    deviation,
    range: {
      low: rounded(low / deviation),
      middle: rounded(middle / deviation),
      high: rounded(high / deviation),
    },
    safe: { least: -within(middle - low), most: within(high - middle) },
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
