import { describe, expect, test } from "vitest";
import { fitSine, sine } from "../../../../test/support/tones.ts";
import { fillNormal, seededRandom } from "../../../random.ts";
import { rootMeanSquare } from "../level.ts";
import { chooseMix, mixInPlace } from "./mix.ts";

const rateHz = 44_100;
const length = rateHz;

function noise(seed: number, samples = length): Float32Array {
  return fillNormal(seededRandom(seed), new Float32Array(samples)).map((x) => 0.1 * x);
}

function sum(...parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts[0]!, (_, i) => parts.reduce((all, part) => all + part[i]!, 0));
}

function scaled(samples: Float32Array, factor: number): Float32Array {
  return samples.map((x) => factor * x);
}

function delayed(samples: Float32Array, by: number): Float32Array {
  return samples.map((_, i) => samples[i - by] ?? 0);
}

function mixed(channels: readonly Float32Array[]): Float32Array {
  const copies = channels.map((samples) => Float32Array.from(samples));
  return mixInPlace(copies, chooseMix(copies));
}

const room = noise(1);
const singer = sum(noise(2), sine({ hz: 440, rateHz, length, amplitude: 0.3 }));
const silence = new Float32Array(length);

describe("the mean is taken, to the last bit,", () => {
  test.each([
    { of: "equal channels", channels: [singer, singer] },
    { of: "channels that know nothing of each other", channels: [noise(3), noise(4)] },
    { of: "a sound panned to one side", channels: [singer, scaled(singer, 0.1)] },
    { of: "a singer in a room", channels: [sum(singer, room), sum(singer, noise(5))] },
    { of: "a channel and a silent one", channels: [silence, singer] },
    { of: "two silent channels", channels: [silence, silence] },
    { of: "a sound and its own offset", channels: [singer, singer.map((x) => x - 0.5)] },
  ])("of $of", ({ channels: [left, right] }) => {
    const mean = left!.map((x, i) => Math.fround(x + right![i]!) * 0.5);
    expect(chooseMix([left!, right!]).kind).toBe("mean");
    expect(Buffer.from(mixed([left!, right!]).buffer).equals(Buffer.from(mean.buffer))).toBe(true);
  });

  test("of one channel, which is that channel", () => {
    const only = Float32Array.from(singer);
    expect(mixInPlace([only], chooseMix([only]))).toBe(only);
    expect([...only.subarray(0, 100)]).toEqual([...singer.subarray(0, 100)]);
  });

  test("of short sounds, where chance has much to say", () => {
    for (const samples of [100, 1000, 5000, 12_000]) {
      const kinds = Array.from({ length: 10 }, (_, seed) => {
        return chooseMix([noise(100 + seed, samples), noise(200 + seed, samples)]).kind;
      });
      expect(new Set(kinds)).toEqual(new Set(["mean"]));
    }
  });
});

describe("a channel of reversed polarity is inverted", () => {
  test.each([50, 500, 5000, length])("in a sound of %i samples", (samples) => {
    const left = singer.subarray(0, samples);
    const right = scaled(left, -1);
    expect(chooseMix([left, right])).toEqual({ kind: "turned", factors: [1, -1] });
    expect(Math.max(...mixed([left, right]).map((x, i) => Math.abs(x - left[i]!)))).toBe(0);
  });

  test("beside a room of its own in each channel, and with another level", () => {
    const channels = [
      sum(singer, scaled(room, 0.3)),
      sum(scaled(singer, -0.7), scaled(noise(6), 0.3)),
    ];
    expect(chooseMix(channels).kind).toBe("turned");
    expect(fitSine(mixed(channels), 440, rateHz).amplitude).toBeCloseTo(0.3 * 0.85, 2);
  });

  test("in two of four, and in one of three", () => {
    const kinds = (...factors: number[]) => chooseMix(factors.map((x) => scaled(singer, x)));
    expect(kinds(1, 1, -1, -1)).toEqual({ kind: "turned", factors: [1, 1, -1, -1] });
    expect(kinds(1, -1, 1)).toEqual({ kind: "turned", factors: [1, -1, 1] });
  });
});

describe("the loudest channel is used alone", () => {
  test("where two microphones hear one sound a millisecond apart", () => {
    const channels = [scaled(delayed(singer, 44), 0.9), singer];
    expect(chooseMix(channels)).toEqual({ kind: "one-channel", factors: [0, 1] });
    expect(rootMeanSquare(mixed(channels))).toBeCloseTo(rootMeanSquare(singer), 6);
  });

  test("where the low notes agree and the high ones are reversed", () => {
    const low = sine({ hz: 110, rateHz, length, amplitude: 0.3 });
    const high = sine({ hz: 3000, rateHz, length, amplitude: 0.1 });
    const mono = mixed([sum(low, high), sum(low, scaled(high, -1))]);
    expect(fitSine(mono, 110, rateHz).amplitude).toBeCloseTo(0.3, 2);
    expect(fitSine(mono, 3000, rateHz).amplitude).toBeCloseTo(0.1, 2);
  });
});
