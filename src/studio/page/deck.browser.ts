/**
 * What plays in the page: one sound, or two of which one is heard, at the same place and as loud.
 */

import { batch, type Signal, signal } from "@preact/signals";
import { decibelsToGain } from "../../sound/audio/decibel.ts";
import type { Sound } from "../../sound/audio/sound.ts";
import { matchingGainsDb } from "../../sound/work/level-match.ts";
import type { SoundRequest } from "../../sound/work/sound-request.ts";
import { audioOutput } from "./audio.browser.ts";

/** A sound that can be put on the deck. */
export interface Track {
  /** The same for the same sound. */
  readonly key: string;
  readonly title: string;
  /** Where in which model it is, for what was made. */
  readonly made?: { readonly voice: string; readonly request: SoundRequest };
  load(): Promise<ArrayBuffer>;
}

export interface Side {
  readonly track: Track;
  readonly buffer: AudioBuffer;
  /** What makes it as loud as the other side; 1 where it is alone. */
  readonly gain: number;
}

export interface OnDeck {
  readonly a: Side;
  readonly b: Side | undefined;
}

export type SideName = "a" | "b";

export const onDeck: Signal<OnDeck | undefined> = signal(undefined);
export const heardSide: Signal<SideName> = signal("a");
export const isPlaying: Signal<boolean> = signal(false);
/** Key of what is being fetched. */
export const loading: Signal<string | undefined> = signal(undefined);
/** Where playing stands, in seconds; moves with each picture of the screen. */
export const position: Signal<number> = signal(0);
export const isLooping: Signal<boolean> = signal(false);

interface Playing {
  readonly sources: readonly AudioBufferSourceNode[];
  readonly gains: readonly GainNode[];
  /** Time of the context at which the sound began, were it played from its start. */
  readonly startedAt: number;
}

/** Long enough that no click is heard, short enough to compare. */
const FADE_SECONDS = 0.008;
const KEPT_MAX = 120;

let playing: Playing | undefined;
const kept = new Map<string, Promise<AudioBuffer>>();

/** Plays a sound from its start; the other side, if there is one, waits at the same place. */
export async function play(a: Track, b?: Track): Promise<void> {
  loading.value = a.key;
  try {
    const { context } = await audioOutput();
    const [first, second] = await Promise.all([bufferOf(a, context), b && bufferOf(b, context)]);
    const gains = second === undefined ? ([1, 1] as const) : matchedGains(first, second);
    stop();
    batch(() => {
      onDeck.value = {
        a: { track: a, buffer: first, gain: gains[0] },
        b: b && second && { track: b, buffer: second, gain: gains[1] },
      };
      heardSide.value = "a";
      position.value = 0;
    });
    await start(0);
  } finally {
    if (loading.peek() === a.key) loading.value = undefined;
  }
}

/** Puts a sound on the deck beside the one that is there, without a break. */
export async function compareWith(b: Track): Promise<void> {
  const deck = onDeck.peek();
  if (deck === undefined) return play(b);
  const at = position.peek();
  const wasPlaying = isPlaying.peek();
  const { context } = await audioOutput();
  const second = await bufferOf(b, context);
  const gains = matchedGains(deck.a.buffer, second);
  stop();
  batch(() => {
    onDeck.value = {
      a: { ...deck.a, gain: gains[0] },
      b: { track: b, buffer: second, gain: gains[1] },
    };
    heardSide.value = "b";
  });
  if (wasPlaying) await start(at);
  return undefined;
}

export function toggleSide(): void {
  if (onDeck.peek()?.b === undefined) return;
  hear(heardSide.peek() === "a" ? "b" : "a");
}

export function hear(side: SideName): void {
  heardSide.value = side;
  if (playing === undefined) return;
  const { gains } = playing;
  const deck = onDeck.peek();
  for (const [i, node] of gains.entries()) {
    const isHeard = (i === 0) === (side === "a");
    const gain = (i === 0 ? deck?.a.gain : deck?.b?.gain) ?? 1;
    node.gain.setTargetAtTime(isHeard ? gain : 0, node.context.currentTime, FADE_SECONDS / 3);
  }
}

