import { describe, expect, test } from "vitest";
import { generateOptions, readSoundRequest, unknownFields } from "./sound-request.ts";

const least = { version: 1, seed: 7, sampleRate: 48_000, quality: "draft" } as const;

describe("readSoundRequest()", () => {
  test("keeps what it does not know, and tells of it", () => {
    const later = { ...least, swirl: { size: 0.1 } };
    const request = readSoundRequest(later, "it");
    expect(request).toEqual(later);
    expect(unknownFields(request)).toEqual(["swirl"]);
  });

  test.each([
    { change: { seed: -1 }, says: "seed: found -1, need >=0" },
    { change: { seed: 2 ** 32 }, says: "seed: found 4294967296" },
    { change: { mode: "drone" }, says: 'mode: found "drone"' },
    { change: { length: 0.5 }, says: "length: found 0.5, need a whole number" },
    { change: { density: 0 }, says: "density: found 0" },
    {
      change: { loop: { bars: 0, bpm: 90, beatsPerBar: 4, beatUnit: 4 } },
      says: "loop.bars: found 0",
    },
    { change: { quality: undefined }, says: "quality: found undefined, need a value" },
  ])("refuses $change", ({ change, says }) => {
    expect(() => readSoundRequest({ ...least, ...change }, "it")).toThrow(`Cannot use it: ${says}`);
  });

  test("refuses those of a newer program, and what is no request", () => {
    expect(() => readSoundRequest({ ...least, version: 2 }, "it")).toThrow("has version 2");
    expect(() => readSoundRequest([], "it")).toThrow("need an object");
    expect(() => readSoundRequest(null, "it")).toThrow("Cannot use it");
  });
});

test("generateOptions() hands on every field that generate() knows, and no other", () => {
  const all = { ...least, length: 9, mode: "walk", evolution: 0.1, density: 2, take: 3 } as const;
  const { version: _, ...wanted } = all;
  expect(generateOptions({ ...all, ...{ swirl: 1 } })).toEqual(wanted);
});
