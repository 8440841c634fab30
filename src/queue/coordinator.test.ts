import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { examplePlan } from "../../test/support/sweep-plan.ts";
import { nodeClock } from "../host.node.ts";
import { coordinate } from "./coordinator.node.ts";
import { folderCoordinatorSide, folderWorkerSide } from "./folder-queue.node.ts";
import { failed, openLease, taken } from "./lease.ts";
import { makeSweepFolder, readOutcomes, sweepPaths } from "./sweep-folder.node.ts";
import { rungPlanner } from "./table.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude-sweep-"));
});

afterEach(() => rm(folder, { recursive: true }));

const clock = { ...nodeClock, sleep: async () => {} };
const { signal } = new AbortController();

test("a job that fails three times is set aside, and the sweep goes on", async () => {
  const plan = examplePlan({});
  await makeSweepFolder(folder, plan);
  const { queue } = sweepPaths(folder);
  const side = await folderCoordinatorSide(queue, { clock, session: "c", corpusFolder: "/rain" });
  const worker = folderWorkerSide(queue, { clock, session: "w" });
  const leases = worker.leasesOf(plan.id);
  let takes = 0;
  // In the place of a worker: takes what is offered, and fails.
  const onState = async (): Promise<void> => {
    const offer = await worker.take([plan.id], new Set());
    if (offer === undefined) return;
    takes += 1;
    const before = offer.lease?.value ?? openLease();
    const lease = taken(before, { session: "w", name: "w" });
    const revision = await leases.put(offer.job.id, lease, offer.lease?.revision ?? 0);
    await leases.put(offer.job.id, failed(lease, `no ${takes}`), revision ?? 0);
  };
  const state = await coordinate(folder, plan, { side, clock, signal, onState, onEvent() {} });
  expect(takes).toBe(12);
  expect(state.table.rows.map(({ aside, rank }) => ({ aside, rank }))).toEqual(
    Array(4).fill({ aside: 1, rank: null }),
  );
  const [[first] = []] = await rungPlanner(plan)(new Map());
  expect((await readOutcomes(folder)).get(first?.job.id ?? "")).toEqual({
    state: "aside",
    failures: ["no 1", "no 2", "no 3"].map((reason) => ({ worker: "w", reason })),
  });
});

test("a queue that has forgotten is given again what is not done, with epochs that go on", async () => {
  const plan = examplePlan({ points: [{ values: {}, overrides: {} }] });
  await makeSweepFolder(folder, plan);
  const { queue } = sweepPaths(folder);
  const side = await folderCoordinatorSide(queue, { clock, session: "c", corpusFolder: "/rain" });
  const stop = new AbortController();
  const leases = side.leases;
  let hasForgotten = false;
  let looks = 0;
  const onState = async (): Promise<void> => {
    looks += 1;
    const [job = ""] = (await rungPlanner(plan)(new Map())).flat().map((run) => run.job.id);
    if (looks === 1) await leases.put(job, taken(openLease(), { session: "w", name: "w" }), 0);
    if (looks === 3) {
      await side.end();
      hasForgotten = true;
    }
    if (looks === 5) {
      const found = await leases.get(job);
      expect(found?.value).toMatchObject({ state: "open", epoch: 1 });
      expect(
        await folderWorkerSide(queue, { clock, session: "v" }).take([plan.id], new Set()),
      ).toMatchObject({
        job: { id: job },
      });
      stop.abort();
    }
  };
  const forgetful = {
    ...side,
    hasForgotten: async () => {
      const told = hasForgotten;
      hasForgotten = false;
      return told;
    },
  };
  const tools = { side: forgetful, clock, signal: stop.signal, onState, onEvent() {} };
  const state = await coordinate(folder, plan, tools);
  expect(state.open).toHaveLength(1);
});
