/**
 * Measures which controls a model offers, on gestures of its own recordings: each is set to several
 * positions, rendered with phases and described; what does as it says is offered.
 */

import { seededRandom } from "../../../random.ts";
import { describeSound } from "../../audio/descriptors/describe.ts";
import type { PhaseQuality } from "../../audio/phase.ts";
import { MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { type ControlFacts, type ModelAnalysis, POSITION_MOST } from "../../model/analysis.ts";
import type { Codec } from "../codec.ts";
import { levelOf, pressed } from "../composition.ts";
import { type Voice, voiceCorpus } from "../generate.ts";
import { blended, drawGesture, type GestureCorpus, newGesture } from "../gesture-path.ts";
import type { Gesture } from "../gestures.ts";
import { decodeGestures, mixed, renderGestures } from "../performance.ts";
import { textureAlong } from "../texture.ts";
import { hasMoves, type Moves, noMoves } from "./apply.ts";
import { type Candidate, type Judged, judged, reasonOf } from "./select.ts";
import { percentile, standardDeviation } from "./statistics.ts";
import { type ControlWords, comparable, vocabulary } from "./vocabulary.ts";

export interface AnalyzeOptions {
  /** Invented gestures that controls are tried on. @default 6 */
  readonly sounds?: number;
  /** Where they are tried; 0 must be among them. @default every third from -9 to 9 */
  readonly positions?: readonly number[];
  /** @default "sketch" */
  readonly quality?: PhaseQuality;
}

export interface AnalyzeTools {
  /** Heard between sounds. */
  readonly signal: AbortSignal;
  /** Called between sounds, so that the thread can hear of a stop. */
  breathe(): Promise<void>;
  /** @param share Of the work that is done, from 0 to 1. */
  onProgress?(share: number): void;
}

/** Longer gestures are cut: what a control does shows in this time. */
const SECONDS_MOST = 1.2;
/** Gestures of the recordings that say how wide the corpus is. */
const CORPUS_SOUNDS = 32;
/** So many positions lead from one end of the corpus to the other. */
const POSITIONS_ACROSS = 12;
const SEED = 1;

/**
 * @throws The signal's reason when it aborts; RangeError where the model holds no latents.
 */
export async function analyzeControls(
  codec: Codec,
  voice: Voice,
  options: AnalyzeOptions & AnalyzeTools,
): Promise<ModelAnalysis> {
  const { sounds = 6, positions = [-9, -6, -3, 0, 3, 6, 9], quality = "sketch", signal } = options;
  const bench = { codec, voice, corpus: await voiceCorpus(codec, voice), quality };
  const works = CORPUS_SOUNDS + sounds * (1 + vocabulary.length * (positions.length - 1));
  let done = 0;
  const step = async (): Promise<void> => {
    done += 1;
    options.onProgress?.(Math.min(1, done / works));
    await options.breathe();
    signal.throwIfAborted();
  };
  const spread = await spreadOf(bench, step);
  const scales = vocabulary.map((words, k) =>
    scaleOf(
      words,
      spread.map((values) => values[k]!),
    ),
  );
  const rows = await sweptRows(bench, { sounds, positions, scales, step });
  const candidates = vocabulary.map(
    ({ name }, own): Candidate => ({ name, own, sweep: { positions, values: rows[own]! } }),
  );
  const verdicts = judged(
    candidates,
    scales.map(({ deviation }) => deviation),
  );
  options.onProgress?.(1);
  return {
    version: 1,
    measured: {
      sounds,
      positions,
      files: voice.latents.lengths.length,
      phases: quality,
    },
    controls: verdicts.flatMap((verdict) =>
      verdict.isOffered ? [factsOf(verdict, scales[verdict.own]!)] : [],
    ),
    declined: verdicts.flatMap((verdict) =>
      verdict.isOffered
        ? []
        : [{ name: verdict.name, reason: reasonOf(verdict), evidence: verdict.evidence }],
    ),
    characters: [],
    labels: {},
  };
}

// --- internal ---

/** Of each control, the descriptors of each sound at each position. */
async function sweptRows(
  bench: Bench,
  {
    sounds,
    positions,
    scales,
    step,
  }: {
    readonly sounds: number;
    readonly positions: readonly number[];
    readonly scales: readonly Scale[];
    readonly step: () => Promise<void>;
  },
): Promise<number[][][][]> {
  const rows = vocabulary.map((): number[][][] => []);
  const random = seededRandom(SEED);
  for (let i = 0; i < sounds; i += 1) {
    const { path, lead } = newGesture(bench.corpus, drawGesture(bench.corpus, random), random);
    const trial = await tried(bench, { path, lead });
    const still = await trial.at(noMoves);
    await step();
    if (still === undefined) continue;
    for (const [k, { name }] of vocabulary.entries()) {
      const row: number[][] = [];
      for (const position of positions) {
        const moves: Moves = { ...noMoves, [name]: position * scales[k]!.step };
        row.push(position === 0 ? still : ((await trial.at(moves)) ?? still));
        if (position !== 0) await step();
      }
      rows[k]!.push(row);
    }
  }
  return rows;
}

interface Bench {
  readonly codec: Codec;
  readonly voice: Voice;
  readonly corpus: GestureCorpus;
  readonly quality: PhaseQuality;
}

/** Descriptions of the recordings' own gestures, evenly over the corpus. */
async function spreadOf(bench: Bench, step: () => Promise<void>): Promise<number[][]> {
  const { gestures } = bench.corpus;
  const count = Math.min(CORPUS_SOUNDS, gestures.length);
  const spread: number[][] = [];
  for (let i = 0; i < count; i += 1) {
    const lead = gestures[Math.floor((i * gestures.length) / count)]!;
    const path = blended(bench.corpus, { lead, other: lead, share: 0 });
    const trial = await tried(bench, { path, lead });
    const values = await trial.at(noMoves);
    if (values !== undefined) spread.push(values);
    await step();
  }
  return spread;
}

/** A sound on which moves are tried. */
interface Trial {
  /** Descriptors of the moved sound; undefined where it is silent. */
  at(moves: Moves): Promise<number[] | undefined>;
}

async function tried(
  { codec, voice, quality }: Bench,
  { path, lead }: { readonly path: Float32Array; readonly lead: Gesture },
): Promise<Trial> {
  const { latents } = voice;
  const size = codec.latentSize;
  const rows = Math.floor((SECONDS_MOST * MODEL_RATE_HZ) / 512 / codec.framesPerLatent);
  const cut = path.subarray(0, Math.max(1, rows) * size);
  const gestures = await decodeGestures([{ path: cut, lead, atSeconds: 0 }], {
    codec,
    model: voice,
    references: [],
    textureAlong: (along) =>
      textureAlong(along, { vectors: latents.means, size, texture: latents.texture }),
  });
  const rendered = (moves?: Moves): Promise<Float32Array[]> =>
    renderGestures(gestures, { quality, random: seededRandom(SEED), ...(moves && { moves }) });
  const still = await rendered();
  const level = levelOf(mixed(gestures, still), MODEL_RATE_HZ);
  return {
    at: async (moves) => {
      const isFrames = hasMoves(moves, "frames") || hasMoves(moves, "time");
      const samples = mixed(gestures, isFrames ? await rendered(moves) : still, moves);
      const heard = pressed(samples, { moves, level, sampleRate: MODEL_RATE_HZ });
      const description = describeSound(heard, MODEL_RATE_HZ);
      return description && comparable(description);
    },
  };
}

interface Scale extends Pick<ControlFacts, "range" | "step" | "safe"> {
  readonly deviation: number;
}

function scaleOf({ least, step: limits }: ControlWords, values: readonly number[]): Scale {
  const [low, middle, high] = [0.02, 0.5, 0.98].map((share) => rounded(percentile(values, share)));
  const range = { low: low!, middle: middle!, high: high! };
  const wanted = (range.high - range.low) / POSITIONS_ACROSS;
  const step = rounded(Math.min(limits.most, Math.max(limits.least, wanted)));
  const within = (by: number): number =>
    Math.min(POSITION_MOST, Math.max(1, Math.round(by / step)));
  return {
    range,
    step,
    safe: { least: -within(range.middle - range.low), most: within(range.high - range.middle) },
    deviation: Math.max(least, standardDeviation(values)),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

function factsOf({ own, evidence }: Judged, { range, step, safe }: Scale): ControlFacts {
  const { name, label, unit } = vocabulary[own]!;
  return { name, label, unit, step, range, safe, evidence };
}
