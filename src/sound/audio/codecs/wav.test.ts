import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sine } from "../../../../test/support/tones.ts";
import { seededRandom } from "../../../random.ts";
import type { Sound } from "../sound.ts";
import { readWav } from "./wav-read.ts";
import { type WavEncoding, writeWav } from "./wav-write.ts";

const tone: Sound = {
  sampleRate: 44_100,
  channels: [
    sine({ hz: 440, rateHz: 44_100, length: 1001 }),
    sine({ hz: 660, rateHz: 44_100, length: 1001, amplitude: 0.25 }),
  ],
};

function largestError(a: Sound, b: Sound): number {
  return Math.max(
    ...a.channels.flatMap((channel, c) =>
      Array.from(channel, (sample, i) => Math.abs(sample - (b.channels[c]?.[i] ?? Number.NaN))),
    ),
  );
}

/** A WAV file with one chunk of samples, laid out by hand. */
function wavOf(parts: {
  tag?: number;
  bits: number;
  data: Uint8Array;
  channels?: number;
  blockBytes?: number;
  rate?: number;
  container?: "RIFF" | "RF64";
  dataSize?: number;
  extensible?: boolean;
}): Uint8Array {
  const { tag = 1, bits, data, channels = 1, rate = 8000, container = "RIFF" } = parts;
  const formatBytes = parts.extensible ? 40 : 16;
  const longSizes = container === "RF64" ? 36 : 0;
  const file = new Uint8Array(12 + longSizes + 8 + formatBytes + 8 + data.length);
  const view = new DataView(file.buffer);
  const text = (at: number, value: string) => file.set(new TextEncoder().encode(value), at);
  text(0, container);
  text(8, "WAVE");
  let at = 12;
  if (container === "RF64") {
    text(at, "ds64");
    view.setUint32(at + 4, 28, true);
    view.setBigUint64(at + 16, BigInt(data.length), true);
    at += 36;
  }
  text(at, "fmt ");
  view.setUint32(at + 4, formatBytes, true);
  view.setUint16(at + 8, parts.extensible ? 0xfffe : tag, true);
  view.setUint16(at + 10, channels, true);
  view.setUint32(at + 12, rate, true);
  view.setUint16(at + 20, parts.blockBytes ?? 0, true);
  view.setUint16(at + 22, bits, true);
  if (parts.extensible) view.setUint16(at + 32, tag, true);
  at += 8 + formatBytes;
  text(at, "data");
  const stated = container === "RF64" ? 0xffff_ffff : data.length;
  view.setUint32(at + 4, parts.dataSize ?? stated, true);
  file.set(data, at + 8);
  return file;
}

