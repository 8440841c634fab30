/** From a sound of the model to a sample of an instrument: its note, its softness, its level. */

import { decibelsToGain } from "../../audio/decibel.ts";
import { faded, peakOfChannels } from "../../audio/level.ts";
import { loudestDbfs } from "../../audio/quality/loudest.ts";
import { createResampler } from "../../audio/resample.ts";
import { MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { CEILING_DB, truePeak } from "../../audio/true-peak.ts";

/** Hertz of a MIDI note, A4 = 440. */
export function hzOfKey(key: number): number {
  return 440 * 2 ** ((key - 69) / 12);
}

/** The key that a sound without pitch plays as it is: middle C. */
const UNPITCHED_KEY = 60;

export interface NoteOptions {
  readonly key: number;
  /** Of the sound as it is; undefined where it has no pitch. */
  readonly hz: number | undefined;
  /** Of the result. */
  readonly sampleRate: number;
  readonly secondsMax: number;
}

/** The sound played faster or slower, so that it has the pitch of a key. */
export function atKey(mono: Float32Array, options: NoteOptions): Float32Array {
  const { key, hz, sampleRate, secondsMax } = options;
  const ratio = hzOfKey(key) / (hz ?? hzOfKey(UNPITCHED_KEY));
  const lengthMax = Math.round(secondsMax * sampleRate);
  // No more than will be heard, and what the filter reaches.
  const needed = Math.ceil((lengthMax * ratio * MODEL_RATE_HZ) / sampleRate) + 512;
  const played = createResampler(MODEL_RATE_HZ * ratio, sampleRate).resample(
    mono.subarray(0, needed),
  );
  const heard = withoutTail(played).subarray(0, lengthMax);
  const cut = heard.length === lengthMax ? CUT_SECONDS : FADE_SECONDS;
  return faded(heard, {
    inLength: Math.round(0.001 * sampleRate),
    outLength: Math.round(cut * sampleRate),
  });
}

const CUT_SECONDS = 0.25;
const FADE_SECONDS = 0.005;
/** -76 dB of the peak: what is behind is silence. */
const SILENCE = 1.6e-4;

function withoutTail(samples: Float32Array): Float32Array {
  const least = SILENCE * peakOfChannels([samples]);
  const last = samples.findLastIndex((value) => Math.abs(value) > least);
  return samples.subarray(0, Math.max(1, last + 1));
}

/** A layer of velocities, from 0 (the softest) to layers - 1. */
export interface Layer {
  readonly layer: number;
  readonly layers: number;
}

/** How much duller and quieter the softest layer is than the loudest. */
const DULLER_DB = 15;
const QUIETER_DB = 9;

/**
 * Darker for softer layers: a shelf of first order above twice the pitch, from 0 dB for the loudest
 * layer to -15 dB for the softest.
 */
export function softened(
  samples: Float32Array,
  { layer, layers, hz, sampleRate }: Layer & { readonly hz: number; readonly sampleRate: number },
): Float32Array {
  const share = sharesOf({ layer, layers });
  if (share === 0) return samples;
  const gain = 10 ** ((-DULLER_DB * share) / 20);
  const cornerHz = Math.min(4000, Math.max(300, 2 * hz));
  const rate = 1 - Math.exp((-2 * Math.PI * cornerHz) / sampleRate);
  let low = 0;
  return samples.map((sample) => {
    low += rate * (sample - low);
    return low + gain * (sample - low);
  });
}

/** From 0 for the loudest layer to 1 for the softest. */
function sharesOf({ layer, layers }: Layer): number {
  return layers === 1 ? 0 : (layers - 1 - layer) / (layers - 1);
}

/** The loudest 50 ms of the loudest layer, in dBFS, if its true peak allows. */
const LOUDEST_DBFS = -14;

/** Every key equally loud, softer layers quieter by up to 9 dB; true peaks up to -1 dBFS. */
export function levelledTo(samples: Float32Array, sampleRate: number, layer: Layer): Float32Array {
  const wantedDb = LOUDEST_DBFS - QUIETER_DB * sharesOf(layer);
  const found = loudestDbfs([samples], sampleRate);
  const peak = truePeak({ sampleRate, channels: [samples] });
  const most = decibelsToGain(CEILING_DB) / Math.max(1e-9, peak);
  const gain = Math.min(most, 10 ** ((wantedDb - found) / 20));
  return samples.map((sample) => sample * gain);
}
