/**
 * When a checkpoint is logged: with its step or after a preceding evaluation, and written
 * asynchronously or while training waits.
 */

import type { CheckpointSaved, StepDone } from "../../events/events.ts";
import { type Facts, quickSteps } from "./facts.ts";
import { at } from "./start-times.ts";

/** A framework's lines about checkpoints. */
export interface SaveWords {
  /** Training stands still for a checkpoint of this step. */
  saving(step: number): string[];
  /** Of a framework that writes it itself while training waits: all of it is there. */
  written?(step: number): string[];
  saved(saved: CheckpointSaved): string[];
}

export interface Saves {
  readonly facts: Facts;
  readonly words: SaveWords;
  /** Step of the one that is reported as begun, and not yet there. */
  pending: number | undefined;
  /** Is being written while training waits. */
  unwritten: number | undefined;
  /** Waits for the evaluation that comes first. */
  due: number | undefined;
  /** Was written while the evaluation went on. */
  held: CheckpointSaved | undefined;
}

const NONE = { pending: undefined, unwritten: undefined, due: undefined, held: undefined };

export function savesOf(facts: Facts, words: SaveWords): Saves {
  return { facts, words, ...NONE };
}

/** The processes that saved are gone. */
export function forgetSaves(saves: Saves): void {
  Object.assign(saves, NONE);
}

/** Whether a checkpoint is taken after this step. The last one is reported by the end of the run. */
export function isSaveDue(facts: Facts, step: StepDone): boolean {
  const { stepsPerCheckpoint: every, precision } = facts.recipe ?? {};
  if (every === undefined || step.step % (every * quickSteps(facts, step)) !== 0) return false;
  // Weights that are not numbers are not saved; where losses are scaled they stay numbers.
  const isKept = !step.skipped || precision === "fp16";
  return isKept && step.step !== facts.plan?.stepsTotal;
}

/**
 * A checkpoint whose turn has come, after an evaluation or without it.
 *
 * @param untilMs When it was there, if it is.
 */
export function dueLines(saves: Saves, untilMs: number): string[] {
  const { due, held } = saves;
  saves.due = undefined;
  saves.held = undefined;
  if (due === undefined) return [];
  const saving = savingLines(saves, due);
  if (held === undefined) return saving;
  return [...saving, ...at(saves.facts, untilMs, () => savedLines(saves, held))];
}

export function savingLines(saves: Saves, step: number): string[] {
  // While one is written the next is not begun; what is said then comes with the message of it.
  if (saves.pending !== undefined) return [];
  saves.pending = step;
  return beginLines(saves, step);
}

function beginLines(saves: Saves, step: number): string[] {
  saves.unwritten = step;
  return saves.words.saving(step);
}

export function writtenLines(saves: Saves): string[] {
  const { unwritten, words } = saves;
  saves.unwritten = undefined;
  return unwritten === undefined ? [] : (words.written?.(unwritten) ?? []);
}

export function savedLines(saves: Saves, event: CheckpointSaved): string[] {
  const { facts, words } = saves;
  if (saves.due === event.step) {
    saves.held = event;
    return [];
  }
  const begunMs = facts.atMs - event.durationMs;
  const isBegun = saves.pending === event.step;
  const before = isBegun ? [] : at(facts, begunMs, () => beginLines(saves, event.step));
  saves.pending = undefined;
  return [...before, ...writtenLines(saves), ...words.saved(event)];
}