export async function togglePlaying(): Promise<void> {
  if (isPlaying.peek()) {
    stop();
    return;
  }
  const length = lengthOf(onDeck.peek());
  await start(position.peek() >= length - 0.02 ? 0 : position.peek());
}

export async function seek(seconds: number): Promise<void> {
  position.value = seconds;
  if (!isPlaying.peek()) return;
  stop();
  await start(seconds);
}

export function stop(): void {
  isPlaying.value = false;
  const ending = playing;
  playing = undefined;
  if (ending === undefined) return;
  for (const [i, source] of ending.sources.entries()) {
    const gain = ending.gains[i];
    gain?.gain.setTargetAtTime(0, gain.context.currentTime, FADE_SECONDS / 3);
    source.onended = null;
    source.stop(source.context.currentTime + 3 * FADE_SECONDS);
  }
}

/** In seconds. */
export function lengthOf(deck: OnDeck | undefined): number {
  return Math.max(deck?.a.buffer.duration ?? 0, deck?.b?.buffer.duration ?? 0);
}

async function start(from: number): Promise<void> {
  const deck = onDeck.peek();
  if (deck === undefined) return;
  const { context, input } = await audioOutput();
  const at = context.currentTime + 0.01;
  const sides = [deck.a, deck.b].filter((side) => side !== undefined);
  const gains = sides.map((side, i) => {
    const isHeard = (i === 0) === (heardSide.peek() === "a");
    const node = new GainNode(context, { gain: isHeard ? side.gain : 0 });
    node.connect(input);
    return node;
  });
  const sources = sides.map(({ buffer }, i) => {
    const source = new AudioBufferSourceNode(context, { buffer, loop: isLooping.peek() });
    const gain = gains[i];
    if (gain) source.connect(gain);
    source.start(at, Math.min(from, buffer.duration));
    return source;
  });
  const longest = sources.reduce((one, other) =>
    (other.buffer?.duration ?? 0) > (one.buffer?.duration ?? 0) ? other : one,
  );
  const now: Playing = { sources, gains, startedAt: at - from };
  longest.onended = () => {
    if (playing !== now) return;
    playing = undefined;
    batch(() => {
      isPlaying.value = false;
      position.value = lengthOf(onDeck.peek());
    });
  };
  playing = now;
  isPlaying.value = true;
  requestAnimationFrame(follow);
}

function follow(): void {
  if (playing === undefined) return;
  const { startedAt, sources } = playing;
  const [source] = sources;
  const length = lengthOf(onDeck.peek());
  const passed = Math.max(0, (source?.context.currentTime ?? 0) - startedAt);
  position.value = isLooping.peek() && length > 0 ? passed % length : Math.min(length, passed);
  requestAnimationFrame(follow);
}

/** Decoded once for as long as it is among the newest. */
export function bufferOf(track: Track, context: BaseAudioContext): Promise<AudioBuffer> {
  const known = kept.get(track.key);
  kept.delete(track.key);
  const buffer = known ?? track.load().then((bytes) => context.decodeAudioData(bytes));
  kept.set(track.key, buffer);
  buffer.catch(() => kept.delete(track.key));
  const [oldest] = kept.keys();
  if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  return buffer;
}

/** Both as loud as the quieter one, so that neither clips. */
function matchedGains(a: AudioBuffer, b: AudioBuffer): readonly [number, number] {
  const [first = 0, second = 0] = matchingGainsDb([a, b].map(soundOf));
  return [decibelsToGain(first), decibelsToGain(second)];
}

function soundOf(buffer: AudioBuffer): Sound {
  const { sampleRate, numberOfChannels } = buffer;
  const channels = Array.from({ length: numberOfChannels }, (_, i) => buffer.getChannelData(i));
  return { sampleRate, channels };
}
