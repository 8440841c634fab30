import { describe, expect, test } from "vitest";
import { sine } from "../../../../test/support/tones.ts";
import { fillNormal, seededRandom } from "../../../random.ts";
import { bandwidthOf } from "./bandwidth.ts";
import { clicksOf } from "./clicks.ts";
import { clippingOf } from "./clipping.ts";
import { dropoutsOf } from "./dropouts.ts";
import { loudestDbfs } from "./loudest.ts";
import { soundOverNoiseDb } from "./noise-floor.ts";
import { powerFramesOf } from "./power-frames.ts";
import { qualityOf } from "./quality.ts";
import { spursOf } from "./spurs.ts";

const rateHz = 44_100;
const length = 2 * rateHz;
const tone = sine({ hz: 311, rateHz, length, amplitude: 0.8 });

/** Notes of four partials that are struck twice a second and die away, over a faint hiss. */
const music = notes();

function notes(): Float32Array {
  const hiss = noise(0.0005, 9);
  return hiss.map((value, i) => {
    const seconds = (i % (rateHz / 2)) / rateHz;
    const hz = 220 * 2 ** (Math.floor((2 * i) / rateHz) / 6);
    let sum = value;
    for (let k = 1; k <= 4; k += 1) {
      sum += (0.3 / k) * Math.exp(-9 * k * seconds) * Math.sin(2 * Math.PI * k * hz * seconds);
    }
    return sum;
  });
}

function noise(level: number, seed: number): Float32Array {
  return fillNormal(seededRandom(seed), new Float32Array(length)).map((x) => level * x);
}

function mono(samples: Float32Array) {
  return { sampleRate: rateHz, channels: [samples] };
}

function codes(samples: Float32Array): string[] {
  return qualityOf(mono(samples)).findings.map(({ code, severity }) => `${severity} ${code}`);
}

test("music is green, and so is a held tone", () => {
  expect(codes(music)).toEqual([]);
  expect(codes(tone)).toEqual([]);
});

describe("clippingOf()", () => {
  const limited = (samples: Float32Array, most: number): Float32Array =>
    samples.map((x) => Math.max(-most, Math.min(most, x)));

  test("counts the flat tops of a tone that is cut at half its height", () => {
    const cut = limited(tone, 0.4);
    // |sin| is above 1/2 for two thirds of the time, in two tops a period; where the last rise before
    // a top happens to be tiny, it counts as smooth.
    const { count, share } = clippingOf(cut, 0.4);
    expect(Math.abs(share - 2 / 3)).toBeLessThan(0.03);
    expect(Math.abs(count / (2 * 311 * 2) - 1)).toBeLessThan(0.05);
    expect(codes(cut)).toEqual(["red clipped"]);
  });

  test("finds them after the sound was turned down", () => {
    const turned = limited(tone, 0.6).map((x) => x * 0.3);
    expect(clippingOf(turned, 0.18).count).toBeGreaterThan(1000);
  });

  test.each([20, 311, 5000])("does not take the crests of %i Hz for flat, in 16 bits", (hz) => {
    const steps = sine({ hz, rateHz, length, amplitude: 1 }).map(
      (x) => Math.round(x * 32_767) / 32_767,
    );
    expect(clippingOf(steps, 1).count).toBe(0);
  });

  test("does not take a square wave for clipped", () => {
    expect(clippingOf(tone.map(Math.sign), 1).count).toBe(0);
  });
});

