import { expect, test } from "vitest";
import { breathing } from "./breathing.ts";

test("breathing() passes on items and the result", async () => {
  const { signal } = new AbortController();
  async function* work() {
    yield 1;
    yield 2;
    return "done";
  }
  const running = breathing(work(), { signal, breathe: async () => {} });
  const steps = [await running.next(), await running.next(), await running.next()];
  expect(steps.map(({ value }) => value)).toEqual([1, 2, "done"]);
});

test("breathing() stops and closes work that never lets the thread hear anything", async () => {
  const stop = new AbortController();
  let isClosed = false;
  async function* work() {
    try {
      for (let i = 0; ; i += 1) yield i;
    } finally {
      isClosed = true;
    }
  }
  // A message that waits until somebody gives it a turn.
  setImmediate(() => stop.abort(new Error("stopped")));
  const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const seen: number[] = [];
  const reading = async (): Promise<void> => {
    for await (const i of breathing(work(), { signal: stop.signal, breathe })) seen.push(i);
  };
  await expect(reading()).rejects.toThrow("stopped");
  expect(seen).toEqual([0]);
  expect(isClosed).toBe(true);
});
