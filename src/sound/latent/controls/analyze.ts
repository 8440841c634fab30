/**
 * Measures which controls a model offers, on gestures of its own recordings: each is set to several
 * positions, rendered with phases and described; what does as it says is offered.
 */

import type { PhaseQuality } from "../../audio/phase.ts";
import type { ControlFacts, ModelAnalysis } from "../../model/analysis.ts";
import { POSITION_MOST } from "../../model/position-range.ts";
import type { Codec } from "../codec.ts";
import type { Voice } from "../generate.ts";
import type { GestureCorpus } from "../gesture-path.ts";
import type { Gesture } from "../gestures.ts";
import { audibleLatents } from "./audible-latents.ts";
import { charactersOf, type GestureCode, latentsOfGesture } from "./characters.ts";
import { measuredCharacters } from "./measured-characters.ts";
import { type Candidate, type Judged, judged, reasonOf } from "./select.ts";
import { percentile, standardDeviation } from "./statistics.ts";
import { type AnalysisTask, type Crew, openBench, soloist } from "./tasks.ts";
import { type ControlWords, vocabulary } from "./vocabulary.ts";

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
  /** Does tasks elsewhere, several at a time, by `doTask`. @default one after another, here */
  readonly crew?: Crew;
}

/** Gestures of the recordings that say how wide the corpus is. */
const CORPUS_SOUNDS = 40;
/** So many positions lead from one end of the corpus to the other. */
const POSITIONS_ACROSS = 12;

/**
 * @throws The signal's reason when it aborts; RangeError where the model holds no latents.
 */
export async function analyzeControls(
  codec: Codec,
  voice: Voice,
  options: AnalyzeOptions & AnalyzeTools,
): Promise<ModelAnalysis> {
  const { sounds = 6, positions = [-9, -6, -3, 0, 3, 6, 9], quality = "sketch", signal } = options;
  const bench = await openBench(codec, voice, quality);
  const crew = options.crew ?? soloist(bench, options);
  const { gestures } = bench.corpus;
  const recorded = Math.min(CORPUS_SOUNDS, gestures.length);
  const works = recorded + sounds * vocabulary.length * (positions.length - 1);
  let done = 0;
  const count = (by: number) => (): void => {
    done += by;
    options.onProgress?.(Math.min(1, done / works));
  };
  const ofRecordings = recordedTasks(gestures.length, recorded);
  const spread = await crew.doAll(ofRecordings, quality, count(1));
  signal.throwIfAborted();
  const scales = vocabulary.map((words, k) =>
    scaleOf(
      words,
      spread.flatMap((rows) => (rows === null ? [] : [rows[0]![0]![k]!])),
    ),
  );
  const steps = scales.map(({ step }) => step);
  const tasks = Array.from({ length: sounds }, (_, index): AnalysisTask => {
    return { kind: "swept", index, positions, steps };
  });
  const each = count(vocabulary.length * (positions.length - 1));
  const swept = (await crew.doAll(tasks, quality, each)).filter((rows) => rows !== null);
  signal.throwIfAborted();
  const candidates = vocabulary.map(
    ({ name }, own): Candidate => ({
      name,
      own,
      sweep: { positions, values: swept.map((rows) => rows[own]!) },
    }),
  );
  const deviations = scales.map(({ deviation }) => deviation);
  const verdicts = judged(candidates, deviations);
  const offered = verdicts.filter(({ isOffered }) => isOffered);
  const decibels = await audibleLatents(codec, voice, bench.corpus.vectors);
  const codes = ofRecordings.flatMap(({ index }, i): GestureCode[] => {
    const gesture = gestures[index]!;
    const values = spread[i]?.[0]?.[0];
    return values === undefined
      ? []
      : [codeOf(bench.corpus, { gesture, values, offered, scales, decibels })];
  });
  const turned = { crew, quality, sounds, deviations, decibels };
  const characters = await measuredCharacters(charactersOf(codes), turned);
  signal.throwIfAborted();
  options.onProgress?.(1);
  return {
    version: 1,
    measured: { sounds, positions, files: voice.latents.lengths.length, phases: quality },
    controls: verdicts.flatMap((verdict) =>
      verdict.isOffered ? [factsOf(verdict, scales[verdict.own]!)] : [],
    ),
    declined: verdicts.flatMap((verdict) =>
      verdict.isOffered
        ? []
        : [{ name: verdict.name, reason: reasonOf(verdict), evidence: verdict.evidence }],
    ),
    characters,
    labels: {},
  };
}

// --- internal ---

/** With its descriptors in deviations of the corpus. */
function codeOf(
  corpus: GestureCorpus,
  {
    gesture,
    values,
    offered,
    scales,
    decibels,
  }: {
    readonly gesture: Gesture;
    readonly values: readonly number[];
    readonly offered: readonly Judged[];
    readonly scales: readonly Scale[];
    readonly decibels: Float64Array;
  },
): GestureCode {
  return {
    file: gesture.file,
    latents: latentsOfGesture(corpus, gesture, decibels),
    descriptors: offered.map(
      ({ own }) => (values[own]! - scales[own]!.range.middle) / scales[own]!.deviation,
    ),
  };
}

/** Evenly over the corpus. */
function recordedTasks(gestures: number, count: number): (AnalysisTask & { kind: "recorded" })[] {
  return Array.from({ length: count }, (_, i) => ({
    kind: "recorded" as const,
    index: Math.floor((i * gestures) / count),
  }));
}

interface Scale extends Pick<ControlFacts, "range" | "step" | "safe"> {
  readonly deviation: number;
}

function scaleOf({ least, step: limits }: ControlWords, all: readonly number[]): Scale {
  const heard = all.filter(Number.isFinite);
  const values = heard.length === 0 ? [0] : heard;
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
