import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { virtualClock } from "../../test/support/virtual-clock.ts";
import type { RunEvent } from "./events.ts";
import { readAhead } from "./jobs-ahead.ts";
import { lineToEvent } from "./wire.ts";

type Source = "simulated" | "trained";

test("all jobs are known when one has its second turn, and no more is read", async () => {
  const taken: number[] = [];
  const ahead = await readAhead(given([2, 2, 1, 3, 3, 1, 2, 4], { taken }), {
    clock: virtualClock(),
  });
  expect(ahead.jobs).toEqual([1, 2, 3]);
  expect(taken).toHaveLength(6);
});

test("whatever was read ahead, all events come out, once and in order", async () => {
  const job = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(fc.array(job, { maxLength: 30 }), async (jobs) => {
      const { events } = await readAhead(given(jobs), { clock: virtualClock() });
      expect(await seqsOf(events)).toEqual(jobs.map((_, seq) => seq));
    }),
  );
});

test.each([
  { what: "a stream without jobs", jobs: [undefined, undefined], known: [], read: 1 },
  { what: "an empty stream", jobs: [], known: [], read: 0 },
  { what: "a stream of one job", jobs: [3, 3, 3], known: [3], read: 3 },
  { what: "jobs one after the other", jobs: [1, 1, 2, 2], known: [1, 2], read: 4 },
])("$what is read to where that is known", async ({ jobs, known, read }) => {
  const taken: number[] = [];
  const ahead = await readAhead(given(jobs, { taken }), { clock: virtualClock() });
  expect(ahead.jobs).toEqual(known);
  expect(taken).toHaveLength(read);
});

test("a job that has the word for very long is not waited for", async () => {
  const jobs = [...Array<number>(20_000).fill(1), 2];
  const taken: number[] = [];
  const ahead = await readAhead(given(jobs, { taken }), { clock: virtualClock() });
  expect(ahead.jobs).toEqual([1]);
  expect(ahead.isWhole).toBe(false);
  expect(taken).toHaveLength(10_000);
});

test("a short stream of one job is known to have no other", async () => {
  const ahead = await readAhead(given([1, 1, 1]), { clock: virtualClock() });
  expect(ahead).toMatchObject({ jobs: [1], isWhole: true });
});

test("a stream that is silent for a second is waited for no longer, and goes on afterwards", async () => {
  const clock = virtualClock();
  let goOn = (): void => {};
  async function* slow(): AsyncGenerator<RunEvent> {
    yield* given([1, 2]);
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    yield* given([3]);
  }
  const looking = readAhead(slow(), { clock });
  await clock.advance(2000);
  const { jobs, events } = await looking;
  expect(jobs).toEqual([1, 2]);
  goOn();
  expect(await seqsOf(events)).toEqual([0, 1, 0]);
});

test("a failure comes where it belongs: after the events before it", async () => {
  async function* broken(): AsyncGenerator<RunEvent> {
    yield* given([1, 2]);
    throw new Error("no more");
  }
  const { jobs, events } = await readAhead(broken(), { clock: virtualClock() });
  expect(jobs).toEqual([1, 2]);
  const seqs: number[] = [];
  const reading = async (): Promise<void> => {
    for await (const { seq } of events) seqs.push(seq);
  };
  await expect(reading()).rejects.toThrow("no more");
  expect(seqs).toEqual([0, 1]);
});

describe("jobs are simulated", () => {
  test.each<{ sources: readonly Source[]; isSimulated: boolean }>([
    { sources: ["simulated", "simulated"], isSimulated: true },
    { sources: ["simulated", "trained"], isSimulated: false },
    { sources: ["trained"], isSimulated: false },
    { sources: [], isSimulated: false },
  ])("where all of them say so: $sources", async ({ sources, isSimulated }) => {
    const events = given([1, 2, 3], { sources });
    expect(await readAhead(events, { clock: virtualClock() })).toMatchObject({ isSimulated });
  });
});

/** @param sources Of the first events, which are then the starts of runs. */
async function* given(
  jobs: readonly (number | undefined)[],
  { taken = [], sources = [] }: { taken?: number[]; sources?: readonly Source[] } = {},
): AsyncGenerator<RunEvent> {
  for (const [seq, job] of jobs.entries()) {
    taken.push(seq);
    const source = sources[seq];
    const start = { type: "run-started", protocol: 1, source, resumedAtStep: 0 } as unknown;
    const other = { type: "phase-progress", phase: "training", done: 1, total: 2 } as const;
    const news = source === undefined ? other : (start as RunEvent);
    yield { ...news, seq, atMs: 0, ...(job !== undefined && { job }) };
  }
}

async function seqsOf(events: AsyncIterable<RunEvent>): Promise<number[]> {
  const seqs = [];
  for await (const { seq } of events) seqs.push(seq);
  return seqs;
}

test.each([0, -1, 1.5, "../1", null])(
  "a line whose job is %j is no event: files are named by it",
  (job) => {
    const line = JSON.stringify({ type: "device-status", seq: 0, atMs: 0, job });
    expect(() => lineToEvent(line)).toThrow("Cannot read event");
    expect(lineToEvent(line.replace(/"job":.*\}$/, '"job":2}'))).toMatchObject({ job: 2 });
  },
);
