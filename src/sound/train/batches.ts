/**
 * Draws training examples: windows of frames, filled with augmented pieces of files.
 *
 * Files are drawn from a deck that is reshuffled every epoch: each file is in it at least once,
 * long ones more often, but less than in proportion to their length, because a one-shot matters as
 * much as a drone. Pieces fill a window one after another, so short files need no padding.
 */

import { below, type Random, shuffled, uniform } from "../../random.ts";
import {
  type Augmentation,
  applyAugmentation,
  drawAugmentation,
  neutralAugmentation,
  sourceFrameCount,
} from "../audio/augment.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { CONDITION_COUNT, type Examples, unpitched } from "../model/conditions.ts";
import { LEVEL_MIN_DB, type PackedFrames, unpackFrames } from "../model/sound-frames.ts";
import type { TrainSettings } from "./settings.ts";

/** Shortest and longest piece, as shares of a window. */
const PIECE_SHARE = { least: 0.375, most: 1 } as const;

/**
 * Probability that a second sound is mixed over a window, and how much quieter it is at most, in
 * dB.
 */
const MIX_SHARE = 0.3;
const MIX_DB = 25;

/** Probability that silence follows a piece, and its longest duration, as a share of a window. */
const SILENCE_SHARE = 0.1;
const SILENCE_LENGTH = 0.25;

/** The state of the deck, for checkpoints; plain JSON. */
export interface DeckState {
  /** Indices of files still to come in this epoch. */
  readonly deck: readonly number[];
}

export interface ExampleMaker {
  /** Shuffles a new deck. */
  startEpoch(): void;
  /** Fills `examples`, whose frames are [batch, exampleFrames, BIN_COUNT], with the next ones. */
  fill(examples: Examples): void;
  readonly deckState: DeckState;
}

export interface ExampleMakerOptions {
  readonly exampleFrames: number;
  readonly settings: TrainSettings;
  /** The only source of randomness here; its state belongs in a checkpoint. */
  readonly random: Random;
  readonly deckState?: DeckState;
}

export function exampleMaker(
  files: readonly PackedFrames[],
  options: ExampleMakerOptions,
): ExampleMaker {
  const { exampleFrames, random, settings } = options;
  const cards = cardsOf(files, exampleFrames);
  let deck: number[] = [...(options.deckState?.deck ?? [])];

  const nextFile = (): PackedFrames => {
    if (deck.length === 0) deck = shuffled(random, cards);
    return files[deck.pop() ?? 0] as PackedFrames;
  };

  const fillWindow = (window: Examples): void => {
    let at = 0;
    while (at < exampleFrames) {
      const file = nextFile();
      const change = changeFor(random, settings);
      const length = Math.min(
        exampleFrames - at,
        pieceLength(random, file, { exampleFrames, change }),
      );
      placePiece(file, partOf(window, [at, length]), { change, random });
      at += length;
      if (at < exampleFrames && change !== neutralAugmentation && random.next() < SILENCE_SHARE) {
        const pause = 1 + below(random, Math.ceil(SILENCE_LENGTH * exampleFrames));
        const end = Math.min(exampleFrames, at + pause);
        silence(partOf(window, [at, end - at]));
        at = end;
      }
    }
  };

  return {
    startEpoch: () => {
      deck = shuffled(random, cards);
    },
    fill: (examples) => {
      const windows = windowsOf(examples, exampleFrames);
      for (const window of windows) fillWindow(window);
      if (settings.augmentationShare > 0) mixWindows(windows, random);
    },
    get deckState() {
      return { deck };
    },
  };
}

/** Steps that one pass over the files takes. */
export function stepsPerPass(
  files: readonly PackedFrames[],
  { exampleFrames, batchSize }: { readonly exampleFrames: number; readonly batchSize: number },
): number {
  const frames = files.reduce((sum, { frameCount }) => sum + frameCount, 0);
  return Math.ceil(frames / (exampleFrames * batchSize));
}

/** Every file once, and again for each doubling of its length beyond one window. */
function cardsOf(files: readonly PackedFrames[], exampleFrames: number): number[] {
  return files.flatMap(({ frameCount }, index) => {
    const windows = frameCount / exampleFrames;
    const cards = Math.max(1, Math.round(Math.sqrt(windows) * 1.5));
    return new Array<number>(cards).fill(index);
  });
}

function changeFor(random: Random, settings: TrainSettings): Augmentation {
  const changed = random.next() < settings.augmentationShare;
  return changed ? drawAugmentation(random, settings.augmentation) : neutralAugmentation;
}

/** Frames of the window that a piece of this file fills. */
function pieceLength(
  random: Random,
  { frameCount }: PackedFrames,
  { exampleFrames, change }: { readonly exampleFrames: number; readonly change: Augmentation },
): number {
  const wanted = Math.round(uniform(random, PIECE_SHARE.least, PIECE_SHARE.most) * exampleFrames);
  const there = Math.floor((frameCount - 1) / change.speed) + 1;
  return Math.max(1, Math.min(wanted, there));
}

