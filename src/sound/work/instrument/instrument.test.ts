import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyModel } from "../../../../test/support/tiny-model.ts";
import { fitSine, sine } from "../../../../test/support/tones.ts";
import { openRuntime } from "../../tensor/ort.node.ts";
import type { Runtime } from "../../tensor/runtime.ts";
import { planInstrument } from "./instrument-plan.ts";
import { atKey, hzOfKey, levelledTo, softened } from "./shape-sample.ts";
import { steadyPitch } from "./steady-pitch.ts";
import { writeInstrument } from "./write-instrument.node.ts";

const options = {
  name: "tiny / one",
  request: { version: 1, seed: 1, sampleRate: 48_000, quality: "draft" },
  lowKey: 60,
  highKey: 64,
  step: 3,
  velocities: 2,
  roundRobins: 2,
  loops: false,
  secondsMax: 0.5,
  formats: ["sfz", "dspreset", "multisample", "sf2"],
  encoding: "int16",
} as const;

describe("planInstrument()", () => {
  test("covers each key and velocity once for each turn", () => {
    const plan = planInstrument({ ...options, lowKey: 36, highKey: 85, velocities: 3 });
    for (let key = 36; key <= 85; key += 1) {
      for (const velocity of [1, 42, 43, 84, 85, 127]) {
        const takes = plan
          .filter(({ lowKey, highKey }) => key >= lowKey && key <= highKey)
          .filter(
            ({ lowVelocity, highVelocity }) => velocity >= lowVelocity && velocity <= highVelocity,
          )
          .map(({ roundRobin }) => roundRobin);
        expect(takes).toEqual([1, 2]);
      }
    }
    expect(new Set(plan.map(({ file }) => file)).size).toBe(plan.length);
  });
});

describe("the shape of a sample", () => {
  test("atKey() tunes a tone to its key", () => {
    const tone = sine({ hz: 300, rateHz: 48_000, length: 48_000 });
    const note = atKey(tone, { key: 72, hz: 300, sampleRate: 44_100, secondsMax: 4 });
    expect(fitSine(note, hzOfKey(72), 44_100).snrDb).toBeGreaterThan(40);
    expect(note.length / 44_100).toBeCloseTo(300 / hzOfKey(72), 2);
  });

  test("softer layers are darker and quieter", () => {
    const [low, high] = [
      sine({ hz: 200, rateHz: 48_000, length: 9600 }),
      sine({ hz: 6000, rateHz: 48_000, length: 9600 }),
    ];
    const both = low.map((x, i) => x + high[i]!);
    const soft = softened(both, { layer: 0, layers: 3, hz: 200, sampleRate: 48_000 });
    const ratio = (samples: Float32Array) =>
      fitSine(samples, 6000, 48_000).amplitude / fitSine(samples, 200, 48_000).amplitude;
    expect(20 * Math.log10(ratio(soft) / ratio(both))).toBeLessThan(-10);
    const peak = (layer: number) =>
      Math.max(...levelledTo(both, 48_000, { layer, layers: 3 }).map(Math.abs));
    expect(20 * Math.log10(peak(0) / peak(2))).toBeCloseTo(-9, 1);
  });

  test("steadyPitch() takes the slide out of a note, and leaves noise as it is", () => {
    let phase = 0;
    const sliding = Float32Array.from({ length: 48_000 }, (_, i) => {
      phase += (2 * Math.PI * 330 * 2 ** ((i / 48_000 - 0.5) / 12)) / 48_000;
      return 0.3 * Math.sin(phase) + 0.15 * Math.sin(2 * phase);
    });
    const { mono, hz } = steadyPitch(sliding);
    expect(Math.abs(1200 * Math.log2(hz! / 330))).toBeLessThan(30);
    for (const from of [6000, 30_000]) {
      const part = mono.subarray(from, from + 9600);
      expect(fitSine(part, hz!, 48_000).snrDb).toBeGreaterThan(
        fitSine(sliding.subarray(from, from + 9600), hz!, 48_000).snrDb,
      );
    }
  });
});

describe("writeInstrument()", () => {
  const model = tinyModel({ train: [], validation: [], totalSeconds: 1 });
  let folder: string;
  let runtime: Runtime;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "etude instrument 🎻 "));
    runtime = await openRuntime({ threads: 1 });
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  test("stops when asked, goes on where it was, and makes again only what was changed", async () => {
    const controller = new AbortController();
    const place = { ...options, folder };
    const stopped = writeInstrument(model, place, {
      runtime,
      signal: controller.signal,
      onSample: (done) => {
        if (done === 3) controller.abort(new Error("enough"));
      },
    });
    await expect(stopped).rejects.toThrow("enough");
    const samples = join(folder, "samples");
    const wavs = async () => (await readdir(samples)).filter((name) => name.endsWith(".wav"));
    expect(await wavs()).toHaveLength(3);
    const [first = ""] = await wavs();
    const before = await stat(join(samples, first));
    const { signal } = new AbortController();
    expect(await writeInstrument(model, place, { runtime, signal })).toMatchObject({
      samples: 8,
      kept: 3,
    });
    expect((await stat(join(samples, first))).mtimeMs).toBe(before.mtimeMs);
    await writeFile(join(samples, first), "short");
    expect(await writeInstrument(model, place, { runtime, signal })).toMatchObject({ kept: 7 });
    const louder = { ...place, velocities: 1 };
    expect(await writeInstrument(model, louder, { runtime, signal })).toMatchObject({
      samples: 4,
      kept: 0,
    });
    const sfz = await readFile(join(folder, "tiny - one.sfz"), "utf8");
    for (const [, name = ""] of sfz.matchAll(/sample=(.*)/g)) expect(await wavs()).toContain(name);
  });
});