describe("dropoutsOf()", () => {
  const gapped = (milliseconds: number, value: number): Float32Array => {
    const from = Math.round(0.61 * rateHz);
    return tone.map((x, i) => (i >= from && i < from + (milliseconds * rateHz) / 1000 ? value : x));
  };

  test.each([0, 0.2])("finds 20 ms of %f in a tone, where they are", (value) => {
    const [gap, ...others] = dropoutsOf(gapped(20, value), rateHz);
    expect(others).toEqual([]);
    expect(gap!.at / rateHz).toBeCloseTo(0.61, 2);
    expect(gap!.length / rateHz).toBeCloseTo(0.02, 2);
  });

  test("passes over half a millisecond, and over a tone that fades and comes back", () => {
    expect(dropoutsOf(gapped(0.5, 0), rateHz)).toEqual([]);
    const fading = tone.map((x, i) => x * Math.abs(Math.sin((Math.PI * i) / rateHz / 0.5)));
    expect(dropoutsOf(fading, rateHz)).toEqual([]);
  });

  test("passes over a pulse wave", () => {
    expect(
      dropoutsOf(
        tone.map((x) => (x > 0.7 ? 0.8 : 0)),
        rateHz,
      ),
    ).toEqual([]);
  });
});

describe("clicksOf()", () => {
  const jumped = (byPart: number): Float32Array => {
    const seam = Math.round(0.9 * rateHz);
    const later = sine({ hz: 311, rateHz, length: length + rateHz, amplitude: 0.8 });
    const shift = Math.round((byPart * rateHz) / 311);
    return tone.map((x, i) => (i < seam ? x : later[i + shift]!));
  };

  test("finds a seam a quarter of a period off", () => {
    const clicks = clicksOf(jumped(0.25), rateHz);
    expect(clicks).toHaveLength(1);
    expect(clicks[0]!.at / rateHz).toBeCloseTo(0.9, 3);
    expect(codes(jumped(0.25))).toEqual(["yellow clicks"]);
  });

  test("passes over a seam that fits to half a sample, and over a jump in noise", () => {
    expect(clicksOf(jumped(1), rateHz)).toEqual([]);
    const hiss = noise(0.2, 3);
    expect(
      clicksOf(
        hiss.map((x, i) => (i < rateHz ? x : x + 0.2)),
        rateHz,
      ),
    ).toEqual([]);
  });

  test("passes over the attacks of notes and over a saw of 40 Hz", () => {
    expect(clicksOf(music, rateHz)).toEqual([]);
    const saw = tone.map((_, i) => (((i * 40) / rateHz) % 1) - 0.5);
    expect(clicksOf(saw, rateHz)).toEqual([]);
  });

  test("takes the jump of a single period of an oscillator for its wave, not for a click", () => {
    const period = (seconds: number) =>
      Float32Array.from({ length: seconds * rateHz }, (_, i) =>
        i < 0.6 * seconds * rateHz ? 0.5 : -0.5,
      );
    expect(clicksOf(period(0.1), rateHz)).toEqual([]);
    expect(clicksOf(period(0.4), rateHz)).toHaveLength(1);
  });
});

describe("soundOverNoiseDb()", () => {
  const over = (samples: Float32Array) => soundOverNoiseDb(powerFramesOf(mono(samples))!);

  test("measures white noise under struck notes within 4 dB", () => {
    const power = music.reduce((sum, x) => sum + x * x, 0) / length;
    const noisy = noise(Math.sqrt(power / 10 ** 1.2), 4).map((x, i) => x + music[i]!);
    const measured = over(noisy)!;
    expect(measured).toBeGreaterThan(10);
    expect(measured).toBeLessThan(16);
  });

  test.each([0.5, 2])("knows %f s of white noise as nothing else", (seconds) => {
    const hiss = noise(0.2, 5).subarray(0, seconds * rateHz);
    expect(over(hiss)).toBeLessThan(1);
    expect(codes(hiss)).toEqual(["red noise"]);
  });

  test("says nothing of a burst of noise, which is a drum", () => {
    expect(over(noise(0.2, 6).map((x, i) => x * Math.exp((-30 * i) / rateHz)))).toBeUndefined();
  });

  test("finds hardly any noise in a held tone", () => {
    expect(over(tone)).toBeGreaterThan(60);
  });
});

