import { expect, test } from "vitest";
import { virtualClock } from "../../../test/support/virtual-clock.ts";
import { type PlayTools, playTogether } from "./jobs-timeline.ts";

/** Says its letter after each of its waits. */
function saying(said: string[], letter: string, waits: readonly number[]) {
  return async ({ clock }: PlayTools): Promise<void> => {
    for (const ms of waits) {
      await clock.sleep(ms);
      said.push(`${letter}${clock.nowMs()}`);
    }
  };
}

const never = new AbortController().signal;

test.each([1, 7, 1e9])("at speed %s everything comes in the same order", async (speedFactor) => {
  const said: string[] = [];
  const plays = [saying(said, "a", [5, 5, 5]), saying(said, "b", [5, 1, 9]), saying(said, "c", [])];
  const clock = virtualClock();
  const played = playTogether(plays, { clock, speedFactor, signal: never });
  await clock.advance(100);
  await played;
  expect(said).toEqual(["a5", "b5", "b6", "a10", "a15", "b15"]);
});

test("waits take their time, divided by the speed factor", async () => {
  const said: string[] = [];
  const clock = virtualClock();
  const plays = [saying(said, "a", [100, 100]), saying(said, "b", [150])];
  const played = playTogether(plays, { clock, speedFactor: 2, signal: never });
  await clock.advance(49);
  expect(said).toEqual([]);
  await clock.advance(26);
  expect(said).toEqual(["a100", "b150"]);
  await clock.advance(25);
  await played;
  expect(said).toEqual(["a100", "b150", "a200"]);
});

test("what is late is caught up with, but no more than a quarter of a second of it", async () => {
  let realMs = 0;
  const slept: number[] = [];
  const clock = {
    nowMs: () => realMs,
    sleep: async (ms: number) => {
      slept.push(ms);
      realMs += ms;
    },
  };
  const slow = async ({ clock: time }: PlayTools): Promise<void> => {
    await time.sleep(100);
    realMs += 1000;
    for (let i = 0; i < 5; i += 1) await time.sleep(100);
  };
  await playTogether([slow], { clock, speedFactor: 1, signal: never });
  expect(slept.filter((ms) => ms > 0)).toEqual([100, 50, 100]);
});

test("an abort wakes everybody where the time has come to", async () => {
  const controller = new AbortController();
  const clock = virtualClock();
  const woken: string[] = [];
  const play = async ({ clock: time, signal }: PlayTools): Promise<void> => {
    await time.sleep(1e6).catch(() => {});
    woken.push(`${time.nowMs()} ${signal.aborted}`);
  };
  const played = playTogether([play, play], { clock, speedFactor: 10, signal: controller.signal });
  await clock.advance(30);
  controller.abort();
  await played;
  expect(woken).toEqual(["300 true", "300 true"]);
});

test("a play that fails ends the others, and its failure is thrown when they have ended", async () => {
  const ended: string[] = [];
  const failing = async ({ clock }: PlayTools): Promise<void> => {
    await clock.sleep(10);
    throw new Error("no such cluster");
  };
  const other = async ({ clock }: PlayTools): Promise<void> => {
    await clock.sleep(1e6).catch(() => {});
    ended.push("other");
  };
  const clock = virtualClock();
  const played = playTogether([other, failing], { clock, speedFactor: 1, signal: never });
  const refused = expect(played).rejects.toThrow("no such cluster");
  await clock.advance(20);
  await refused;
  expect(ended).toEqual(["other"]);
});

test("who computes for long lets the program breathe, and keeps the word", async () => {
  let realMs = 0;
  let breaths = 0;
  const clock = {
    nowMs: () => realMs,
    sleep: async () => {
      breaths += 1;
    },
  };
  const said: string[] = [];
  const busy = async ({ clock: time }: PlayTools): Promise<void> => {
    for (let i = 0; i < 100; i += 1) {
      realMs += 1;
      await time.breathe();
    }
    said.push("busy");
  };
  const next = async (): Promise<void> => {
    said.push("next");
  };
  await playTogether([busy, next], { clock, speedFactor: 1, signal: never });
  expect(breaths).toBe(5);
  expect(said).toEqual(["busy", "next"]);
});
