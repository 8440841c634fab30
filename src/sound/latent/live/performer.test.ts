import { describe, expect, test } from "vitest";
import { tinyModel } from "../../../../test/support/tiny-model.ts";
import { fillNormal, seededRandom } from "../../../random.ts";
import { openRuntime } from "../../tensor/ort.node.ts";
import { noMoves } from "../controls/apply.ts";
import { openGroupDecoder } from "./group-decoder.ts";
import { type LiveVoice, openLiveVoice } from "./live-voice.ts";
import { openPerformer, type Performer } from "./performer.ts";

const runtime = await openRuntime({ threads: 1 });

function wild(seed: number) {
  const model = tinyModel({ train: [], validation: [], totalSeconds: 0 });
  const noise = fillNormal(seededRandom(seed), new Float32Array(model.layout.size));
  return { ...model, weights: model.weights.map((value, i) => value + 0.1 * (noise[i] ?? 0)) };
}

const voice: LiveVoice = await openLiveVoice(runtime, wild(5));
const BLOCK = 256;

/** Plays as a machine that always keeps up, and gives what sounds. */
async function play(performer: Performer, length: number): Promise<Float32Array> {
  const out = new Float32Array(length);
  for (let at = 0; at < length; at += BLOCK) {
    while (await performer.work());
    performer.take(out.subarray(at, Math.min(length, at + BLOCK)));
  }
  return out;
}

/** The same until the last key has died away, for two seconds at most. */
async function fadeOut(performer: Performer): Promise<void> {
  for (let at = 0; at < 96_000 && performer.keys.soundingCount > 0; at += BLOCK) {
    await play(performer, BLOCK);
  }
}

function level(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, x) => sum + x * x, 1e-12) / samples.length);
}

const peak = (samples: Float32Array): number =>
  samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