describe("spursOf()", () => {
  const withLine = (db: number): Float32Array => {
    const line = sine({ hz: 3770, rateHz, length, amplitude: 10 ** (db / 20) });
    return music.map((x, i) => x + line[i]!);
  };

  test("finds a line at -45 dBFS under notes, where it is", () => {
    const [spur, ...others] = spursOf(powerFramesOf(mono(withLine(-45)))!);
    expect(others).toEqual([]);
    expect(Math.abs(spur!.hz - 3770)).toBeLessThan(rateHz / 4096);
  });

  test("passes over one that drowns in the hiss, and over the partials of a held tone", () => {
    expect(spursOf(powerFramesOf(mono(withLine(-95)))!)).toEqual([]);
    const held = tone.map((x, i) => x + 0.01 * Math.sin((2 * Math.PI * 933 * i) / rateHz));
    expect(spursOf(powerFramesOf(mono(held))!)).toEqual([]);
  });
});

describe("bandwidthOf()", () => {
  /** Noise from nothing to `hz`, summed of tones a few bins apart. */
  const broadUpTo = (hz: number): Float32Array => {
    const random = seededRandom(8);
    const phases = Array.from({ length: Math.floor(hz / 20) }, () => 2 * Math.PI * random.next());
    return Float32Array.from({ length: rateHz / 2 }, (_, i) => {
      let sum = 0;
      for (const [k, phase] of phases.entries()) {
        sum += Math.sin((2 * Math.PI * (k + 1) * 20 * i) / rateHz + phase);
      }
      return sum / phases.length;
    });
  };

  test("finds the wall at 4 kHz", () => {
    const wall = bandwidthOf(powerFramesOf(mono(broadUpTo(4000)))!)!;
    expect(Math.abs(Math.log2(wall / 4000))).toBeLessThan(1 / 12);
  });

  test("finds none where a sound only gets darker", () => {
    let last = 0;
    const dark = noise(0.1, 7).map((x) => (last += 0.05 * (x - last)));
    expect(bandwidthOf(powerFramesOf(mono(dark))!)).toBeUndefined();
  });
});

describe("qualityOf()", () => {
  test("calls silence red, whatever constant it is, and says so in finite numbers", () => {
    for (const value of [0, 0.3]) {
      const report = qualityOf(mono(new Float32Array(length).fill(value)));
      expect(report.findings[0]).toMatchObject({ code: "silent", severity: "red" });
      expect(JSON.stringify(report)).not.toMatch(/null,"loudest|Infinity|NaN/);
    }
    expect(loudestDbfs([new Float32Array(9)], rateHz)).toBe(-120);
  });

  test("calls a sound at -70 dBFS silent and one at -50 dBFS very quiet", () => {
    expect(codes(music.map((x) => x * 10 ** (-70 / 20)))[0]).toBe("red silent");
    expect(codes(music.map((x) => x * 10 ** (-42 / 20)))[0]).toBe("yellow quiet");
  });

  test.each([
    [0.02, []],
    [0.05, ["yellow offset"]],
    [0.1, ["red offset"]],
  ])("of an offset of %f says %j", (offset, said) => {
    expect(codes(music.map((x) => x + offset))).toEqual(said);
  });

  test("counts what is no number, and judges the rest", () => {
    const broken = music.slice();
    broken[500] = Number.NaN;
    broken[501] = Number.POSITIVE_INFINITY;
    const { findings, measures } = qualityOf(mono(broken));
    expect(findings[0]).toMatchObject({ code: "not-numbers", severity: "red" });
    expect(measures.notNumbers).toBe(2);
    expect(Number.isFinite(measures.loudestDbfs)).toBe(true);
  });

  test("judges no samples and one sample", () => {
    expect(codes(new Float32Array(0))).toEqual(["red silent"]);
    expect(qualityOf({ sampleRate: rateHz, channels: [] }).rating).toBe("red");
    expect(qualityOf(mono(new Float32Array(1).fill(0.5))).rating).toBe("red");
  });

  test("says once what both channels have", () => {
    const clicked = tone.map((x, i) => (i < rateHz ? x : -x * 0.9));
    const { measures } = qualityOf({ sampleRate: rateHz, channels: [clicked, clicked] });
    expect(measures.clicks).toHaveLength(1);
  });
});
