import { describe, expect, test } from "vitest";
import { fixture, joined } from "../../../../test/support/recordings.ts";
import { readFlac } from "./flac-read.ts";

function textBytes(text: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(new TextEncoder().encode(text));
  return bytes;
}

/** 440 Hz with fades of 220 samples, as it was encoded, in steps of a depth. */
function encodedTone(bits: number): Float32Array {
  const fullScale = 2 ** (bits - 1);
  return Float32Array.from({ length: 2205 }, (_, i) => {
    const gain = Math.min(1, i / 220, (2204 - i) / 220);
    const sample = 0.5 * Math.sin((2 * Math.PI * 440 * i) / 22_050) * gain;
    // Adding 0 turns -0 into 0.
    return Math.round(sample * (fullScale - 1)) / fullScale + 0;
  });
}

describe("readFlac()", () => {
  test.each([12, 20, 32])("reads %i bits to the last one", (bits) => {
    const { sound, truncated, notes } = readFlac(fixture(`tone-${bits}bit.flac`));
    expect(sound).toEqual({ sampleRate: 22_050, channels: [encodedTone(bits)] });
    expect({ truncated, notes }).toEqual({ truncated: false, notes: [] });
  });

  test.each([
    { name: "an ID3v1 tag", tail: textBytes("TAGA song by somebody", 128) },
    { name: "an APEv2 tag", tail: textBytes("APETAGEX\xd0\x07", 300) },
    { name: "zeros", tail: new Uint8Array(5000) },
    { name: "set bits", tail: new Uint8Array(5000).fill(0xff) },
    { name: "half a frame of its own", tail: fixture("tone-20bit.flac").subarray(86, 500) },
  ])("$name behind the last frame changes nothing", ({ tail }) => {
    const bytes = fixture("tone-20bit.flac");
    expect(readFlac(joined(bytes, tail))).toEqual(readFlac(bytes));
  });

  test("files that were joined are both heard", () => {
    const bytes = fixture("tone-12bit.flac");
    const { sound, truncated } = readFlac(joined(bytes, bytes));
    const tone = encodedTone(12);
    expect(sound.channels).toEqual([Float32Array.from([...tone, ...tone])]);
    expect(truncated).toBe(false);
  });

  test("a damaged frame is left out, the others stay as they are, and it is said", () => {
    const bytes = Uint8Array.from(fixture("tone-20bit.flac"));
    const middle = Math.round(bytes.length / 2);
    bytes[middle] = bytes[middle]! ^ 0x10;
    const { sound, truncated, notes } = readFlac(bytes);
    const tone = encodedTone(20);
    const [samples = new Float32Array(0)] = sound.channels;
    expect(samples.length).toBe(2205 - 512);
    const kept = samples.findIndex((sample, i) => sample !== tone[i]);
    expect(kept % 512).toBe(0);
    expect(samples.subarray(kept)).toEqual(tone.subarray(kept + 512));
    expect(truncated).toBe(false);
    expect(notes).toEqual([
      { code: "damaged", message: "the file is damaged in 1 place; the rest is used" },
    ]);
  });

  test("a file that is cut off gives its whole frames", () => {
    const bytes = fixture("tone-20bit.flac");
    const { sound, truncated } = readFlac(bytes.subarray(0, bytes.length - 60));
    expect(truncated).toBe(true);
    expect(sound.channels).toEqual([encodedTone(20).subarray(0, 2048)]);
  });

  test("a length that the encoder did not know is no reason to doubt", () => {
    const bytes = Uint8Array.from(fixture("tone-12bit.flac"));
    bytes.fill(0, 22, 26);
    expect(readFlac(bytes)).toMatchObject({ truncated: false, sound: { sampleRate: 22_050 } });
    expect(readFlac(bytes).sound.channels[0]).toEqual(encodedTone(12));
  });
});
