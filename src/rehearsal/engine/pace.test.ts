import { expect, test } from "vitest";
import { pretraining } from "../../../test/support/simulated.ts";
import type { RunEvent } from "../../events/events.ts";
import type { Truth } from "../incidents/truth.ts";
import { type PaceOptions, paced } from "./pace.ts";
import type { SceneItem } from "./scene.ts";

const { items, news, truths } = pretraining({ incidents: [{ kind: "row-remap", step: 20 }] }, 60);

test("paced() tells the same events whatever the speed", async () => {
  const told = await Promise.all(
    [0.01, 1, 1e9].map(async (speedFactor) => (await tell(items, { speedFactor })).events),
  );
  expect(told[0]).toEqual(told[1]);
  expect(told[2]).toEqual(told[1]);
  expect(told[1]?.map(({ seq }) => seq)).toEqual(news.map((_, i) => i));
  expect(told[1]?.map(({ atMs }) => atMs)).toEqual(news.map(({ atMs }) => atMs));
});

test.each([1, 10, 1000])("paced() takes the simulated time divided by %d", async (speedFactor) => {
  const { tookMs } = await tell(items, { speedFactor });
  const simulatedMs = news.at(-1)?.atMs ?? 0;
  expect(Math.abs(tookMs - simulatedMs / speedFactor)).toBeLessThan(5);
});

test("paced() prefers the pause that an item gives itself", async () => {
  const [first] = items as [SceneItem];
  const { tookMs } = await tell([first, { ...first, atMs: 9e9, shownMs: 40 }], { speedFactor: 2 });
  expect(tookMs).toBe(20);
});

test("paced() waits for nothing while it is told to be instant, and goes on in its pace after", async () => {
  let drawn = 0;
  const { tookMs, events } = await tell(items, { isInstant: () => drawn <= 30 }, () => {
    drawn += 1;
  });
  expect(events).toHaveLength(news.length);
  const [before, first, last] = [items[29], items[30], items.at(-1)] as SceneItem[];
  if (!before || !first || !last) throw new Error("The run is too short");
  const pauseMs = Math.max(200, first.atMs - before.atMs);
  expect(Math.abs(tookMs - (pauseMs + last.atMs - first.atMs))).toBeLessThan(5);
});

test("paced() waits behind what came at once, also where the run would go on at once", async () => {
  const [first] = items as [SceneItem];
  const rest = [0, 0, 300].map((shownMs) => ({ ...first, shownMs }));
  const waits = async (count: number, of: readonly SceneItem[] = rest) => {
    const clock = { ms: 0 };
    let told = 0;
    const momentsMs: number[] = [];
    const pace = {
      clock: {
        nowMs: () => clock.ms,
        sleep: async (ms: number) => {
          clock.ms += ms;
        },
      },
      speedFactor: 2,
      signal: new AbortController().signal,
      isInstant: () => told < count,
      onTruth: () => {},
    };
    for await (const _ of paced({ isEven: false, items: of }, pace)) {
      told += 1;
      momentsMs.push(clock.ms);
    }
    return [...momentsMs, clock.ms];
  };
  expect(await waits(0)).toEqual([0, 0, 150, 150]);
  expect(await waits(1)).toEqual([0, 100, 250, 250]);
  expect(await waits(2)).toEqual([0, 0, 150, 150]);
  expect(await waits(3)).toEqual([0, 0, 0, 100]);
  expect(await waits(4)).toEqual([0, 0, 0, 0]);
});

test("paced() hands the truth to whoever wants it, and tells nobody else", async () => {
  const { told, events } = await tell(items, {});
  const [started] = news;
  const frame = { version: 2, source: "simulated", scene: "llm_pretraining", seed: 1 };
  expect(told[0]).toMatchObject({ type: "truth", ...frame });
  expect(started).toMatchObject({ wallMs: (told[0] as { wallMs: number }).wallMs });
  expect(told.slice(1)).toEqual(truths);
  expect(told.map(({ type }) => type)).toContain("incident-began");
  expect(events.map(({ type }) => String(type))).not.toContain("incident-began");
});

test("paced() ends an aborted run at once, as cancelled, where it had come to", async () => {
  const controller = new AbortController();
  const { events, told, tookMs } = await tell(items, { signal: controller.signal }, (clock) => {
    if (clock.ms > 120_000) controller.abort();
  });
  expect(told.at(-1)).toMatchObject({ type: "run-over", outcome: "cancelled" });
  const last = events.at(-1);
  expect(last).toMatchObject({ type: "run-ended", outcome: "cancelled" });
  const steps = events.filter(({ type }) => type === "step-done").length;
  expect(last).toMatchObject({ step: steps, seq: events.length - 1 });
  expect(tookMs).toBeLessThan(125_000);
  expect(last?.atMs).toBeLessThanOrEqual(tookMs + 1);
});

test("paced() says nothing of a run that was aborted before it began", async () => {
  const controller = new AbortController();
  controller.abort();
  expect((await tell(items, { signal: controller.signal })).events).toEqual([]);
});

test("paced() lets others have their turn in a run that never waits", async () => {
  const { sleeps } = await tell(items, { speedFactor: 1e12 }, (clock) => {
    clock.ms += 5;
  });
  expect(sleeps).toBeGreaterThan(items.length / 10);
});

interface FakeClock {
  ms: number;
}

/** Runs with a clock that only sleeping moves. @param onItem Called before each item is drawn. */
async function tell(
  of: readonly SceneItem[],
  options: Partial<PaceOptions>,
  onItem: (clock: FakeClock) => void = () => {},
) {
  const clock = { ms: 1000 };
  let sleeps = 0;
  const events: RunEvent[] = [];
  const told: Truth[] = [];
  function* watched(): Generator<SceneItem> {
    for (const item of of) {
      onItem(clock);
      yield item;
    }
  }
  const pace: PaceOptions = {
    clock: {
      nowMs: () => clock.ms,
      sleep: async (ms) => {
        sleeps += 1;
        clock.ms += ms;
      },
    },
    speedFactor: 1,
    signal: new AbortController().signal,
    isInstant: () => false,
    onTruth: (truth) => told.push(truth),
    ...options,
  };
  for await (const event of paced({ isEven: true, items: watched() }, pace)) events.push(event);
  return { events, told, sleeps, tookMs: clock.ms - 1000 };
}
