import { expect, test } from "vitest";
import { chunksFrom } from "./riff-chunk.ts";
import { acidChunk, cueChunk, instrumentChunk, samplerChunk } from "./wav-music-chunks.ts";

/** Name and content of a chunk, as little-endian words of 32 bits and the bytes that are left. */
function read(chunk: Uint8Array) {
  const [{ name, content } = { name: "", content: chunk }] = chunksFrom(chunk, 0);
  return { name, view: new DataView(content.buffer, content.byteOffset, content.byteLength) };
}

test("samplerChunk() says the root, its cents and where the loop ends, inclusive", () => {
  const { name, view } = read(
    samplerChunk(48_000, { rootKey: 57, cents: 25 }, [{ start: 100, end: 900 }]),
  );
  expect(name).toBe("smpl");
  const words = [8, 12, 16, 28, 36, 40, 44, 48].map((at) => view.getUint32(at, true));
  expect(words).toEqual([20_833, 57, 2 ** 30, 1, 0, 0, 100, 899]);
  expect(view.byteLength).toBe(60);
});

test("instrumentChunk() says keys and velocities, and tunes down what lies above its note", () => {
  const zone = { rootKey: 60, cents: 12, lowKey: 59, highKey: 61 };
  const { name, view } = read(instrumentChunk({ ...zone, lowVelocity: 1, highVelocity: 42 }));
  expect(name).toBe("inst");
  expect([0, 1, 2, 3, 4, 5, 6].map((at) => view.getInt8(at))).toEqual([60, -12, 0, 59, 61, 1, 42]);
});

test("acidChunk() says beats, meter and tempo", () => {
  const { name, view } = read(acidChunk({ bpm: 92.5, beats: 12, beatsPerBar: 6, beatUnit: 8 }));
  expect(name).toBe("acid");
  expect(view.byteLength).toBe(24);
  expect(view.getUint32(12, true)).toBe(12);
  expect([view.getUint16(16, true), view.getUint16(18, true)]).toEqual([8, 6]);
  expect(view.getFloat32(20, true)).toBe(92.5);
});

test("cueChunk() names places in the data", () => {
  const { name, view } = read(cueChunk([0, 24_000]));
  expect(name).toBe("cue ");
  expect(view.getUint32(0, true)).toBe(2);
  expect([view.getUint32(28, true), view.getUint32(32, true)]).toEqual([2, 24_000]);
  expect(view.getUint32(36, true)).toBe(0x61746164);
});
