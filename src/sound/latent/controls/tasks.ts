/** The measuring of a model's controls in parts that several threads can share. */

import type { PhaseQuality } from "../../audio/phase.ts";
import type { Codec } from "../codec.ts";
import { type Voice, voiceCorpus } from "../generate.ts";
import { type Moves, noMoves } from "./apply.ts";
import { type Bench, inventedTrial, recordedTrial, type Trial } from "./trial.ts";
import { vocabulary } from "./vocabulary.ts";

/** One sound's share of the measuring, as plain data. */
export type AnalysisTask =
  | { readonly kind: "recorded"; readonly index: number }
  | {
      readonly kind: "swept";
      readonly index: number;
      readonly positions: readonly number[];
      /** What one position asks for of each control, in the order of the vocabulary. */
      readonly steps: readonly number[];
    }
  | {
      readonly kind: "turned";
      readonly index: number;
      readonly positions: readonly number[];
      /** Of each character, what one position adds; shape [characters][3 * latents]. */
      readonly directions: readonly (readonly number[])[];
    };

/** Descriptors of the sound for each control or character at each position; null for a silent sound. */
export type TaskResult = readonly (readonly (readonly number[])[])[] | null;

export interface Crew {
  /** @returns Results in the order of the tasks. */
  doAll(
    tasks: readonly AnalysisTask[],
    quality: PhaseQuality,
    onDone: () => void,
  ): Promise<readonly TaskResult[]>;
}

export async function openBench(codec: Codec, voice: Voice, quality: PhaseQuality): Promise<Bench> {
  return { codec, voice, corpus: await voiceCorpus(codec, voice), quality };
}

/** @param step Called after each sound that was rendered. */
export async function doTask(
  bench: Bench,
  task: AnalysisTask,
  step: () => Promise<void>,
): Promise<TaskResult> {
  if (task.kind === "recorded") {
    const values = await (await recordedTrial(bench, task.index)).at(noMoves);
    await step();
    return values === undefined ? null : [[values]];
  }
  const gesture = await inventedTrial(bench, task.index);
  if ((await gesture.at(noMoves)) === undefined) return null;
  const { positions } = task;
  const rows: number[][][] = [];
  if (task.kind === "turned") {
    for (const direction of task.directions) {
      const movesAt = (position: number): Moves => ({
        ...noMoves,
        character: Float32Array.from(direction, (by) => position * by),
      });
      rows.push(await sweptRow(gesture, positions, { movesAt, step }));
    }
    return rows;
  }
  for (const [k, { name, needsPitch }] of vocabulary.entries()) {
    if (needsPitch === true && bench.codec.conditions.length === 0) {
      rows.push([]);
      continue;
    }
    const movesAt = (position: number): Moves => ({
      ...noMoves,
      [name]: position * task.steps[k]!,
    });
    rows.push(await sweptRow(gesture, positions, { movesAt, step }));
  }
  return rows;
}

/** Does everything itself, here. */
export function soloist(bench: Bench, { breathe, signal }: SoloistTools): Crew {
  const step = async (): Promise<void> => {
    await breathe();
    signal.throwIfAborted();
  };
  return {
    doAll: async (tasks, _quality, onDone) => {
      const results: TaskResult[] = [];
      for (const task of tasks) {
        results.push(await doTask(bench, task, step));
        onDone();
      }
      return results;
    },
  };
}

interface SoloistTools {
  readonly signal: AbortSignal;
  breathe(): Promise<void>;
}

// --- internal ---

async function sweptRow(
  trial: Trial,
  positions: readonly number[],
  { movesAt, step }: { movesAt(position: number): Moves; step(): Promise<void> },
): Promise<number[][]> {
  const still = (await trial.at(noMoves)) ?? [];
  const row: number[][] = [];
  for (const position of positions) {
    row.push(position === 0 ? still : ((await trial.at(movesAt(position))) ?? still));
    await step();
  }
  return row;
}
