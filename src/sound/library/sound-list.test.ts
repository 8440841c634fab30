import { expect, test } from "vitest";
import { type ListedSound, listedSounds, soundQueryOf } from "./sound-list.ts";

const base = { id: "0a", modelName: "Bells", durationSeconds: 1, bytes: 10 };
const sounds: readonly ListedSound[] = [
  { ...base, seed: 1, madeWallMs: 1, title: "zing", tags: ["wet"] },
  {
    ...{ ...base, seed: 2, madeWallMs: 2, durationSeconds: 9 },
    exports: [{ wallMs: 7, format: "flac", path: "/takes/low.flac" }],
  },
  { ...base, seed: 3, madeWallMs: 3, modelName: "anvil" },
];

test.each([
  { query: "", seeds: [3, 2, 1] },
  { query: "up=yes", seeds: [1, 2, 3] },
  { query: "order=name&up=yes", seeds: [3, 2, 1] },
  { query: "order=length", seeds: [2, 3, 1] },
  { query: "order=export", seeds: [2, 3, 1] },
  { query: "order=nonsense", seeds: [3, 2, 1] },
  { query: "words=WET+bells", seeds: [1] },
  { query: "words=takes", seeds: [2] },
  { query: "words=nothing", seeds: [] },
  { query: "exported=yes", seeds: [2] },
])("a list of kept sounds asked for by $query has seeds $seeds", ({ query, seeds }) => {
  const found = listedSounds(sounds, soundQueryOf(new URLSearchParams(query)));
  expect(found.map(({ seed }) => seed)).toEqual(seeds);
});
