import { expect, test } from "vitest";
import { recordingOf } from "../../../test/support/simulated.ts";
import { virtualClock } from "../../../test/support/virtual-clock.ts";
import { UserError } from "../../errors.ts";
import { openDialect } from "../dialects/dialects.ts";
import { wantedOf } from "../play/simulate-request.ts";
import { DEFAULT_SCENE } from "../scenes/scenes.ts";
import { DEFAULT_REQUEST } from "./address.ts";
import { openPlayer } from "./player.ts";
import { type ShownRun, type ShowRequest, type Stage, show } from "./show.ts";

const small: ShowRequest = {
  ...DEFAULT_REQUEST,
  model: "TinyLlama-1.1B",
  gpus: "H100:32",
  tokens: "9e9",
  chance: false,
  seed: 1,
  program: "etude 0.0.0",
};

/** A show on a stage that keeps what is written on it. */
function opened(asked: Partial<ShowRequest>, stageParts: Partial<Stage> = {}) {
  const request = { ...small, ...asked };
  const clock = virtualClock();
  const player = openPlayer(clock, request.speedFactor);
  const controller = new AbortController();
  const runs: ShownRun[] = [];
  let text = "";
  const stage: Stage = {
    write: (part) => {
      text += part;
    },
    columns: () => 100,
    rows: () => 30,
    ready: () => undefined,
    ...stageParts,
  };
  const ended = show(request, {
    stage,
    player,
    clock,
    signal: controller.signal,
    onRun: (run) => runs.push(run),
  });
  return {
    clock,
    player,
    runs,
    ended,
    text: () => text,
    async stop() {
      controller.abort();
      await ended;
    },
  };
}

test("show() tells the very lines that the command line tells for the same seed", async () => {
  const { clock, text, stop } = opened({ dialect: "megatron", speedFactor: 100 });
  await clock.advance(2000);
  await stop();
  const dialect = openDialect("megatron");
  const run = { ...wantedOf(small), seed: small.seed, program: small.program };
  const { news } = recordingOf(DEFAULT_SCENE.start(run).items, 400);
  const lines = news.flatMap((one, seq) => dialect.lines({ ...one, seq }));
  const told = text().trimEnd().split("\r\n");
  expect(told.length).toBeGreaterThan(100);
  expect(told).toEqual(lines.slice(0, told.length));
});

test("show() tells so many lines at once, and then keeps its pace", async () => {
  const { clock, text, stop } = opened({ dialect: "megatron", instantPrintLines: 200 });
  await clock.advance(0);
  const lines = (): string[] => text().trimEnd().split("\r\n");
  expect(lines()).toHaveLength(200);
  await clock.advance(150);
  expect(lines()).toHaveLength(200);
  await clock.advance(120_000);
  expect(lines().length).toBeGreaterThan(200);
  await stop();
});

test("show() counts the lines that come at once from its beginning, not from that of each run", async () => {
  const asked = { modules: ["cluster_burn_in"], seed: 7, speedFactor: 0.01 } as const;
  const { clock, runs, stop } = opened({ ...DEFAULT_REQUEST, ...asked, instantPrintLines: 200 });
  await clock.advance(1000);
  const begun = runs.length;
  expect(begun).toBeGreaterThan(1);
  await clock.advance(5000);
  expect(runs).toHaveLength(begun);
  await stop();
});

test("show() stands still while its player is held, and goes on after", async () => {
  const { clock, player, text, stop } = opened({ speedFactor: 10 });
  await clock.advance(3000);
  player.pause();
  // The newest frame may be due yet.
  await clock.advance(2000);
  const held = text();
  await clock.advance(60_000);
  expect(text()).toBe(held);
  player.resume();
  await clock.advance(3000);
  expect(text().length).toBeGreaterThan(held.length);
  await stop();
});

test("show() follows a change of the speed", async () => {
  const { clock, player, text, stop } = opened({ dialect: "megatron", speedFactor: 0.01 });
  await clock.advance(1000);
  const before = text().length;
  player.setSpeed(1e4);
  await clock.advance(100);
  expect(text().length).toBeGreaterThan(before + 10_000);
  await stop();
});

test("show() draws a new size while it is held", async () => {
  let columns = 100;
  const { clock, player, text, stop } = opened({ speedFactor: 10 }, { columns: () => columns });
  await clock.advance(3000);
  player.pause();
  await clock.advance(500);
  const before = text().length;
  columns = 60;
  await clock.advance(500);
  expect(text().length).toBeGreaterThan(before);
  await stop();
});

test("show() ends at once when it is stopped, and writes nothing more", async () => {
  const { clock, text, stop } = opened({ speedFactor: 10 });
  await clock.advance(3000);
  const before = text();
  await stop();
  await clock.advance(10_000);
  expect(text()).toBe(before);
});

test("show() goes on with the next seed, and says which scene it is", async () => {
  const { clock, runs, text, stop } = opened({
    ...DEFAULT_REQUEST,
    modules: ["cluster_burn_in"],
    seed: 2 ** 32 - 1,
    speedFactor: 1000,
  });
  await clock.advance(200);
  await stop();
  expect(runs.slice(0, 2)).toEqual([
    { scene: "cluster_burn_in", seed: 2 ** 32 - 1 },
    { scene: "cluster_burn_in", seed: 0 },
  ]);
  expect(text()).toContain("Starting a new run");
});

test("show() waits for a stage that cannot keep up", async () => {
  const writesMax = 50;
  let writes = 0;
  let open = (): void => {};
  const { clock, stop } = opened(
    { dialect: "megatron", speedFactor: 1e9 },
    {
      write: () => {
        writes += 1;
      },
      ready: () =>
        writes % writesMax === 0
          ? new Promise((resolve) => {
              open = resolve;
            })
          : undefined,
    },
  );
  await clock.advance(1000);
  expect(writes).toBe(writesMax);
  open();
  await clock.advance(1000);
  expect(writes).toBe(2 * writesMax);
  const stopped = stop();
  open();
  await stopped;
});

test("show() refuses a run that does not fit its machines", async () => {
  const { ended } = opened({ model: "Llama-3.1-405B", gpus: "T4:1" });
  await expect(ended).rejects.toThrow(UserError);
});
