/**
 * Sound without end from a model: held, or drifting through its corpus. It is rendered one vector at
 * a time, and only as much ahead as playing needs, so that a control is heard soon.
 */

import { seededRandom } from "../../../random.ts";
import { decibelsToGain } from "../../audio/decibel.ts";
import { type SampleQueue, sampleQueue } from "../../audio/live/sample-queue.ts";
import { defaultStft, MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { hasMoves, type Moves } from "../controls/apply.ts";
import { type LevelMover, levelMover } from "../controls/level-mover.ts";
import { movedPath } from "../controls/path-moves.ts";
import { type SteadyRows, steadyRows } from "../steady-path.ts";
import { textureAlong } from "../texture.ts";
import { rowLayout, rowPitches } from "./gesture-rows.ts";
import { frameMover } from "./key-sound.ts";
import { openLiveDecoder } from "./live-decoder.ts";
import type { LiveVoice } from "./live-voice.ts";

/** Moves one row of a path, shape [size]; gives a new one, or the same where nothing moves. */
export type MoveRow = (row: Float32Array) => Float32Array;

export interface LiveStreamOptions {
  /** Whether it drifts from sound to sound, or stays with one. */
  readonly drifts: boolean;
  /** How far it goes, 0 to 1: see `steadyRows`. */
  readonly evolution: number;
  readonly seed: number;
}

export interface StreamMoves {
  readonly moves: Moves;
  readonly moveRow: MoveRow | undefined;
  /** Of the pitch, where the model has one. */
  readonly bendOctaves: number;
}

export interface LiveStream {
  /** Rendered, not yet taken. */
  readonly queue: SampleQueue;
  /** Renders one more vector with what is set now. */
  next(how: StreamMoves): Promise<void>;
  /** Goes on with another voice, usually the same model after more training, without a gap. */
  use(voice: LiveVoice): void;
}

export function openLiveStream(
  first: LiveVoice,
  { drifts, evolution, seed }: LiveStreamOptions,
): LiveStream {
  let voice = first;
  const { latentsPerSecond, decoder, corpus, plan } = voice;
  const random = seededRandom(seed);
  const rows = steadyRows(corpus, { latentsPerSecond, evolution, drifts, random });
  const live = openLiveDecoder(decoder, { seed, plan });
  const hop = decoder.framesPerLatent * defaultStft.hopLength;
  const queue = sampleQueue(QUEUED_VECTORS * hop);
  const level = changingLevel();
  let coming: Float32Array[] = [];
  let rendered = 0;
  return {
    queue,
    use: (other) => {
      voice = other;
      rows.use(other.corpus);
      live.use(other.decoder);
      // What was meant to come stands in the latents of the voice before.
      coming = [];
    },
    next: async ({ moves, moveRow, bendOctaves }) => {
      coming = filled(coming, rows, voice.decoder.reach + 1);
      const { latents, corpus: cloud } = voice;
      const layout = rowLayout(cloud);
      const moved = coming.map((row, i) => {
        const time = { latentsPerSecond, fromSeconds: (rendered + i) / latentsPerSecond };
        const own = movedPath(moveRow?.(row) ?? row, layout, { move: moves, time });
        return bent(own, voice.pitchColumn, bendOctaves);
      });
      rendered += 1;
      const { means: vectors, texture } = latents;
      const pitches = rowPitches(moved, layout, bendOctaves);
      const block = await live.next({
        rows: moved,
        pitches,
        texture: textureAlong(moved[0]!, { vectors, size: cloud.size, texture }),
        reference: decibelsToGain(moves.loudness) * middleOf(voice.references),
        ...(hasMoves(moves, "frames") && {
          move: frameMover(moves, voice.decoder.framesPerLatent, pitches),
        }),
      });
      coming = coming.slice(1);
      level.move(block, moves);
      queue.push(block);
    },
  };
}

// --- internal ---

/** Room of the queue. */
const QUEUED_VECTORS = 4;

function filled(coming: readonly Float32Array[], rows: SteadyRows, count: number): Float32Array[] {
  const all = [...coming];
  while (all.length < count) all.push(rows.next());
  return all;
}

function bent(row: Float32Array, column: number | undefined, octaves: number): Float32Array {
  if (column === undefined || octaves === 0) return row;
  return row.map((value, i) => (i === column ? value + octaves : value));
}

/** Recordings are of different loudness; a stream between them has that of the middle one. */
function middleOf(references: readonly number[]): number {
  return references.toSorted((a, b) => a - b)[Math.floor(references.length / 2)] ?? 1;
}

/** The stage of samples, whose moves may change: then one is faded into the next over a block. */
function changingLevel(): { move(samples: Float32Array, moves: Moves): void } {
  let mover: LevelMover | undefined;
  let now = "";
  return {
    move: (samples, moves) => {
      const wanted = hasMoves(moves, "samples") ? `${moves.modulation} ${moves.roughness}` : "";
      const leaving = mover;
      if (wanted !== now) mover = wanted === "" ? undefined : levelMover(moves, MODEL_RATE_HZ);
      const changes = wanted !== now;
      now = wanted;
      const before = changes ? samples.slice() : samples;
      if (changes) leaving?.move(before);
      mover?.move(samples);
      if (!changes) return;
      for (let i = 0; i < samples.length; i += 1) {
        samples[i] = before[i]! + ((i + 1) / samples.length) * (samples[i]! - before[i]!);
      }
    },
  };
}
