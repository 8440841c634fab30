import { expect, test } from "vitest";
import { DEPTH, queueDepth } from "./queue-depth.ts";

const BLOCK_SECONDS = 256 / 48_000;

function play(depth: ReturnType<typeof queueDepth>, seconds: number, waiting: number): void {
  for (let at = 0; at < seconds; at += BLOCK_SECONDS) depth.returned({ missed: 0, waiting });
}

test("queueDepth() grows at once where samples are missing, up to its most", () => {
  const queue = queueDepth(BLOCK_SECONDS);
  expect(queue.depth).toBe(DEPTH.first);
  queue.returned({ missed: 128, waiting: 0 });
  expect(queue.depth).toBe(DEPTH.first + 4);
  // The same count again is nothing new.
  queue.returned({ missed: 128, waiting: 0 });
  expect(queue.depth).toBe(DEPTH.first + 4);
  for (let missed = 256; missed < 4000; missed += 128) queue.returned({ missed, waiting: 0 });
  expect(queue.depth).toBe(DEPTH.most);
});

test("queueDepth() grows before anything is missing, where blocks come at the last moment", () => {
  const queue = queueDepth(BLOCK_SECONDS);
  play(queue, 0.25, 0);
  expect(queue.depth).toBe(DEPTH.first + 2);
  play(queue, 9, 1);
  expect(queue.depth).toBe(DEPTH.first + 2);
});

test("queueDepth() shrinks slowly where blocks always waited, not where they were needed", () => {
  const calm = queueDepth(BLOCK_SECONDS);
  play(calm, 9, 3);
  expect(calm.depth).toBe(DEPTH.first);
  play(calm, 2, 3);
  expect(calm.depth).toBe(DEPTH.first - 1);
  play(calm, 60, 3);
  expect(calm.depth).toBe(DEPTH.least);
  const narrow = queueDepth(BLOCK_SECONDS);
  play(narrow, 60, 1);
  expect(narrow.depth).toBe(DEPTH.first);
});
