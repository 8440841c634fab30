import { describe, expect, it } from "vitest";
import { fillNormal, seededRandom } from "../../../random.ts";
import { type DescriptorName, describeSound } from "./describe.ts";

const RATE = 48_000;

function made(seconds: number, sample: (t: number) => number): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * RATE) }, (_, i) => sample(i / RATE));
}

const tone = (hertz: number, t: number): number => Math.sin(2 * Math.PI * hertz * t);

function told(samples: Float32Array, name: DescriptorName): number {
  const description = describeSound(samples, RATE);
  if (description === undefined) throw new Error("silent");
  return description[name];
}

const noise = (seed: number): Float32Array =>
  fillNormal(seededRandom(seed), new Float32Array(RATE)).map((value) => 0.1 * value);

describe("describeSound()", () => {
  it("says nothing of silence", () => {
    expect(describeSound(new Float32Array(1000), RATE)).toBeUndefined();
  });

  it.each([
    [500, -1],
    [1000, 0],
    [4000, 2],
  ])("hears a sine of %i Hz as %i octaves from 1 kHz", (hertz, octaves) => {
    expect(
      told(
        made(0.5, (t) => tone(hertz, t)),
        "brightness",
      ),
    ).toBeCloseTo(octaves, 1);
  });

  it("knows the centroid of two equal sines, and how far they lie from it", () => {
    const two = made(0.5, (t) => tone(500, t) + tone(4000, t));
    expect(told(two, "brightness")).toBeCloseTo(0.5, 1);
    expect(told(two, "width")).toBeCloseTo(1.5, 1);
  });

  it("tells the share of power below 250 Hz", () => {
    const low = made(0.5, (t) => 0.1 * tone(100, t) + tone(1000, t));
    expect(told(low, "body")).toBeCloseTo(10 * Math.log10(0.01 / 1.01), 0);
  });

  it("finds white noise 2.5 dB from flat, and a tone far from it", () => {
    expect(told(noise(1), "noisiness")).toBeCloseTo(-2.5, 0);
    expect(
      told(
        made(1, (t) => tone(1000, t)),
        "noisiness",
      ),
    ).toBeLessThan(-18);
  });

  it.each([0.05, 0.2, 0.4])("measures a linear attack of %d s between -20 and -3 dB", (seconds) => {
    const ramp = made(1, (t) => Math.min(1, t / seconds) * tone(1000, t));
    expect(Math.abs(told(ramp, "attack") - (0.708 - 0.1) * seconds)).toBeLessThan(0.012);
  });

  it("measures decay and length of an exponential fall", () => {
    // 100 dB a second: 20 dB in 0.2 s, 40 dB in 0.4 s.
    const falling = made(1, (t) => 10 ** (-5 * t) * tone(1000, t));
    expect(told(falling, "decay")).toBeCloseTo(0.2, 1);
    expect(told(falling, "length")).toBeCloseTo(0.4, 1);
  });

  it("finds no fluctuation in a steady fall, however steep", () => {
    const falling = made(1, (t) => 10 ** (-4 * t) * tone(1000, t));
    expect(told(falling, "modulation")).toBeLessThan(0.1);
    expect(told(falling, "roughness")).toBeLessThan(0.2);
  });

  it("tells a tremolo by its rate and depth, apart from roughness", () => {
    // A level of 6 dB sin, of which windows of 50 ms keep nine tenths.
    const shaking = made(2, (t) => 0.3 * 10 ** (0.3 * tone(5, t)) * tone(1000, t));
    expect(told(shaking, "modulation")).toBeGreaterThan(5);
    expect(told(shaking, "modulation")).toBeLessThan(6.5);
    expect(told(shaking, "modulationRate")).toBeCloseTo(5, 0);
    expect(told(shaking, "roughness")).toBeLessThan(0.6);
  });

  it("tells roughness apart from tremolo", () => {
    const growl = made(2, (t) => 0.3 * 10 ** (0.3 * tone(40, t)) * tone(1000, t));
    expect(told(growl, "roughness")).toBeGreaterThan(2.5);
    expect(told(growl, "modulation")).toBeLessThan(0.5);
  });

  it("counts onsets a second", () => {
    const four = made(2, (t) => Math.exp(-30 * (t % 0.5)) * tone(1000, t));
    expect(told(four, "density") * told(four, "length")).toBeCloseTo(4, 5);
  });

  it("tells the level of the loudest stretch", () => {
    const half = made(1, (t) => (t < 0.5 ? tone(1000, t) : 0));
    expect(told(half, "loudness")).toBeCloseTo(-3, 0);
  });

  it("says the same of every sample rate", () => {
    const at = (rate: number): Float32Array =>
      Float32Array.from({ length: rate }, (_, i) => Math.sin((2 * Math.PI * 2000 * i) / rate));
    const [a, b] = [describeSound(at(RATE), RATE), describeSound(at(44_100), 44_100)];
    expect(a?.brightness).toBeCloseTo(b?.brightness ?? 0, 1);
    expect(a?.length).toBeCloseTo(b?.length ?? 0, 1);
  });
});
