import { describe, expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../../random.ts";
import { describeSound } from "../../audio/descriptors/describe.ts";
import { attackMoved } from "./attack.ts";

const RATE_HZ = 48_000;
const noise = fillNormal(seededRandom(3), new Float32Array(RATE_HZ));

/** A second of noise under an envelope of time in seconds. */
function shaped(envelope: (seconds: number) => number): Float32Array {
  return noise.map((value, i) => 0.1 * value * envelope(i / RATE_HZ));
}

function attackOf(samples: Float32Array): number {
  return describeSound(samples, RATE_HZ)!.attack;
}

const sounds = {
  pluck: shaped((t) => Math.min(1, t / 0.01) * Math.exp(-6 * t)),
  swell: shaped((t) => Math.min(1, t / 0.3) * Math.exp(-2 * Math.max(0, t - 0.3))),
  "click before a note": shaped((t) => (t < 0.006 ? 12 : Math.min(1, t / 0.02) * Math.exp(-2 * t))),
} as const;

describe("attackMoved()", () => {
  test.each(["pluck", "click before a note"] as const)("makes a %s softer step by step", (name) => {
    const steps = [1, 2, 3].map((octaves) => attackOf(attackMoved(sounds[name], octaves, RATE_HZ)));
    expect(steps[0]).toBeGreaterThanOrEqual(attackOf(sounds[name]));
    expect(steps[1]).toBeGreaterThanOrEqual(steps[0]!);
    expect(steps[2]).toBeGreaterThan(3 * attackOf(sounds[name]));
  });

  test("makes a swell sharper step by step, and as much as is asked for", () => {
    const plain = attackOf(sounds.swell);
    const steps = [-1, -2, -3].map((octaves) =>
      attackOf(attackMoved(sounds.swell, octaves, RATE_HZ)),
    );
    for (const [i, step] of steps.entries()) {
      expect(step).toBeLessThan(1.5 * plain * 2 ** -(i + 1));
      expect(step).toBeLessThan([plain, ...steps][i]!);
    }
  });

  test("leaves what cannot be sharper, and what has no time to be softer", () => {
    const sharp = shaped((t) => Math.exp(-8 * t));
    expect(attackMoved(sharp, -2, RATE_HZ)).toEqual(sharp);
    const rising = shaped((t) => (t < 0.9 ? t ** 2 : 0));
    expect(attackMoved(rising, 1, RATE_HZ)).toEqual(rising);
  });
});
