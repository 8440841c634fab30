import { describe, expect, test } from "vitest";
import { readAiff } from "./aiff-read.ts";

interface AiffParts {
  readonly data: readonly number[];
  readonly bits?: number;
  readonly channels?: number;
  /** Sample frames that the format chunk promises. @default what is there */
  readonly frames?: number;
  readonly codec?: string;
  readonly formatLast?: boolean;
  /** Size of the chunk of samples, its head included. @default what is there */
  readonly dataSize?: number;
}

/** An AIFF-C file at 8000 Hz, laid out by hand. */
function aiffOf(parts: AiffParts): Uint8Array {
  const { data, bits = 16, channels = 1, codec = "NONE", formatLast = false } = parts;
  const frames = parts.frames ?? (8 * data.length) / bits / channels;
  const uint16 = (value: number): number[] => [value >> 8, value & 0xff];
  const uint32 = (value: number): number[] => [
    ...uint16(Math.floor(value / 2 ** 16)),
    ...uint16(value % 2 ** 16),
  ];
  const letters = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));
  const rate = [0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0];
  const format = [
    ...letters("COMM"),
    ...uint32(24),
    ...uint16(channels),
    ...uint32(frames),
    ...uint16(bits),
    ...rate,
    ...letters(codec),
    ...[0, 0],
  ];
  const sound = [
    ...letters("SSND"),
    ...uint32(parts.dataSize ?? 8 + data.length),
    ...uint32(0),
    ...uint32(0),
    ...data,
    ...(data.length % 2 === 0 ? [] : [0]),
  ];
  const chunks = formatLast ? [...sound, ...format] : [...format, ...sound];
  return Uint8Array.from([
    ...letters("FORM"),
    ...uint32(4 + chunks.length),
    ...letters("AIFC"),
    ...chunks,
  ]);
}

const big16 = [0x40, 0, 0xe0, 0];

describe("readAiff()", () => {
  test.each<{ name: string } & AiffParts>([
    { name: "8 bit", bits: 8, data: [0x40, 0xe0] },
    { name: "12 in 16 bit", bits: 12, data: big16, frames: 2 },
    { name: "16 bit", data: big16 },
    { name: "16 bit, little-endian", codec: "sowt", data: [0, 0x40, 0, 0xe0] },
    { name: "20 in 24 bit", bits: 20, data: [0x40, 0, 0, 0xe0, 0, 0], frames: 2 },
    { name: "24 bit", bits: 24, data: [0x40, 0, 0, 0xe0, 0, 0] },
    { name: "24 bit, by name", codec: "in24", bits: 24, data: [0x40, 0, 0, 0xe0, 0, 0] },
    { name: "24 bit, backwards", codec: "42ni", bits: 24, data: [0, 0, 0x40, 0, 0, 0xe0] },
    {
      name: "32 bit, by name",
      codec: "in32",
      bits: 32,
      data: [...[0x40, 0, 0, 0], ...[0xe0, 0, 0, 0]],
    },
    {
      name: "32 bit, backwards",
      codec: "23ni",
      bits: 32,
      data: [...[0, 0, 0, 0x40], ...[0, 0, 0, 0xe0]],
    },
    { name: "unsigned bytes", codec: "raw ", bits: 8, data: [0xc0, 0x60] },
    { name: "floats", codec: "fl32", bits: 32, data: [...[0x3f, 0, 0, 0], ...[0xbe, 0x80, 0, 0]] },
    { name: "the format behind the samples", data: big16, formatLast: true },
    { name: "a count of 0", data: big16, frames: 0 },
    {
      name: "the sizes of a stream from SoX",
      data: big16,
      frames: 0x3f80_0000,
      dataSize: 0x7f00_0008,
    },
    { name: "a size of 0", data: big16, frames: 0, dataSize: 0 },
    { name: "more bytes than samples", data: [...big16, 1, 2], frames: 2 },
  ])("reads $name", ({ name: _name, ...parts }) => {
    const { sound, truncated } = readAiff(aiffOf(parts));
    expect(sound).toEqual({ sampleRate: 8000, channels: [Float32Array.of(0.5, -0.25)] });
    expect(truncated).toBe(false);
  });

  test("a promise of more samples than there are is told", () => {
    const { sound, truncated } = readAiff(aiffOf({ data: big16, frames: 3 }));
    expect(sound.channels[0]?.length).toBe(2);
    expect(truncated).toBe(true);
  });

  test.each<{ code: string } & AiffParts>([
    { code: "zero-channels", data: big16, channels: 0 },
    { code: "unsupported-format", data: big16, codec: "MAC3" },
    { code: "unsupported-format", data: big16, bits: 64 },
  ])("refuses with $code", ({ code, ...parts }) => {
    expect(() => readAiff(aiffOf(parts))).toThrow(expect.objectContaining({ code }));
  });
});
