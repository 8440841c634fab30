import { beforeAll, describe, expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { guessBelowFloor } from "./below-floor.ts";
import { griffinLim } from "./griffin-lim.ts";
import { fastPlan, type PackedPlan, portablePlan } from "./packed-fourier.ts";
import { phasesFromMagnitudes } from "./pghi.ts";
import { soundFromMagnitudes } from "./phase.ts";
import { defaultStft, type Spectrogram } from "./spectrogram.ts";
import { magnitudes, stft } from "./stft.ts";

const RATE_HZ = 48_000;
const LENGTH = 24_000;
const shape = defaultStft;

const half = (at: (seconds: number, i: number) => number): Float32Array =>
  Float32Array.from({ length: LENGTH }, (_, i) => at(i / RATE_HZ, i));

const hiss = fillNormal(seededRandom(9), new Float32Array(LENGTH));

const sounds: { readonly [name: string]: Float32Array } = {
  /** Partials that die the faster the higher they are, a little stretched as on a string. */
  pluck: half((seconds) => {
    let sum = 0;
    for (let k = 1; k <= 30; k += 1) {
      const hz = 196 * k * Math.sqrt(1 + 0.0002 * k * k);
      sum += (Math.sin(2 * Math.PI * hz * seconds + k) / k) * Math.exp(-seconds * (3 + k / 2));
    }
    return sum * Math.min(1, seconds / 0.002);
  }),
  burst: half((seconds, i) => (seconds > 0.1 ? hiss[i]! * Math.exp(-(seconds - 0.1) * 20) : 0)),
  chord: half((seconds) => {
    let sum = 0;
    for (const hz of [220, 277.2, 329.6]) {
      for (let k = 1; k <= 8; k += 1) sum += Math.sin(2 * Math.PI * hz * k * seconds) / k;
    }
    return sum;
  }),
};

/** Norm of the magnitudes' difference over the norm of those wanted. */
function convergence(wanted: Spectrogram, sound: Float32Array): number {
  const { data } = magnitudes(sound);
  let gap = 0;
  let whole = 0;
  for (let i = 0; i < data.length; i += 1) {
    gap += (wanted.data[i]! - data[i]!) ** 2;
    whole += wanted.data[i]! ** 2;
  }
  return Math.sqrt(gap / whole);
}

const randomPhases = ({ data }: Spectrogram): Float32Array => {
  const random = seededRandom(2);
  return data.map(() => 2 * Math.PI * random.next());
};

let plan: PackedPlan;
beforeAll(async () => {
  plan = await fastPlan(2048);
});

describe.each([
  { name: "pluck", pghi: 0.12, both: 0.05 },
  { name: "burst", pghi: 0.4, both: 0.2 },
  { name: "chord", pghi: 0.2, both: 0.11 },
])("phase of a $name", ({ name, pghi, both }) => {
  const sound = sounds[name]!;
  const wanted = magnitudes(sound);
  const made = (phases: Float32Array, iterations: number): number =>
    convergence(wanted, griffinLim(wanted, { shape, length: LENGTH, phases, iterations, plan }));

  test("is much better from PGHI than at random, and better still after Griffin-Lim", () => {
    const phases = phasesFromMagnitudes(wanted, { shape, random: seededRandom(1) });
    const [chance, start, end] = [made(randomPhases(wanted), 0), made(phases, 0), made(phases, 24)];
    expect(chance).toBeGreaterThan(0.5);
    expect(start).toBeLessThan(pghi);
    expect(end).toBeLessThan(both);
  });

  test("soundFromMagnitudes() is the two in turn, the same for the same seed", () => {
    const make = (): Float32Array =>
      soundFromMagnitudes(wanted, { length: LENGTH, random: seededRandom(1), plan });
    const first = make();
    expect(first).toHaveLength(LENGTH);
    expect(convergence(wanted, first)).toBeLessThan(both);
    expect(make()).toEqual(first);
  });
});

test("griffinLim() comes nearer with every few steps, and momentum helps", () => {
  const wanted = magnitudes(sounds["burst"]!);
  const phases = randomPhases(wanted);
  const after = (iterations: number, momentum: number): number =>
    convergence(
      wanted,
      griffinLim(wanted, { shape, length: LENGTH, phases, iterations, momentum, plan }),
    );
  const plain = [0, 4, 16].map((iterations) => after(iterations, 0));
  expect(plain[1]).toBeLessThan(plain[0]!);
  expect(plain[2]).toBeLessThan(plain[1]!);
  expect(after(16, 0.95)).toBeLessThan(plain[2]!);
});

test("griffinLim() refuses hops that its loops cannot walk along, and takes shorter frames", () => {
  const wanted = { frameCount: 20, binCount: 33, data: new Float32Array(20 * 33).fill(1) };
  const made = (hopLength: number): Float32Array =>
    griffinLim(wanted, {
      shape: { frameLength: 64, hopLength },
      length: 200,
      phases: new Float32Array(20 * 33),
      iterations: 2,
    });
  expect(made(16)).toHaveLength(200);
  expect(() => made(17)).toThrow("need a multiple of 4");
});

test("griffinLim() with the true phases gives the sound back", () => {
  const sound = sounds["pluck"]!;
  const { frameCount, binCount, re, im } = stft(sound);
  const wanted = { frameCount, binCount, data: re.map((value, i) => Math.hypot(value, im[i]!)) };
  const phases = re.map((value, i) => Math.atan2(im[i]!, value));
  for (const iterations of [0, 3]) {
    const made = griffinLim(wanted, { shape, length: LENGTH, phases, iterations, plan });
    made.forEach((sample, i) => {
      expect(Math.abs(sample - sound[i]!)).toBeLessThan(1e-4);
    });
  }
});

test("a fast plan and our own make the same sound to single precision", () => {
  const wanted = magnitudes(sounds["pluck"]!);
  const make = (chosen: PackedPlan): Float32Array =>
    soundFromMagnitudes(wanted, {
      length: LENGTH,
      random: seededRandom(1),
      iterations: 4,
      plan: chosen,
    });
  const own = make(portablePlan(2048));
  const gap = make(plan).map((sample, i) => Math.abs(sample - own[i]!));
  expect(Math.max(...gap)).toBeLessThan(1e-3);
});

test.each([0, 1, 100, 3000])("soundFromMagnitudes() makes %i samples", (length) => {
  const wanted = magnitudes(hiss.slice(0, length));
  const made = soundFromMagnitudes(wanted, {
    length,
    random: seededRandom(1),
    iterations: 2,
    plan,
  });
  expect(made).toHaveLength(length);
  expect(made.every(Number.isFinite)).toBe(true);
});

test("soundFromMagnitudes() of silence is silence", () => {
  const wanted = magnitudes(new Float32Array(5000));
  const made = soundFromMagnitudes(wanted, { length: 5000, random: seededRandom(1), plan });
  expect(made.every((sample) => sample === 0)).toBe(true);
});

test("griffinLim() says which bins it needs", () => {
  const wanted = { frameCount: 1, binCount: 3, data: new Float32Array(3) };
  expect(() => soundFromMagnitudes(wanted, { length: 10, random: seededRandom(1), plan })).toThrow(
    "Cannot make sound of 3 bins with transforms of 2048 samples: frames of 2048 samples need 1025 bins",
  );
});

test.each([10, 20, 27, 40])(
  "guessBelowFloor() finds the mean power of white noise under %i",
  (floor) => {
    // Bins of this noise have a mean power of 768, the sum of the squared window: 27.7 squared.
    const wanted = magnitudes(fillNormal(seededRandom(4), new Float32Array(50_000)));
    const floored = { ...wanted, data: wanted.data.map((value) => Math.max(value, floor)) };
    const guess = guessBelowFloor(floored, floor);
    let truth = 0;
    let guessed = 0;
    let changedAbove = 0;
    wanted.data.forEach((value, i) => {
      const made = guess.data[i]!;
      if (value > floor && made !== value) changedAbove += 1;
      if (value > floor) return;
      truth += value ** 2;
      guessed += made ** 2;
    });
    expect(changedAbove).toBe(0);
    expect(Math.abs(10 * Math.log10(guessed / truth))).toBeLessThan(1);
  },
);

test("guessBelowFloor() takes a bin with nothing around for 17 dB under the floor", () => {
  const quiet = { frameCount: 3, binCount: 40, data: new Float32Array(120).fill(1) };
  const guess = guessBelowFloor(quiet, 1);
  for (const value of guess.data) expect(20 * Math.log10(value)).toBeCloseTo(-17, 4);
});
