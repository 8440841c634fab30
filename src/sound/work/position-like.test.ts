import { expect, test } from "vitest";
import { sine } from "../../../test/support/tones.ts";
import { describeSound, type SoundDescription } from "../audio/descriptors/describe.ts";
import { positionLike } from "./position-like.ts";

const tone = (hz: number): SoundDescription =>
  describeSound(sine({ hz, rateHz: 48_000, length: 24_000 }), 48_000)!;

test("positionLike() moves brightness by the octaves between two tones, as far as it goes", () => {
  const now = { position: 1, description: tone(500) };
  const control = { name: "brightness", step: 0.25 };
  expect(positionLike(control, now, tone(500))).toBe(1);
  expect(positionLike(control, now, tone(1000))).toBeCloseTo(5, -0.5);
  expect(positionLike(control, now, tone(8000))).toBe(10);
  expect(positionLike({ name: "character-a", step: 1 }, now, tone(1000))).toBeUndefined();
});
