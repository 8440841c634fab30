import { describe, expect, test } from "vitest";
import { fillNormal, type Random, seededRandom, uniform } from "../../../random.ts";
import { MODEL_RATE_HZ } from "../spectrogram.ts";
import { type PitchTrack, trackPitch } from "./pitch.ts";

const SECONDS = 0.4;
const HOP = 512;

interface Note {
  readonly hz: number;
  /** Of the amplitudes: partial k has k^-slope. */
  readonly slope?: number;
  readonly vibratoCents?: number;
  readonly snrDb?: number;
  readonly first?: number;
  readonly step?: number;
}

/** A sum of sines, sample by sample, and its pitch at each sample. */
function synthesised(note: Note, random: Random): { samples: Float32Array; pitch: Float32Array } {
  const { hz, slope = 1, vibratoCents = 0, snrDb, first = 1, step = 1 } = note;
  const count = SECONDS * MODEL_RATE_HZ;
  const partials: { k: number; phase: number; gain: number }[] = [];
  for (let k = first; k * hz < 12_000 && k < 60; k += step) {
    partials.push({ k, phase: uniform(random, 0, 2 * Math.PI), gain: k ** -slope });
  }
  const pitch = new Float32Array(count);
  let turns = 0;
  const samples = Float32Array.from({ length: count }, (_, i) => {
    const bend = vibratoCents * Math.sin((2 * Math.PI * 5.5 * i) / MODEL_RATE_HZ);
    pitch[i] = hz * 2 ** (bend / 1200);
    turns += pitch[i]! / MODEL_RATE_HZ;
    return partials.reduce(
      (sum, { k, phase, gain }) => sum + gain * Math.sin(2 * Math.PI * k * turns + phase),
      0,
    );
  });
  return { samples: snrDb === undefined ? samples : noisy(samples, snrDb, random), pitch };
}

function noisy(samples: Float32Array, snrDb: number, random: Random): Float32Array {
  const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
  const gain = Math.sqrt(power) * 10 ** (-snrDb / 20);
  const noise = fillNormal(random, new Float32Array(samples.length));
  return samples.map((value, i) => value + gain * noise[i]!);
}

function voicedShare({ voicing }: PitchTrack): number {
  return voicing.filter((value) => value > 0).length / voicing.length;
}

describe("trackPitch() of notes from 40 to 2000 Hz", () => {
  test.each<{ name: string } & Omit<Note, "hz">>([
    { name: "clean" },
    { name: "with noise at 20 dB", snrDb: 20 },
    { name: "with vibrato and noise", snrDb: 20, vibratoCents: 50 },
    { name: "dull", snrDb: 20, slope: 2 },
    { name: "of odd partials", snrDb: 20, step: 2 },
    { name: "without their first partial", snrDb: 20, first: 2 },
  ])("$name: fewer than 2 % are an octave off", (note) => {
    const random = seededRandom(11);
    const cents: number[] = [];
    let frames = 0;
    for (let hz = 40; hz <= 2000; hz *= 2 ** 0.4) {
      const { samples, pitch } = synthesised({ ...note, hz }, random);
      const track = trackPitch(samples);
      // Frames at the ends see half a note.
      for (let frame = 3; frame < track.hz.length - 3; frame += 1) {
        frames += 1;
        if (track.voicing[frame] === 0) continue;
        cents.push(Math.abs(1200 * Math.log2(track.hz[frame]! / pitch[frame * HOP]!)));
      }
    }
    cents.sort((a, b) => a - b);
    expect(cents.length / frames).toBeGreaterThan(0.98);
    expect(cents.filter((off) => off > 600).length / cents.length).toBeLessThan(0.02);
    expect(cents[Math.floor(cents.length / 2)]).toBeLessThan(2);
  });
});

