import { describe, expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../../random.ts";
import { demoCorpus } from "../corpus/demo-corpus.ts";
import { fastPlan } from "../packed-fourier.ts";
import { soundFromMagnitudes } from "../phase.ts";
import { resample } from "../resample.ts";
import { defaultStft, MODEL_RATE_HZ, type Spectrogram } from "../spectrogram.ts";
import { magnitudes } from "../stft.ts";
import { type LiveSound, liveSound } from "./live-sound.ts";

const { hopLength } = defaultStft;

/** A second of struck, plucked, blown and noisy sounds, and some noise. */
const clips: readonly Float32Array[] = [
  ...demoCorpus(3)
    .slice(0, 24)
    .filter((_, i) => i % 4 === 1)
    .map(({ sound }) =>
      resample(sound.channels[0] as Float32Array, sound.sampleRate, MODEL_RATE_HZ).slice(0, 48_000),
    ),
  fillNormal(seededRandom(4), new Float32Array(24_000)),
];

describe("liveSound()", () => {
  test("is nearer to the magnitudes than phases that knew the whole sound, without iterations", async () => {
    const plan = await fastPlan(defaultStft.frameLength);
    const live: number[] = [];
    const offline: number[] = [];
    for (const clip of clips) {
      const wanted = magnitudes(clip);
      const random = seededRandom(1);
      const { length } = clip;
      live.push(logDistance(played(liveSound({ random, plan }), wanted, { length }), wanted));
      const sound = soundFromMagnitudes(wanted, { length, random, iterations: 0, plan });
      offline.push(logDistance(sound, wanted));
    }
    expect(mean(live)).toBeLessThan(0.85 * mean(offline));
  });

  test("gives the same bits whether frames come one at a time or in blocks", () => {
    const wanted = magnitudes(clips[0] as Float32Array);
    const one = played(liveSound({ random: seededRandom(1) }), wanted, { length: 40_000 });
    // Another sound between the calls must not matter either.
    const other = liveSound({ random: seededRandom(2) });
    const live = liveSound({ random: seededRandom(1) });
    const blocks: number[] = [];
    for (let start = 0; start < wanted.frameCount; start += 4) {
      const block: number[] = [];
      for (let frame = start; frame < Math.min(start + 4, wanted.frameCount); frame += 1) {
        block.push(...live.push(rowOf(wanted, frame)));
      }
      other.push(rowOf(wanted, start));
      blocks.push(...block);
    }
    const length = Math.min(blocks.length, one.length);
    expect(length).toBeGreaterThan(30_000);
    expect(blocks.slice(0, length)).toEqual([...one.subarray(0, length)]);
  });

  test("holds a steady tone at its level, without a line at the rate of frames or of blocks", () => {
    const tone = Float32Array.from({ length: 96_000 }, (_, i) =>
      Math.sin((2 * Math.PI * 441.3 * i) / MODEL_RATE_HZ),
    );
    const sound = played(liveSound({ random: seededRandom(1) }), magnitudes(tone), {
      length: 96_000,
    });
    const envelope = Array.from({ length: 600 }, (_, i) => {
      const part = sound.subarray(20_000 + 109 * i, 20_000 + 109 * (i + 1));
      return Math.sqrt(part.reduce((sum, x) => sum + x * x, 0) / part.length);
    });
    const level = mean(envelope);
    expect(level).toBeCloseTo(Math.SQRT1_2, 1);
    for (const rateHz of [MODEL_RATE_HZ / hopLength, MODEL_RATE_HZ / hopLength / 4]) {
      expect(lineAt(envelope, (rateHz * 109) / MODEL_RATE_HZ) / level).toBeLessThan(0.01);
    }
  });

  test("takes phases that are known: those of noise give nearly that noise", () => {
    const noise = fillNormal(seededRandom(9), new Float32Array(16_384));
    const wanted = magnitudes(noise);
    const free = played(liveSound({ random: seededRandom(1) }), wanted, { length: noise.length });
    expect(Math.abs(correlation(free, noise))).toBeLessThan(0.5);
    // Phases by definition: a transform of each windowed frame, written out.
    const live = liveSound({ random: seededRandom(1) });
    const sound = played(live, wanted, {
      length: noise.length,
      known: (frame) => phasesOf(noise, frame),
    });
    expect(correlation(sound, noise)).toBeGreaterThan(0.98);
  });

  test("survives silence, a lone click and magnitudes of zero", () => {
    const click = new Float32Array(20_000);
    click[9000] = 1;
    const sound = played(liveSound({ random: seededRandom(1) }), magnitudes(click), {
      length: 20_000,
    });
    expect(sound.every(Number.isFinite)).toBe(true);
    expect(sound.slice(0, 7000).every((x) => Math.abs(x) < 1e-6)).toBe(true);
    const loudest = sound.reduce(
      (at, x, i) => (Math.abs(x) > Math.abs(sound[at] ?? 0) ? i : at),
      0,
    );
    expect(Math.abs(loudest - 9000)).toBeLessThan(hopLength);
  });
});

interface Wanted {
  readonly length: number;
  /** Phases of a frame that are known. */
  known?(frame: number): Float32Array;
}

function played(live: LiveSound, wanted: Spectrogram, { length, known }: Wanted): Float32Array {
  const silence = new Float32Array(wanted.binCount);
  const out = new Float32Array((wanted.frameCount + live.delayFrames) * hopLength);
  let at = 0;
  for (let frame = 0; frame < wanted.frameCount + live.delayFrames; frame += 1) {
    const isThere = frame < wanted.frameCount;
    const row = isThere ? rowOf(wanted, frame) : silence;
    const block = live.push(row, isThere ? known?.(frame) : undefined);
    out.set(block, at);
    at += block.length;
  }
  return out.slice(0, Math.min(at, length));
}

function rowOf({ data, binCount }: Spectrogram, frame: number): Float32Array {
  return data.subarray(frame * binCount, (frame + 1) * binCount);
}

/** Log-spectral distance in dB over audible frames; levels 80 dB under the peak count as equal. */
function logDistance(sound: Float32Array, wanted: Spectrogram): number {
  const { data, frameCount, binCount } = wanted;
  const got = magnitudes(sound, defaultStft, frameCount);
  const floor = 1e-4 * data.reduce((peak, x) => Math.max(peak, x), 0);
  const distances: number[] = [];
  for (let frame = 2; frame < frameCount - 4; frame += 1) {
    const row = rowOf(wanted, frame);
    if (row.every((x) => x < 10 * floor)) continue;
    const gaps = rowOf(got, frame).map(
      (x, bin) => (20 * Math.log10(Math.max(floor, x) / Math.max(floor, row[bin] ?? 0))) ** 2,
    );
    distances.push(Math.sqrt(gaps.reduce((sum, x) => sum + x, 0) / binCount));
  }
  return mean(distances);
}

/** Amplitude of the part of `values` that turns `perStep` times a step. */
function lineAt(values: readonly number[], perStep: number): number {
  const centre = mean(values);
  let re = 0;
  let im = 0;
  for (const [i, value] of values.entries()) {
    re += (value - centre) * Math.cos(2 * Math.PI * perStep * i);
    im += (value - centre) * Math.sin(2 * Math.PI * perStep * i);
  }
  return (2 * Math.hypot(re, im)) / values.length;
}

function phasesOf(samples: Float32Array, frame: number): Float32Array {
  const { frameLength } = defaultStft;
  const start = frame * hopLength - frameLength / 2;
  const windowed = Float64Array.from({ length: frameLength }, (_, i) => {
    const weight = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / frameLength);
    return weight * (samples[start + i] ?? 0);
  });
  return Float32Array.from({ length: frameLength / 2 + 1 }, (_, bin) => {
    let re = 0;
    let im = 0;
    for (let i = 0; i < frameLength; i += 1) {
      const angle = (2 * Math.PI * ((bin * i) % frameLength)) / frameLength;
      re += (windowed[i] ?? 0) * Math.cos(angle);
      im -= (windowed[i] ?? 0) * Math.sin(angle);
    }
    return Math.atan2(im, re);
  });
}

function correlation(a: Float32Array, b: Float32Array): number {
  let product = 0;
  let [powerA, powerB] = [0, 0];
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    product += (a[i] ?? 0) * (b[i] ?? 0);
    powerA += (a[i] ?? 0) ** 2;
    powerB += (b[i] ?? 0) ** 2;
  }
  return product / Math.sqrt(powerA * powerB);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
