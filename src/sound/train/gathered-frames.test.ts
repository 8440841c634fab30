import { expect, test } from "vitest";
import type { News } from "../../events/events.ts";
import { seededRandom } from "../../random.ts";
import type { CorpusEntry } from "../audio/corpus/judge.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { gatheredFrames } from "./gathered-frames.ts";

function entryOf(seconds: number, index: number): CorpusEntry {
  const random = seededRandom(index);
  const mono = Float32Array.from({ length: seconds * MODEL_RATE_HZ }, () => random.next() - 0.5);
  return {
    file: {
      ...{ fate: "used", path: `${seconds} s.wav`, bytes: 2 * mono.length, format: "wav" },
      ...{ warnings: [], sampleRateHz: MODEL_RATE_HZ, channelCount: 1, peak: 0.5 },
      durationSeconds: seconds,
    },
    diskPath: new TextEncoder().encode(`${seconds} s.wav`),
    ...{ mono, contentHash: `content ${index}`, soundHash: `sound ${index}`, index, fileCount: 2 },
  };
}

test("gatheredFrames() tells how far a long file is, also while its frames are made", async () => {
  const [short, long] = [entryOf(1, 0), entryOf(25, 1)];
  async function* reading() {
    yield short;
    yield { share: 0.4, index: 1, fileCount: 2 };
    yield long;
  }
  const news: News[] = [];
  const gathering = gatheredFrames("sounds", reading());
  let next = await gathering.next();
  for (; next.done !== true; next = await gathering.next()) news.push(next.value);
  const shares = news.map((item) => (item.type === "phase-progress" ? (item.share ?? "done") : ""));
  const [first, ...rest] = shares;
  expect([first, rest.at(-1)]).toEqual(["done", "done"]);
  const within = rest.slice(0, -1).map(Number);
  expect(within[0]).toBeCloseTo(0.2, 9);
  expect(within.length).toBeGreaterThan(3);
  expect(within).toEqual(within.toSorted((a, b) => a - b));
  expect(within.at(-1)).toBeLessThan(1);
  expect(next.value.files.map(({ path }) => path)).toEqual(["1 s.wav", "25 s.wav"]);
});
