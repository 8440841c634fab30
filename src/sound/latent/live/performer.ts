/**
 * Plays a model: a stream without end, keys over it, controls over both.
 *
 * `take` gives the next samples at once and never waits; `work` renders, one vector at a time, what
 * they will need. The player calls `work` until it says that nothing is to do, before each `take` or
 * after it.
 */

import { limiter } from "../../audio/live/limiter.ts";
import { MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { type Moves, noMoves } from "../controls/apply.ts";
import { type Keys, openKeys } from "./keys.ts";
import { type LiveStream, type MoveRow, openLiveStream, type StreamMoves } from "./live-stream.ts";
import type { LiveVoice } from "./live-voice.ts";

/** What sounds without a key. */
export interface StreamWish {
  readonly kind: "off" | "sustain" | "walk";
  /** How far it goes, 0 to 1. @default 0.5 */
  readonly evolution?: number;
  /** Which of its sounds: a whole number from 0 to 2^32 - 1. @default 1 */
  readonly seed?: number;
}

export interface Performer extends Pick<Keys, "press" | "release" | "sustain" | "bend"> {
  readonly keys: Pick<Keys, "isKeyboard" | "soundKeys" | "preparedCount" | "soundingCount">;
  /** Samples that should have sounded and were not ready, since the start. */
  readonly lateSamples: number;
  /** Between two calls of `work`: voices from before `use` are not needed any more. */
  readonly isSettled: boolean;
  /** Another stream, faded into the one before. */
  stream(wish: StreamWish): void;
  /** What is moved from now on, see `controls/apply.ts`; the stream follows with its next vector. */
  setMoves(moves: Moves): void;
  /** Moves rows of the path before they are decoded; undefined for none. */
  setMoveRow(moveRow: MoveRow | undefined): void;
  /** Goes on with another model, or the same after more training, without a gap. */
  use(voice: LiveVoice): void;
  /** Lets all keys go and fades the stream out. */
  quiet(): void;
  /** Holds off preparing keys for a while: what plays this does not keep up. */
  spare(): void;
  /**
   * Fills samples that are added to those taken last, to their end, with the beginning of the key
   * that was pressed last; it goes on from there.
   *
   * @param out At least as long as the delay of the limiter, 2 ms.
   * @returns False where the key is not ready, and nothing was filled.
   */
  joinLast(out: Float32Array): boolean;
  /** The next samples at MODEL_RATE_HZ, at most at -1 dB; any length. */
  take(out: Float32Array): void;
  /** Renders what is needed most; false where nothing is to do. Not to be called before it is done. */
  work(): Promise<boolean>;
}

/** How far the stream is rendered ahead: less than this, and a vector more is rendered. */
const AHEAD_LENGTH = { least: 1024, most: 4096 } as const;
/** Time in which one stream is faded into another. */
const FADE_SECONDS = 0.08;
/** Pads are prepared when nothing has changed for so long. */
const QUIET_SECONDS = 0.3;
/** And where the machine does not keep up, only after so long. */
const SPARED_SECONDS = 3;

export function openPerformer(first: LiveVoice): Performer {
  const keys = openKeys(first);
  const streams = openStreams(first);
  const limit = limiter({ sampleRateHz: MODEL_RATE_HZ });
  let wished: StreamWish | undefined;
  let how: StreamMoves = { moves: noMoves, moveRow: undefined, bendOctaves: 0 };
  let aheadLength: number = AHEAD_LENGTH.least;
  let lateSamples = 0;
  let unchangedLength = 0;
  return {
    keys,
    get lateSamples() {
      return lateSamples;
    },
    get isSettled() {
      return keys.isSettled;
    },
    stream: (wish) => {
      wished = wish;
    },
    setMoves: (moves) => {
      how = { ...how, moves };
      unchangedLength = 0;
      keys.change({ moves });
    },
    setMoveRow: (moveRow) => {
      how = { ...how, moveRow };
    },
    use: (voice) => {
      streams.use(voice);
      keys.change({ voice });
      unchangedLength = 0;
    },
    press: keys.press,
    release: keys.release,
    sustain: keys.sustain,
    bend: (semitones) => {
      how = { ...how, bendOctaves: semitones / 12 };
      keys.bend(semitones);
    },
    quiet: () => {
      keys.releaseAll();
      wished = { kind: "off" };
    },
    spare: () => {
      unchangedLength = -SPARED_SECONDS * MODEL_RATE_HZ;
    },
    joinLast: (out) => {
      const beginning = new Float32Array(out.length);
      if (!keys.mixLastInto(beginning)) return false;
      const { delayLength } = limit;
      out.fill(0, 0, delayLength);
      out.set(beginning.subarray(0, -delayLength), delayLength);
      limit.join(beginning.subarray(-delayLength));
      return true;
    },
    take: (out) => {
      out.fill(0);
      const late = keys.mixInto(out) + streams.mixInto(out);
      if (late > 0) aheadLength = Math.min(AHEAD_LENGTH.most, aheadLength + out.length);
      lateSamples += late;
      unchangedLength += out.length;
      limit.apply(out);
    },
    work: async () => {
      if (wished !== undefined) {
        streams.begin(wished);
        wished = undefined;
      }
      if (await streams.work(aheadLength, how)) return true;
      return keys.work(unchangedLength > QUIET_SECONDS * MODEL_RATE_HZ);
    },
  };
}

// --- internal ---

interface Streams {
  begin(wish: StreamWish): void;
  use(voice: LiveVoice): void;
  /** Adds what they sound; gives the samples that were not ready. */
  mixInto(out: Float32Array): number;
  work(aheadLength: number, how: StreamMoves): Promise<boolean>;
}

interface Channel {
  readonly stream: LiveStream;
  gain: number;
  /** "waits" until there is enough to sound. */
  state: "waits" | "sounds" | "leaves";
}

function openStreams(first: LiveVoice): Streams {
  let voice = first;
  let channels: Channel[] = [];
  return {
    begin: ({ kind, evolution = 0.5, seed = 1 }) => {
      channels = channels.filter(({ state }) => state !== "waits");
      if (kind === "off") leave(channels);
      else {
        const stream = openLiveStream(voice, { drifts: kind === "walk", evolution, seed });
        channels.push({ stream, gain: 0, state: "waits" });
      }
    },
    use: (other) => {
      voice = other;
      for (const { stream } of channels) stream.use(other);
    },
    mixInto: (out) => {
      let late = 0;
      for (const channel of channels) late += mixChannel(channel, out);
      channels = channels.filter(({ gain, state }) => gain > 0 || state !== "leaves");
      return late;
    },
    work: async (aheadLength, how) => {
      const hungry = channels.find(({ stream }) => stream.queue.length < aheadLength);
      if (hungry === undefined) return false;
      await hungry.stream.next(how);
      if (hungry.state === "waits" && hungry.stream.queue.length >= aheadLength) {
        leave(channels);
        hungry.state = "sounds";
      }
      return true;
    },
  };
}

function leave(channels: readonly Channel[]): void {
  for (const channel of channels) channel.state = "leaves";
}

function mixChannel(channel: Channel, out: Float32Array): number {
  const { gain, state, stream } = channel;
  if (state === "waits") return 0;
  const most = out.length / (FADE_SECONDS * MODEL_RATE_HZ);
  const goal = state === "sounds" ? 1 : 0;
  channel.gain = gain + Math.min(most, Math.max(-most, goal - gain));
  const taken = stream.queue.mixInto(out, { from: gain, to: channel.gain });
  return out.length - taken;
}
