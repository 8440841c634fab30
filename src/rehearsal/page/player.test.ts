import { expect, test } from "vitest";
import { virtualClock } from "../../../test/support/virtual-clock.ts";
import { openPlayer, type Player } from "./player.ts";

/** A player at a speed, and a wait of so many milliseconds on it. */
function waiting(ms: number, speedFactor = 1) {
  const clock = virtualClock();
  const player = openPlayer(clock, speedFactor);
  const controller = new AbortController();
  const state = { outcome: "waiting" };
  player.sleep(ms, controller.signal).then(
    () => {
      state.outcome = "over";
    },
    (reason) => {
      state.outcome = reason === controller.signal.reason ? "aborted" : "failed";
    },
  );
  return { clock, player, controller, state };
}

test("a wait takes its time", async () => {
  const { clock, player, state } = waiting(1000);
  await clock.advance(999);
  expect(state.outcome).toBe("waiting");
  await clock.advance(1);
  expect(state.outcome).toBe("over");
  expect(player.nowMs()).toBe(1000);
});

test("a held wait goes on where it was, however long it was held", async () => {
  const { clock, player, state } = waiting(1000);
  await clock.advance(400);
  player.pause();
  await clock.advance(3_000_000_000);
  expect({ ...state, nowMs: player.nowMs(), isPaused: player.isPaused }).toEqual({
    outcome: "waiting",
    nowMs: 400,
    isPaused: true,
  });
  player.resume();
  await clock.advance(599);
  expect(state.outcome).toBe("waiting");
  await clock.advance(1);
  expect(state.outcome).toBe("over");
  expect(player.nowMs()).toBe(1000);
});

test.each([
  { factor: 10, restMs: 60 },
  { factor: 1e6, restMs: 0.0006 },
  { factor: 0.5, restMs: 1200 },
])(
  "a wait that is 400 of 1,000 ms old ends $restMs ms after the speed becomes $factor",
  async ({ factor, restMs }) => {
    const { clock, player, state } = waiting(1000);
    await clock.advance(400);
    player.setSpeed(factor);
    await clock.advance(restMs * 0.99);
    expect(state.outcome).toBe("waiting");
    await clock.advance(restMs * 0.02);
    expect(state.outcome).toBe("over");
    // What was asked for has passed: nobody who is punctual by this clock waits for the rest.
    expect(player.nowMs()).toBeGreaterThanOrEqual(1000);
  },
);

test("the speed may change while the player is held", async () => {
  const { clock, player, state } = waiting(1000, 2);
  player.pause();
  await clock.advance(50);
  player.setSpeed(20);
  await clock.advance(5000);
  expect(state.outcome).toBe("waiting");
  player.resume();
  await clock.advance(100);
  expect(state.outcome).toBe("over");
});

test.each([{ held: false }, { held: true }])(
  "an abort ends a wait at once, held $held",
  async ({ held }) => {
    const { clock, player, controller, state } = waiting(1000);
    if (held) player.pause();
    controller.abort();
    await clock.advance(0);
    expect(state.outcome).toBe("aborted");
    await expect(player.sleep(5, controller.signal)).rejects.toBe(controller.signal.reason);
  },
);

test("what was played is time that was not held, times the speed of that time", async () => {
  const clock = virtualClock();
  const player: Player = openPlayer(clock, 2);
  await clock.advance(100);
  player.pause();
  await clock.advance(1000);
  player.setSpeed(5);
  player.resume();
  await clock.advance(10);
  expect(player.playedMs()).toBe(2 * 100 + 5 * 10);
});
