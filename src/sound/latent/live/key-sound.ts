/**
 * The sound under a key: rendered vector by vector, faster than it is played, and kept for the next
 * time. It can be played as soon as its first samples are there.
 */

import { decibelsToGain } from "../../audio/decibel.ts";
import { defaultStft, MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { TEXTURE_BANDS } from "../../model/bands.ts";
import { hasMoves, type Moves, moveFrames } from "../controls/apply.ts";
import { attackMoved } from "../controls/attack.ts";
import type { FramePitch } from "../controls/hollow.ts";
import { levelMover } from "../controls/level-mover.ts";
import { textureAlong } from "../texture.ts";
import { keyPath, rowLayout, rowPitches } from "./gesture-rows.ts";
import type { KeyPart } from "./key-notes.ts";
import { type LiveDecoder, openLiveDecoder } from "./live-decoder.ts";
import type { LiveVoice } from "./live-voice.ts";

export interface KeySound {
  /** Mono at MODEL_RATE_HZ; only the first `length` are rendered. */
  readonly samples: Float32Array;
  readonly length: number;
  readonly isDone: boolean;
  /** Whose decoder it needs until it is done. */
  readonly voice: LiveVoice;
  /** Once it is done: where to go on after the last sample while the key is held. */
  readonly loopFrom: number | undefined;
  /** Renders one more vector. */
  next(): Promise<void>;
}

export interface KeySoundOptions {
  readonly part: KeyPart;
  readonly moves: Moves;
  readonly seed: number;
}

/** An attack lies within so much of a sound. */
const ATTACK_SECONDS = 1;

/** Fades against clicks, in seconds; the last one closes the loop. */
const FADE_SECONDS = { in: 0.001, out: 0.01, loop: 0.12 } as const;

export function openKeySound(voice: LiveVoice, options: KeySoundOptions): KeySound {
  const { part, moves, seed } = options;
  const { decoder, latents, corpus, references, plan } = voice;
  const { rows, heldFrom } = keyPath(voice, part, moves);
  const live = openLiveDecoder(decoder, { seed, plan });
  const hop = decoder.framesPerLatent * defaultStft.hopLength;
  const samples = new Float32Array(rows.length * hop);
  const level = levelMover(moves, MODEL_RATE_HZ);
  let [rendered, length, t, isDone] = [0, 0, 0, false];
  // An attack that is moved is measured first.
  const heldBack = moves.attack === 0 ? 1 : ATTACK_SECONDS * MODEL_RATE_HZ;
  let loopFrom: number | undefined;
  const render = async (): Promise<Float32Array> => {
    const here = rows.slice(t, t + decoder.reach + 1);
    if (here.length === 0) return live.next(silenceAfter(rows.at(-1)!));
    const cloud = { vectors: latents.means, size: corpus.size, texture: latents.texture };
    const pitches = rowPitches(here, rowLayout(corpus), part.shiftOctaves);
    return live.next({
      rows: here,
      pitches,
      texture: textureAlong(here[0]!, cloud),
      reference: decibelsToGain(moves.loudness) * (references[part.gesture.file] ?? 1),
      ...(hasMoves(moves, "frames") && {
        move: frameMover(moves, decoder.framesPerLatent, pitches),
      }),
    });
  };
  return {
    voice,
    samples,
    get length() {
      return length;
    },
    get isDone() {
      return isDone;
    },
    get loopFrom() {
      return loopFrom;
    },
    next: async () => {
      if (isDone) return;
      const block = await render();
      t += 1;
      if (hasMoves(moves, "samples")) level.move(block);
      const fitting = block.subarray(0, samples.length - rendered);
      samples.set(fitting, rendered);
      rendered += fitting.length;
      if (rendered < Math.min(samples.length, heldBack)) return;
      if (length === 0) begin(samples.subarray(0, rendered), moves.attack);
      length = rendered;
      if (length < samples.length) return;
      loopFrom = heldFrom === undefined ? undefined : joined(samples, heldFrom * hop);
      if (loopFrom === undefined) fadeOut(samples);
      isDone = true;
    },
  };
}

/** What the controls do to the decoded frames of one vector. */
export function frameMover(
  moves: Moves,
  framesPerLatent: number,
  pitches: readonly FramePitch[],
): (levels: Float32Array, texture: Float32Array) => void {
  return (levels, texture) => moveFrames({ levels, texture, framesPerLatent, pitches }, moves);
}

// --- internal ---

/** Brings the last samples out of the decoder. */
function silenceAfter(row: Float32Array): Parameters<LiveDecoder["next"]>[0] {
  return { rows: [row], texture: new Float32Array(TEXTURE_BANDS), reference: 0 };
}

/** @param octaves Of the time of the attack. */
function begin(samples: Float32Array, octaves: number): void {
  if (octaves !== 0) samples.set(attackMoved(samples, octaves, MODEL_RATE_HZ));
  const count = Math.min(samples.length, Math.round(FADE_SECONDS.in * MODEL_RATE_HZ));
  for (let i = 0; i < count; i += 1) samples[i] = samples[i]! * (i / count);
}

function fadeOut(samples: Float32Array): void {
  const count = Math.min(samples.length, Math.round(FADE_SECONDS.out * MODEL_RATE_HZ));
  for (let i = 1; i <= count; i += 1) {
    const at = samples.length - i;
    samples[at] = samples[at]! * (i / count);
  }
}

/** Fades the end into what lies before the place to go on at; undefined where it is too short. */
function joined(samples: Float32Array, heldFrom: number): number | undefined {
  const count = Math.round(FADE_SECONDS.loop * MODEL_RATE_HZ);
  const from = heldFrom + count;
  const end = samples.length - count;
  if (end < from + count) return undefined;
  for (let i = 0; i < count; i += 1) {
    const share = (Math.PI / 2) * ((i + 1) / count);
    samples[end + i] =
      Math.cos(share) * samples[end + i]! + Math.sin(share) * samples[from - count + i]!;
  }
  return from;
}