describe("writeWav() and readWav()", () => {
  test.each([
    { encoding: "int16", step: 2 ** -15 },
    { encoding: "int24", step: 2 ** -23 },
    { encoding: "float32", step: 0 },
  ] as const)("$encoding comes back within half a step", ({ encoding, step }) => {
    const { sound, truncated } = readWav(writeWav(tone, { encoding }));
    expect(sound.sampleRate).toBe(44_100);
    expect(sound.channels.length).toBe(2);
    expect(largestError(tone, sound)).toBeLessThanOrEqual(step / 2);
    expect(truncated).toBe(false);
  });

  test("any floats of any shape come back bit for bit", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.float32Array({ maxLength: 60, noNaN: true }),
        fc.integer({ min: 1, max: 400_000 }),
        (channelCount, samples, sampleRate) => {
          const channels = Array.from({ length: channelCount }, () => samples);
          const file = writeWav({ sampleRate, channels }, { encoding: "float32" });
          expect(readWav(file).sound).toEqual({ sampleRate, channels });
        },
      ),
    );
  });

  test.each([
    { encoding: "int16", expected: [32_767, -32_768, 32_767, -32_768, 1, -1, 0] },
    { encoding: "int24", expected: [8_388_607, -8_388_608, 8_388_607, -8_388_608, 128, -128, 64] },
  ] as const)("$encoding clips at full scale and rounds half away from zero", (row) => {
    const half = 2 ** -16;
    const samples = Float32Array.from([1, -1, 7, -7, half, -half, half / 2]);
    const file = writeWav({ sampleRate: 8000, channels: [samples] }, { encoding: row.encoding });
    const scale = row.encoding === "int16" ? 2 ** 15 : 2 ** 23;
    const written = readWav(file).sound.channels[0]?.map((sample) => sample * scale);
    expect(Array.from(written ?? [])).toEqual(row.expected);
  });

  test("a 24-bit file of odd length is padded to even, as RIFF asks", () => {
    const file = writeWav(
      { sampleRate: 8000, channels: [new Float32Array(1)] },
      { encoding: "int24" },
    );
    expect(file.length).toBe(48);
    expect(new DataView(file.buffer).getUint32(4, true)).toBe(40);
    expect(new DataView(file.buffer).getUint32(40, true)).toBe(3);
  });

  test("dither is repeatable, at most one step and a half, and frees the error from the sound", () => {
    const samples = new Float32Array(20_000).fill(0.25 * 2 ** -15);
    const sound = { sampleRate: 8000, channels: [samples] };
    const mean = (file: Uint8Array) =>
      readWav(file).sound.channels[0]!.reduce((sum, x) => sum + x, 0) / samples.length;
    const dithered = writeWav(sound, { dither: seededRandom(1) });
    expect(writeWav(sound, { dither: seededRandom(1) })).toEqual(dithered);
    expect(mean(writeWav(sound))).toBe(0);
    expect(mean(dithered) * 2 ** 15).toBeCloseTo(0.25, 1);
    expect(largestError(sound, readWav(dithered).sound)).toBeLessThanOrEqual(1.5 * 2 ** -15);
  });

  test.each<{ why: string; sound: Sound; encoding?: WavEncoding }>([
    { why: "no channels", sound: { sampleRate: 8000, channels: [] } },
    { why: "a rate of half a hertz", sound: { sampleRate: 0.5, channels: [new Float32Array(1)] } },
    {
      why: "unequal channels",
      sound: { sampleRate: 8000, channels: [new Float32Array(1), new Float32Array(2)] },
    },
  ])("writeWav() refuses $why", ({ sound }) => {
    expect(() => writeWav(sound)).toThrow(/^Cannot write a WAV file/);
  });
});