describe("trackPitch() finds no pitch", () => {
  const length = MODEL_RATE_HZ;
  const noise = (): Float32Array => fillNormal(seededRandom(3), new Float32Array(length));

  test.each<[string, () => Float32Array]>([
    ["in white noise", noise],
    ["in rumble", () => rumble(noise())],
    ["in a hi-hat", () => noise().map((value, i) => value * Math.exp(-(i % 12_000) / 2000))],
    ["in a cymbal", () => cymbal(length)],
    ["in clicks", () => new Float32Array(length).map((_, i) => Number(i % 16_000 === 8000))],
    ["in silence", () => new Float32Array(length)],
  ])("%s", (_name, samples) => {
    expect(voicedShare(trackPitch(samples()))).toBeLessThan(0.03);
  });

  test.each([
    ["major", 262, [0, 4, 7]],
    ["major, first inversion", 131, [0, 3, 8]],
    ["major, second inversion", 131, [0, 5, 9]],
    ["minor", 523, [0, 3, 7]],
    ["diminished", 262, [0, 3, 6]],
  ] as const)("in a chord of three notes: %s", (_name, hz, semitones) => {
    const random = seededRandom(4);
    const notes = semitones.map((up) => synthesised({ hz: hz * 2 ** (up / 12) }, random).samples);
    const chord = notes[0]!.map((_, i) => notes.reduce((sum, note) => sum + note[i]!, 0));
    expect(voicedShare(trackPitch(chord))).toBeLessThan(0.1);
  });
});

test("trackPitch() holds the last pitch where there is none, and the first before it", () => {
  const { samples } = synthesised({ hz: 330 }, seededRandom(5));
  const padded = new Float32Array(3 * samples.length);
  padded.set(samples, samples.length);
  const { hz, voicing } = trackPitch(padded);
  expect([voicing[2], voicing.at(-3)]).toEqual([0, 0]);
  for (const frame of [2, -3]) {
    expect(Math.abs(Math.log2((hz.at(frame) ?? 0) / 330))).toBeLessThan(0.05);
  }
});

function rumble(noise: Float32Array): Float32Array {
  let low = 0;
  return noise.map((value) => {
    low = 0.99 * low + value;
    return low;
  });
}

/** Forty modes in no order, dying away. */
function cymbal(length: number): Float32Array {
  const random = seededRandom(8);
  const out = new Float32Array(length);
  for (let mode = 0; mode < 40; mode += 1) {
    const step = (2 * Math.PI * 300 * 40 ** random.next()) / MODEL_RATE_HZ;
    const [phase, gain] = [uniform(random, 0, 6), random.next()];
    for (let i = 0; i < length; i += 1) {
      out[i] = out[i]! + gain * Math.sin(step * i + phase) * Math.exp(-i / 40_000);
    }
  }
  return out;
}

test("trackPitch() takes an attack with a faint octave below for its note", () => {
  const random = seededRandom(4);
  const { samples: note } = synthesised({ hz: 740 }, random);
  const { samples: below } = synthesised({ hz: 370, step: 2 }, random);
  // For 100 ms every second period differs: odd partials of the octave below, 14 dB down.
  const samples = note.map((value, i) => value + (i < 4800 ? 0.2 * below[i]! : 0));
  const { hz, voicing } = trackPitch(samples);
  const voiced = [...hz].filter((_, frame) => voicing[frame]! > 0);
  expect(voiced.length).toBeGreaterThan(30);
  expect(Math.max(...voiced.map((value) => Math.abs(1200 * Math.log2(value / 740))))).toBeLessThan(
    20,
  );
});

test("trackPitch() keeps a short note before its octave", () => {
  const random = seededRandom(4);
  const { samples: high } = synthesised({ hz: 740 }, random);
  const { samples: low } = synthesised({ hz: 370 }, random);
  const samples = high.map((value, i) => (i < 6000 ? low[i]! : value));
  expect(1200 * Math.log2(trackPitch(samples).hz[6]! / 370)).toBeCloseTo(0, -1);
});
