import { expect, test } from "vitest";
import { seededRandom } from "../../random.ts";
import { soundOnCircle } from "../audio/circle/circle-sound.ts";
import { median } from "../audio/median.ts";
import { phaseQualities } from "../audio/phase.ts";
import { trackPitch } from "../audio/pitch/pitch.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { magnitudesOfLevels } from "../model/sound-frames.ts";
import { lowPitchBetween, soundLowTonesRound } from "./low-tones.ts";
import { soundOfLevels } from "./render.ts";

const BIN_HZ = MODEL_RATE_HZ / defaultStft.frameLength;
const FRAMES = 96;
const FRAMES_PER_LATENT = 4;

/** What a decoder says of a steady low note: a lobe for each partial, and not how they add up. */
function decodedNote(hz: number): Float32Array {
  const spacing = hz / BIN_HZ;
  return Float32Array.from({ length: FRAMES * BIN_COUNT }, (_, i) => {
    const bin = i % BIN_COUNT;
    const partial = Math.max(1, Math.round(bin / spacing));
    const away = bin - partial * spacing;
    return Math.max(-70, -12 * Math.log2(partial) - 6 * away * away);
  });
}

async function heard(hz: number, isTold: boolean): Promise<{ cents: number; voiced: number }> {
  const pitch = { pitch: Math.log2(hz), voicing: 1 };
  const sound = await soundOfLevels(decodedNote(hz), {
    length: (FRAMES - 1) * defaultStft.hopLength,
    quality: "draft",
    random: seededRandom(1),
    framesPerLatent: FRAMES_PER_LATENT,
    ...(isTold && { pitches: Array.from({ length: FRAMES / FRAMES_PER_LATENT }, () => pitch) }),
  });
  const track = trackPitch(sound);
  const inside = [...track.hz.keys()].slice(6, -6);
  const near = inside.filter((at) => Math.abs(1200 * Math.log2(track.hz[at]! / hz)) < 50);
  const cents = median(near.map((at) => Math.abs(1200 * Math.log2(track.hz[at]! / hz))));
  return { cents, voiced: near.length / inside.length };
}

test.each([34, 41.2, 55, 73.4])("a note of %f Hz sounds at its pitch", async (hz) => {
  const { cents, voiced } = await heard(hz, true);
  expect(voiced).toBeGreaterThan(0.95);
  expect(cents).toBeLessThan(15);
});

test("a note that goes round sounds at its pitch, at the seam too", async () => {
  const hz = 41.2;
  const circle = {
    circumference: 49_500,
    frameCount: FRAMES,
    frameLength: defaultStft.frameLength,
  };
  const smooth = decodedNote(hz);
  const frames = {
    smooth,
    levels: smooth.slice(),
    phases: new Float32Array(smooth.length).fill(Number.NaN),
  };
  const pitches = Array.from({ length: FRAMES / FRAMES_PER_LATENT }, () => {
    return { pitch: Math.log2(hz), voicing: 1 };
  });
  soundLowTonesRound(frames, { framesPerLatent: FRAMES_PER_LATENT, pitches }, circle);
  const round = soundOnCircle(magnitudesOfLevels(frames.levels), circle, {
    random: seededRandom(1),
    ...phaseQualities.draft,
    knownPhases: frames.phases,
  });
  const rounds = new Float32Array(3 * round.length);
  for (let i = 0; i < 3; i += 1) rounds.set(round, i * round.length);
  const track = trackPitch(rounds);
  // 42 periods in a round.
  const tuned = (42 * MODEL_RATE_HZ) / circle.circumference;
  for (const heardHz of track.hz.slice(20, -20)) {
    expect(Math.abs(1200 * Math.log2(heardHz / tuned))).toBeLessThan(15);
  }
});

test("without its pitch it is rumble", async () => {
  expect((await heard(41.2, false)).voiced).toBeLessThan(0.5);
});

test("a pitch lies between those of neighbouring vectors, not between two notes", () => {
  const own = { pitch: 6, voicing: 1 };
  expect(lowPitchBetween(own, { pitch: 6.04, voicing: 1 }, 0.25)).toBeCloseTo(6.01, 6);
  expect(lowPitchBetween(own, { pitch: 6.5, voicing: 1 }, 0.25)).toBe(6);
  expect(lowPitchBetween(own, undefined, 0.25)).toBe(6);
  expect(lowPitchBetween({ pitch: 9, voicing: 1 }, undefined, 0)).toBeUndefined();
  expect(lowPitchBetween({ pitch: 6, voicing: 0.2 }, undefined, 0)).toBeUndefined();
});