describe("readWav()", () => {
  const doubles = new Uint8Array(Float64Array.from([0.5, -0.25]).buffer);

  test.each([
    { name: "8 bit", file: wavOf({ bits: 8, data: Uint8Array.from([192, 96]) }) },
    { name: "16 bit", file: wavOf({ bits: 16, data: Uint8Array.from([0, 0x40, 0, 0xe0]) }) },
    { name: "24 bit", file: wavOf({ bits: 24, data: Uint8Array.from([0, 0, 0x40, 0, 0, 0xe0]) }) },
    {
      name: "20 in 24 bit",
      file: wavOf({ bits: 20, data: Uint8Array.from([0, 0, 0x40, 0, 0, 0xe0]) }),
    },
    {
      name: "32 bit",
      file: wavOf({ bits: 32, data: Uint8Array.from([0, 0, 0, 0x40, 0, 0, 0, 0xe0]) }),
    },
    { name: "12 in 16 bit", file: wavOf({ bits: 12, data: Uint8Array.from([0, 0x40, 0, 0xe0]) }) },
    {
      name: "24 in 32 bit",
      file: wavOf({
        bits: 24,
        blockBytes: 4,
        data: Uint8Array.from([0, 0, 0, 0x40, 0, 0, 0, 0xe0]),
      }),
    },
    {
      name: "16 bit with a wrong block size",
      file: wavOf({ bits: 16, blockBytes: 4, data: Uint8Array.from([0, 0x40, 0, 0xe0]) }),
    },
    { name: "64 bit float", file: wavOf({ tag: 3, bits: 64, data: doubles }) },
    { name: "extensible", file: wavOf({ tag: 3, bits: 64, data: doubles, extensible: true }) },
    { name: "RF64", file: wavOf({ tag: 3, bits: 64, data: doubles, container: "RF64" }) },
    { name: "size never written", file: wavOf({ tag: 3, bits: 64, data: doubles, dataSize: 0 }) },
    ...[2 ** 32 - 1, 2 ** 32 - 37, 2 ** 31 - 1, 2 ** 31, 0x7fff_f000, 0x7fff_ffdb].map(
      (dataSize) => ({
        name: `a size of 0x${dataSize.toString(16)}, as streams have it`,
        file: wavOf({ tag: 3, bits: 64, data: doubles, dataSize }),
      }),
    ),
    { name: "an odd last byte", file: wavOf({ bits: 8, data: Uint8Array.from([192, 96]) }) },
  ])("reads $name", ({ file }) => {
    const { sound, truncated } = readWav(file);
    expect(Array.from(sound.channels[0] ?? [])).toEqual([0.5, -0.25]);
    expect(truncated).toBe(false);
  });

  test("takes channels apart and skips chunks it does not know", () => {
    const plain = wavOf({ bits: 8, channels: 2, data: Uint8Array.from([192, 96, 128, 64]) });
    const extra = Uint8Array.from([0x62, 0x65, 0x78, 0x74, 3, 0, 0, 0, 1, 2, 3, 0]);
    const file = Uint8Array.from([...plain.subarray(0, 12), ...extra, ...plain.subarray(12)]);
    const channels = readWav(file).sound.channels.map((channel) => Array.from(channel));
    expect(channels).toEqual([
      [0.5, 0],
      [-0.25, -0.5],
    ]);
  });

  test.each([
    {
      name: "12 in 16 bit",
      bits: 12,
      blockBytes: 2,
      data: [
        [0x01, 4],
        [0x00, 0xfe],
        [0, 0],
      ],
    },
    {
      name: "24 in 32 bit",
      bits: 24,
      blockBytes: 4,
      data: [
        [1, 0, 0x40, 0],
        [0, 0, 0xe0, 0xff],
        [0, 0, 0, 0],
      ],
    },
  ])("reads $name, at the low end", ({ bits, blockBytes, data }) => {
    const { sound } = readWav(wavOf({ bits, blockBytes, data: Uint8Array.from(data.flat()) }));
    expect(Array.from(sound.channels[0] ?? [])).toEqual([0.5 + 2 ** (1 - bits), -0.25, 0]);
  });

  test("a size of 3 GB is a size, and most of it is missing", () => {
    const file = wavOf({ bits: 8, data: Uint8Array.of(192, 96), dataSize: 3e9 });
    expect(readWav(file).truncated).toBe(true);
  });

  test("reports what a cut-off file has left", () => {
    const file = writeWav(tone);
    const { sound, truncated } = readWav(file.subarray(0, 44 + 400));
    expect(truncated).toBe(true);
    expect(sound.channels.map((channel) => channel.length)).toEqual([100, 100]);
  });

  test.each([
    { code: "zero-channels", file: wavOf({ bits: 16, channels: 0, data: new Uint8Array(8) }) },
    { code: "zero-rate", file: wavOf({ bits: 16, rate: 0, data: new Uint8Array(8) }) },
    { code: "unsupported-format", file: wavOf({ tag: 2, bits: 4, data: new Uint8Array(8) }) },
    { code: "unsupported-format", file: wavOf({ bits: 48, data: new Uint8Array(8) }) },
    {
      code: "damaged",
      file: wavOf({ bits: 24, blockBytes: 4, data: Uint8Array.from([1, 0, 0, 0x3f]) }),
    },
    { code: "no-samples", file: wavOf({ bits: 16, data: new Uint8Array(0) }).subarray(0, 36) },
    { code: "damaged", file: wavOf({ bits: 16, data: new Uint8Array(0) }).subarray(0, 24) },
  ])("refuses with $code", ({ code, file }) => {
    expect(() => readWav(file)).toThrow(expect.objectContaining({ code }));
  });
});
