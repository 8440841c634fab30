import { expect, test } from "vitest";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { partsOfTake } from "./known-recordings.ts";

/** Each sample is the second in which it stands. */
const take = Float32Array.from({ length: 20 * MODEL_RATE_HZ }, (_, i) =>
  Math.floor(i / MODEL_RATE_HZ),
);
const secondsIn = (samples: Float32Array): number[] => [...new Set(samples)];

test.each([
  {
    stretch: [8, 12],
    heldOut: [8, 9, 10, 11],
    learned: [
      [0, 1, 2, 3, 4, 5],
      [14, 15, 16, 17, 18, 19],
    ],
  },
  {
    stretch: [1, 5],
    heldOut: [1, 2, 3, 4],
    learned: [[7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]],
  },
  {
    stretch: [16, 20],
    heldOut: [16, 17, 18, 19],
    learned: [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]],
  },
])("a take with $stretch s held out is learned from but for these and 2 s around", (of) => {
  const [startSeconds = 0, endSeconds = 0] = of.stretch;
  const parts = partsOfTake(take, { startSeconds, endSeconds, guardSeconds: 2 });
  expect(secondsIn(parts.heldOut)).toEqual(of.heldOut);
  expect(parts.learned.map(secondsIn)).toEqual(of.learned);
});