/** Fills `out` from a random place of the file; short files start at their start half of the time. */
function placePiece(
  file: PackedFrames,
  out: Examples,
  { change, random }: { readonly change: Augmentation; readonly random: Random },
): void {
  const length = out.frames.length / BIN_COUNT;
  const needed = Math.min(file.frameCount, sourceFrameCount(length, change));
  const room = file.frameCount - needed;
  const atStart = random.next() < 0.5 && file.frameCount <= 1.5 * needed;
  const start = below(random, room + 1) * (atStart ? 0 : 1);
  placeConditions(file, out, { start, change });
  if (change === neutralAugmentation) {
    unpackFrames(file, [start, length], out.frames);
    return;
  }
  const source = new Float32Array(needed * BIN_COUNT);
  unpackFrames(file, [start, needed], source);
  applyAugmentation({ frameCount: needed, binCount: BIN_COUNT, data: source }, change, {
    out: { frameCount: length, binCount: BIN_COUNT, data: out.frames },
    floorDb: LEVEL_MIN_DB,
  });
}

/** Those of the nearest frames of the source; the pitch moves with speed and transposition. */
function placeConditions(
  { conditions }: PackedFrames,
  out: Examples,
  { start, change }: { readonly start: number; readonly change: Augmentation },
): void {
  const last = conditions.length / CONDITION_COUNT - 1;
  const octaves = Math.log2(change.speed) + change.pitchSemitones / 12;
  for (let frame = 0; frame * CONDITION_COUNT < out.conditions.length; frame += 1) {
    const source = Math.min(last, start + Math.round(frame * change.speed)) * CONDITION_COUNT;
    const at = frame * CONDITION_COUNT;
    out.conditions[at] = (conditions[source] as number) + octaves;
    out.conditions[at + 1] = conditions[source + 1] as number;
  }
}

/** Levels from which another pitch disturbs the comb of a sound, and from which it hides it. */
const DISTURBED_DB = -20;
const HIDDEN_DB = -6;

/** Mixes the next window over some, quieter: each bin takes the louder of the two. */
function mixWindows(windows: readonly Examples[], random: Random): void {
  const count = windows.length;
  for (const [i, window] of windows.entries()) {
    if (random.next() >= MIX_SHARE || count === 1) continue;
    const gainDb = uniform(random, -MIX_DB, 0);
    mixOver(window, windows[(i + 1) % count] as Examples, gainDb);
  }
}

/** The pitch stays that of the louder one, as far as the other leaves it to be heard. */
function mixOver(window: Examples, other: Examples, gainDb: number): void {
  const { frames, conditions } = window;
  for (let frame = 0; frame * BIN_COUNT < frames.length; frame += 1) {
    let own = LEVEL_MIN_DB;
    let added = LEVEL_MIN_DB;
    for (let j = frame * BIN_COUNT; j < (frame + 1) * BIN_COUNT; j += 1) {
      const level = (other.frames[j] as number) + gainDb;
      own = Math.max(own, frames[j] as number);
      added = Math.max(added, level);
      if (level > (frames[j] as number)) frames[j] = level;
    }
    const at = frame * CONDITION_COUNT;
    if (own + MIX_DB < added) {
      conditions.set(other.conditions.subarray(at, at + CONDITION_COUNT), at);
      continue;
    }
    const hidden = (added - own - DISTURBED_DB) / (HIDDEN_DB - DISTURBED_DB);
    conditions[at + 1] = (conditions[at + 1] as number) * (1 - Math.min(1, Math.max(0, hidden)));
  }
}

/** Frames of silence, which have no pitch. */
function silence({ frames, conditions }: Examples): void {
  frames.fill(LEVEL_MIN_DB);
  conditions.set(unpitched(conditions.length / CONDITION_COUNT));
}

/** Room for `frameCount` frames. */
export function emptyExamples(frameCount: number): Examples {
  return {
    frames: new Float32Array(frameCount * BIN_COUNT),
    conditions: new Float32Array(frameCount * CONDITION_COUNT),
  };
}

function windowsOf(examples: Examples, exampleFrames: number): Examples[] {
  const count = examples.conditions.length / CONDITION_COUNT / exampleFrames;
  return Array.from({ length: count }, (_, i) =>
    partOf(examples, [i * exampleFrames, exampleFrames]),
  );
}

function partOf(
  { frames, conditions }: Examples,
  [start, count]: readonly [number, number],
): Examples {
  const of = (values: Float32Array, size: number): Float32Array =>
    values.subarray(start * size, (start + count) * size);
  return { frames: of(frames, BIN_COUNT), conditions: of(conditions, CONDITION_COUNT) };
}

/**
 * Batches to measure with: unchanged pieces, the same on every call with the same seed.
 *
 * @param batchCount At most; fewer where the files are shorter.
 */
export function measuringBatches(
  files: readonly PackedFrames[],
  options: ExampleMakerOptions & { readonly batchCount: number; readonly batchSize: number },
): Examples[] {
  const { exampleFrames, batchCount, batchSize } = options;
  const plain = { ...options.settings, augmentationShare: 0 };
  const maker = exampleMaker(files, { ...options, settings: plain });
  const count = Math.min(batchCount, stepsPerPass(files, { exampleFrames, batchSize }));
  return Array.from({ length: count }, () => {
    const examples = emptyExamples(batchSize * exampleFrames);
    maker.fill(examples);
    return examples;
  });
}
