import { expect, test } from "vitest";
import { type VirtualClock, virtualClock } from "../../../test/support/virtual-clock.ts";
import { type GpuWatch, gpuWatch } from "./gpu-watch.ts";

const MINUTE_MS = 60_000;

function watchOf(clock: VirtualClock): { watch: GpuWatch; told: number[] } {
  const told: number[] = [];
  return { watch: gpuWatch(clock, (waitedMs) => void told.push(waitedMs)), told };
}

async function work(
  { watch, clock }: { watch: GpuWatch; clock: VirtualClock },
  { count, ms }: { count: number; ms: number },
): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    watch.begun();
    await clock.advance(ms);
    watch.ended();
  }
}

test.each([
  { what: "the first work, which compiles", count: 0, ms: 0, waitedMs: 5 * MINUTE_MS },
  { what: "work that takes 30 ms", count: 20, ms: 30, waitedMs: MINUTE_MS },
  { what: "work that takes 9 s", count: 20, ms: 9000, waitedMs: 3 * MINUTE_MS },
])("a GPU hangs when $what has not ended after $waitedMs ms", async ({ count, ms, waitedMs }) => {
  const clock = virtualClock();
  const { watch, told } = watchOf(clock);
  await work({ watch, clock }, { count, ms });
  watch.begun();
  await clock.advance(waitedMs - 1);
  expect(told).toEqual([]);
  await clock.advance(2);
  expect(told).toEqual([waitedMs]);
});

test("a GPU that is idle for hours, or is closed, never hangs", async () => {
  const clock = virtualClock();
  const { watch, told } = watchOf(clock);
  await work({ watch, clock }, { count: 20, ms: 30 });
  await clock.advance(100 * MINUTE_MS);
  watch.begun();
  watch.close();
  await clock.advance(100 * MINUTE_MS);
  expect(told).toEqual([]);
});
