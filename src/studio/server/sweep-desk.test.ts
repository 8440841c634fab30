import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exampleRun } from "../../../test/example-run.ts";
import { examplePlan } from "../../../test/support/sweep-plan.ts";
import type { RunEvent } from "../../events/events.ts";
import { eventToLine } from "../../events/wire.ts";
import { nodeClock } from "../../host.node.ts";
import { type RunLogs, runLogs } from "../../queue/run-logs.node.ts";
import {
  lockSweep,
  makeSweepFolder,
  sweepPaths,
  writeOutcome,
} from "../../queue/sweep-folder.node.ts";
import { rungPlanner } from "../../queue/table.ts";
import type { SweepCard } from "../contract.ts";
import { afterPicture, noPicture, type RunPicture } from "../run-picture.ts";
import type { Channel, Pending } from "./channel.ts";
import { SweepDesk } from "./sweep-desk.node.ts";

const plan = examplePlan({});
const events = exampleRun({ title: "rain", epochsTotal: 3 });

let runs: string;
let folder: string;
let logs: RunLogs;
let desk: SweepDesk;
/** Of the sweep, as planned. */
let jobs: string[];

beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), "etude-sweeps-"));
  folder = join(runs, "rain-sweep");
  await makeSweepFolder(folder, plan);
  logs = runLogs(sweepPaths(folder).runs);
  jobs = (await rungPlanner(plan)(new Map())).flat().map(({ job }) => job.id);
  const clock = {
    ...nodeClock,
    sleep: (_: number, signal?: AbortSignal) => nodeClock.sleep(1, signal),
  };
  const onBug = (error: unknown): void => expect.fail(String(error));
  desk = new SweepDesk({ runs, clock, onBug });
});

afterEach(() => rm(runs, { recursive: true }));

test("lists a sweep that another process carries out, as it goes on", async () => {
  const lock = await lockSweep(folder);
  const [first = "", second = "", third = ""] = jobs;
  await told(first, 0, 20);
  const begun = await cardOnce(({ runs: shown }) => shown.length === 1);
  expect(begun).toEqual({
    id: "rain-sweep",
    name: "rain",
    startedWallMs: expect.any(Number),
    isAtWork: true,
    count: { done: 0, aside: 0, planned: 4 },
    runs: [
      {
        id: `rain-sweep:${first}`,
        label: "lr 0.001",
        state: "at-work",
        epochs: 4,
        validationLoss: null,
      },
    ],
  });
  await writeOutcome(folder, first, done(0.5));
  await writeOutcome(folder, second, done(0.25));
  await writeOutcome(folder, third, { state: "aside", failures: [] });
  await told(jobs[3] ?? "", 0, 20);
  const later = await cardOnce(({ count }) => count.done === 2);
  expect(later.count).toEqual({ done: 2, aside: 1, planned: 4 });
  // What is open, then the best first.
  expect(later.runs.map(({ label, state }) => `${label}: ${state}`)).toEqual([
    "lr 0.004: at-work",
    "lr 0.002: finished",
    "lr 0.001: finished",
    "lr 0.003: aside",
  ]);
  await lock.release();
  const stopped = await cardOnce(({ isAtWork }) => !isAtWork);
  expect(stopped.runs[0]?.state).toBe("stopped");
});

test("follows a run while somebody looks, from its beginning", async () => {
  const [job = ""] = jobs;
  const id = `rain-sweep:${job}`;
  await told(job, 0, 30);
  const first = await pictures(id);
  await first.until(({ state }) => state.started?.title === "rain");
  await told(job, 30, events.length);
  await first.until(({ state }) => state.status === "finished");
  first.leave();
  const again = await pictures(id);
  const { state } = await again.until((picture) => picture.state.status === "finished");
  expect(state.epochs).toHaveLength(3);
  again.leave();
});

test("follows a run that a resumed sweep begins again", async () => {
  const [job = ""] = jobs;
  const seen = await pictures(`rain-sweep:${job}`);
  await told(job, 0, 30);
  await seen.until(({ state }) => state.stepsDone > 0);
  await logs.restart(job);
  await told(job, 0, 8);
  await seen.until(({ state }) => state.started !== undefined && state.stepsDone === 0);
  await told(job, 8, events.length);
  await seen.until(({ state }) => state.status === "finished");
  seen.leave();
});

test("shows another sweep that takes the folder of one", async () => {
  await cardOnce(({ count }) => count.planned === 4);
  await rm(folder, { recursive: true });
  await makeSweepFolder(folder, examplePlan({ name: "hail" }));
  await cardOnce(({ name }) => name === "hail");
});

test("refuses a run of a sweep that is not there", async () => {
  for (const id of [`other:${jobs[0]}`, `..:${jobs[0]}`, `rain-sweep/..:${jobs[0]}`]) {
    await expect(desk.runChannel(id)).rejects.toMatchObject({ code: "run-not-found" });
  }
});

/** As a worker sends them. */
async function told(job: string, from: number, to: number): Promise<void> {
  const lines = events.slice(from, to).map(eventToLine).join("");
  await logs.take({ job, sweep: plan.id, epoch: 1, lines });
}

function done(validationLoss: number) {
  const work = { worker: "w", runtimes: ["cpu"], elapsedMs: 1000, epoch: 1 };
  const result = { step: 60, epochs: 4, bestEpoch: 3, startLoss: 1, validationLoss };
  return { state: "done", result: { ...result, model: "b".repeat(64), work } } as const;
}

async function cardOnce(isWanted: (card: SweepCard) => boolean): Promise<SweepCard> {
  const seen = reading(desk.channel);
  const found = await seen.until(
    ({ state }) => (state as SweepCard[] | undefined)?.some(isWanted) ?? false,
  );
  seen.leave();
  const [card] = found.state as SweepCard[];
  return card ?? expect.fail("There is no sweep");
}

/** The picture of a run, as a page draws it. */
async function pictures(id: string) {
  const { until, leave } = reading(await desk.runChannel(id));
  let picture = noPicture;
  return {
    leave,
    async until(isWanted: (picture: RunPicture) => boolean): Promise<RunPicture> {
      await until(({ state, news = [] }) => {
        picture =
          (state as RunPicture | undefined) ?? afterPicture(picture, news as unknown as RunEvent[]);
        return isWanted(picture);
      });
      return picture;
    },
  };
}

/** Reads a channel as a page does. */
function reading(channel: Channel) {
  let take: () => Pending | undefined = () => undefined;
  let wake = (): void => {};
  const leave = channel.subscribe({
    wake: () => wake(),
    onOpen: (taker) => {
      take = taker;
    },
  });
  return {
    leave,
    async until(isWanted: (told: Pending) => boolean): Promise<Pending> {
      for (;;) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const one = take();
        if (one !== undefined && isWanted(one)) return one;
        if (one === undefined) await woken;
      }
    },
  };
}
