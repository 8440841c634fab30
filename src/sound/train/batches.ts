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
  /** Fills `frames`, shape [batch, exampleFrames, BIN_COUNT], with the next examples. */
  fill(frames: Float32Array): void;
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

  const fillWindow = (window: Float32Array): void => {
    let at = 0;
    while (at < exampleFrames) {
      const file = nextFile();
      const change = changeFor(random, settings);
      const length = Math.min(
        exampleFrames - at,
        pieceLength(random, file, { exampleFrames, change }),
      );
      placePiece(file, window.subarray(at * BIN_COUNT, (at + length) * BIN_COUNT), {
        change,
        random,
      });
      at += length;
      if (at < exampleFrames && change !== neutralAugmentation && random.next() < SILENCE_SHARE) {
        const silence = 1 + below(random, Math.ceil(SILENCE_LENGTH * exampleFrames));
        const end = Math.min(exampleFrames, at + silence);
        window.fill(LEVEL_MIN_DB, at * BIN_COUNT, end * BIN_COUNT);
        at = end;
      }
    }
  };

  return {
    startEpoch: () => {
      deck = shuffled(random, cards);
    },
    fill: (frames) => {
      const size = exampleFrames * BIN_COUNT;
      for (let start = 0; start < frames.length; start += size) {
        fillWindow(frames.subarray(start, start + size));
      }
      if (settings.augmentationShare > 0) mixWindows(frames, size, random);
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
  out: Float32Array,
  { change, random }: { readonly change: Augmentation; readonly random: Random },
): void {
  const length = out.length / BIN_COUNT;
  const needed = Math.min(file.frameCount, sourceFrameCount(length, change));
  const room = file.frameCount - needed;
  const atStart = random.next() < 0.5 && file.frameCount <= 1.5 * needed;
  const start = below(random, room + 1) * (atStart ? 0 : 1);
  if (change === neutralAugmentation) {
    unpackFrames(file, [start, length], out);
    return;
  }
  const source = new Float32Array(needed * BIN_COUNT);
  unpackFrames(file, [start, needed], source);
  applyAugmentation({ frameCount: needed, binCount: BIN_COUNT, data: source }, change, {
    out: { frameCount: length, binCount: BIN_COUNT, data: out },
    floorDb: LEVEL_MIN_DB,
  });
}

/** Mixes the next window over some, quieter: each bin takes the louder of the two. */
function mixWindows(frames: Float32Array, size: number, random: Random): void {
  const count = frames.length / size;
  for (let i = 0; i < count; i += 1) {
    if (random.next() >= MIX_SHARE || count === 1) continue;
    const gainDb = uniform(random, -MIX_DB, 0);
    const other = frames.subarray(((i + 1) % count) * size, ((i + 1) % count) * size + size);
    const window = frames.subarray(i * size, (i + 1) * size);
    for (let j = 0; j < size; j += 1) {
      const level = (other[j] as number) + gainDb;
      if (level > (window[j] as number)) window[j] = level;
    }
  }
}

/**
 * Batches to measure with: unchanged pieces, the same on every call with the same seed.
 *
 * @param batchCount At most; fewer where the files are shorter.
 */
export function measuringBatches(
  files: readonly PackedFrames[],
  options: ExampleMakerOptions & { readonly batchCount: number; readonly batchSize: number },
): Float32Array[] {
  const { exampleFrames, batchCount, batchSize } = options;
  const plain = { ...options.settings, augmentationShare: 0 };
  const maker = exampleMaker(files, { ...options, settings: plain });
  const count = Math.min(batchCount, stepsPerPass(files, { exampleFrames, batchSize }));
  return Array.from({ length: count }, () => {
    const frames = new Float32Array(batchSize * exampleFrames * BIN_COUNT);
    maker.fill(frames);
    return frames;
  });
}