describe("openPerformer()", () => {
  test("sounds without end or a gap, nothing over -1 dB, and fades out when told to", async () => {
    const performer = openPerformer(voice);
    expect(peak(await play(performer, 2048))).toBe(0);
    performer.stream({ kind: "walk", seed: 4 });
    const sound = await play(performer, 48_000);
    expect(performer.lateSamples).toBe(0);
    for (let at = 9600; at < sound.length; at += 4800) {
      expect(level(sound.subarray(at, at + 4800))).toBeGreaterThan(-40);
    }
    expect(peak(sound)).toBeLessThanOrEqual(0.891);
    performer.quiet();
    await play(performer, 9600);
    expect(peak(await play(performer, 4800))).toBe(0);
  });

  test("lets a key sound at once when it is prepared, louder when it is struck harder, until it is let go", async () => {
    const performer = openPerformer(voice);
    await play(performer, 24_000);
    expect(performer.keys.preparedCount).toBe(performer.keys.soundKeys.length);
    const levels: number[] = [];
    for (const velocity of [0.1, 0.2]) {
      // Below where the limiter begins.
      performer.press(60, velocity);
      // No work in between: what is prepared needs none.
      const attack = new Float32Array(BLOCK * 4);
      performer.take(attack);
      levels.push(level(attack));
      performer.release(60);
      await fadeOut(performer);
      expect(performer.keys.soundingCount).toBe(0);
    }
    expect((levels[1] ?? 0) - (levels[0] ?? 0)).toBeCloseTo(40 * Math.log10(2), 0);
  });

  test("gives the beginning of a prepared key apart, and goes on after it", async () => {
    const performer = openPerformer(voice);
    // Nothing is ready yet.
    performer.press(60, 0.1);
    expect(performer.joinLast(new Float32Array(BLOCK))).toBe(false);
    performer.release(60);
    await play(performer, 24_000);
    await fadeOut(performer);
    await play(performer, BLOCK);
    const struck = (early: number): Float32Array => {
      performer.press(60, 0.1);
      const out = new Float32Array(BLOCK * 4);
      const joined = out.subarray(0, early);
      if (early > 0) expect(performer.joinLast(joined)).toBe(true);
      const later = new Float32Array(out.length - early);
      performer.take(later);
      out.set(later, early);
      performer.release(60);
      return out;
    };
    const whole = struck(0);
    await fadeOut(performer);
    await play(performer, BLOCK);
    const parts = struck(2 * BLOCK);
    expect(peak(whole)).toBeGreaterThan(0.001);
    for (const [i, sample] of whole.entries()) expect(parts[i]).toBeCloseTo(sample, 5);
  });

  test("holds a key as long as it is down, and after it by the pedal", async () => {
    const performer = openPerformer(voice);
    performer.press(60, 1);
    // Longer than the recordings.
    await play(performer, 2 * 48_000);
    expect(performer.keys.soundingCount).toBe(1);
    performer.sustain(true);
    performer.release(60);
    expect(level(await play(performer, 48_000))).toBeGreaterThan(-40);
    performer.sustain(false);
    await fadeOut(performer);
    expect(performer.keys.soundingCount).toBe(0);
  });

  test("plays sixteen keys at once, and lets the oldest go for more", async () => {
    const performer = openPerformer(voice);
    for (let key = 40; key < 60; key += 1) performer.press(key, 1);
    const sound = await play(performer, 24_000);
    expect(performer.keys.soundingCount).toBe(16);
    expect(peak(sound)).toBeLessThanOrEqual(0.891);
  });

  test("bends what sounds by semitones: an octave up plays a sound in half its time", async () => {
    const durations: number[] = [];
    for (const semitones of [0, 12]) {
      const performer = openPerformer(endingVoice);
      await play(performer, 24_000);
      performer.bend(semitones);
      performer.press(60, 1);
      let length = 0;
      while (performer.keys.soundingCount > 0) {
        performer.take(new Float32Array(BLOCK));
        length += BLOCK;
      }
      durations.push(length);
    }
    expect((durations[0] ?? 0) / (durations[1] ?? 1)).toBeCloseTo(2, 0);
  });

  test("moves the stream by its controls soon, and the keys after it", async () => {
    const performer = openPerformer(voice);
    performer.stream({ kind: "sustain" });
    await play(performer, 24_000);
    const before = brightness(await play(performer, 24_000));
    performer.setMoves({ ...noMoves, brightness: -1.5 });
    // Within 150 ms.
    await play(performer, 7200);
    const after = brightness(await play(performer, 24_000));
    expect(after).toBeLessThan(0.7 * before);
    expect(performer.keys.preparedCount).toBe(performer.keys.soundKeys.length);
  });

  test("makes attacks softer, and all louder, as its controls say", async () => {
    const performer = openPerformer(voice);
    const attack = async (moves: Partial<typeof noMoves>): Promise<number> => {
      performer.setMoves({ ...noMoves, ...moves });
      await play(performer, 24_000);
      performer.press(60, 0.1);
      const beginning = level(await play(performer, 2400));
      performer.release(60);
      await fadeOut(performer);
      return beginning;
    };
    const plain = await attack({});
    expect(await attack({ attack: 4 })).toBeLessThan(plain - 3);
    expect((await attack({ loudness: 6 })) - plain).toBeCloseTo(6, 0);
  });

  test("goes over to other weights while it sounds", async () => {
    const performer = openPerformer(voice);
    performer.stream({ kind: "sustain", evolution: 0 });
    const before = await play(performer, 24_000);
    performer.press(50, 0.5);
    const other = wild(6);
    const decoder = await openGroupDecoder(runtime, other);
    performer.use(await openLiveVoice(runtime, other, { decoder }));
    const after = await play(performer, 24_000);
    expect(performer.lateSamples).toBe(0);
    expect(level(after.subarray(0, 2400))).toBeGreaterThan(level(before.subarray(16_000)) - 6);
    expect(level(after)).toBeGreaterThan(-40);
    await decoder.release();
  });

  test("counts what was not ready, and goes on", async () => {
    const performer = openPerformer(voice);
    performer.stream({ kind: "walk" });
    await play(performer, 4800);
    performer.take(new Float32Array(9600));
    expect(performer.lateSamples).toBeGreaterThan(1000);
    const late = performer.lateSamples;
    await play(performer, 9600);
    expect(performer.lateSamples).toBe(late);
  });
});

/** Its recordings have an end. */
const endingVoice: LiveVoice = {
  ...voice,
  corpus: {
    ...voice.corpus,
    gestures: voice.corpus.gestures.map((gesture) => ({ ...gesture, hasEnd: true })),
  },
};

/** Zero crossings a sample: more where there is more that is high. */
function brightness(samples: Float32Array): number {
  let crossings = 0;
  for (let i = 1; i < samples.length; i += 1) {
    if ((samples[i] ?? 0) > 0 !== (samples[i - 1] ?? 0) > 0) crossings += 1;
  }
  return crossings / samples.length;
}
