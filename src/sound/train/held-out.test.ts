import fc from "fast-check";
import { expect, test } from "vitest";
import { BIN_COUNT } from "../model/bands.ts";
import { unpitched } from "../model/conditions.ts";
import type { PackedFrames } from "../model/sound-frames.ts";
import { secondsOf, splitTake, stretchToHoldOut } from "./held-out.ts";

const FRAMES_PER_SECOND = 93.75;

/** A take whose frames are all of the level that `levelAt` gives them, 0 to 255. */
function take(seconds: number, levelAt: (frame: number) => number = () => 200): PackedFrames {
  const frameCount = Math.round(seconds * FRAMES_PER_SECOND);
  const steps = new Uint8Array(frameCount * BIN_COUNT);
  for (let i = 0; i < frameCount; i += 1) {
    steps.fill(levelAt(i), i * BIN_COUNT, (i + 1) * BIN_COUNT);
  }
  return { frameCount, reference: 1, steps, conditions: unpitched(frameCount) };
}

test("a fifth of a minute is held out, with two seconds on each side that nobody uses", () => {
  const stretch = stretchToHoldOut(take(60), 0.2, 1);
  if (stretch === undefined) throw new Error("nothing held out");
  const { startSeconds, endSeconds, guardSeconds } = secondsOf(stretch);
  expect(endSeconds - startSeconds).toBeCloseTo(12, 1);
  expect(guardSeconds).toBeCloseTo(2, 1);
});

test.each([
  { seconds: 9.9, heldOutSeconds: undefined },
  { seconds: 10, heldOutSeconds: 2 },
  { seconds: 12, heldOutSeconds: 2.4 },
])("of $seconds s $heldOutSeconds s are held out", ({ seconds, heldOutSeconds }) => {
  const frames = take(seconds);
  const stretch = stretchToHoldOut(frames, 0.2, 1);
  if (heldOutSeconds === undefined || stretch === undefined) {
    expect(stretch).toBe(heldOutSeconds);
    return;
  }
  const { train, validation } = splitTake(frames, stretch);
  expect(validation.frameCount / FRAMES_PER_SECOND).toBeCloseTo(heldOutSeconds, 1);
  const learned = train.reduce((sum, piece) => sum + piece.frameCount, 0);
  expect(learned).toBeGreaterThan(0.45 * frames.frameCount);
});

test("no frame stands on both sides, nor nearer to the other than the guard", () => {
  // Each frame says where it stands: its first two levels are its number.
  const frames = take(12);
  for (let i = 0; i < frames.frameCount; i += 1) {
    frames.steps[i * BIN_COUNT] = i % 256;
    frames.steps[i * BIN_COUNT + 1] = Math.floor(i / 256);
  }
  const numbersIn = ({ frameCount, steps }: PackedFrames): number[] =>
    Array.from(
      { length: frameCount },
      (_, i) => (steps[i * BIN_COUNT] ?? 0) + 256 * (steps[i * BIN_COUNT + 1] ?? 0),
    );
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e6 }),
      fc.double({ min: 0, max: 0.5, noNaN: true }),
      (seed, share) => {
        const stretch = stretchToHoldOut(frames, share, seed);
        if (stretch === undefined) throw new Error("nothing held out");
        const { train, validation } = splitTake(frames, stretch);
        const held = numbersIn(validation);
        const { guard } = stretch;
        expect(guard).toBeGreaterThan(1.1 * FRAMES_PER_SECOND);
        const [first = 0, last = 0] = [held[0], held.at(-1)];
        expect(last - first + 1).toBe(held.length);
        for (const learned of train.flatMap(numbersIn)) {
          expect(learned < first - guard || learned > last + guard).toBe(true);
        }
      },
    ),
    { numRuns: 20 },
  );
});

test("a stretch of silence is not held out of a take that sounds elsewhere", () => {
  const quietEnd = take(15, (frame) => (frame < 10 * FRAMES_PER_SECOND ? 200 : 0));
  for (let seed = 1; seed <= 20; seed += 1) {
    const stretch = stretchToHoldOut(quietEnd, 0.2, seed);
    expect(secondsOf(stretch ?? { start: 0, end: 0, guard: 0 }).startSeconds).toBeLessThan(9);
  }
});
