import { expect, test } from "vitest";
import { jobAfterJob } from "./by-job.ts";
import type { RunEvent } from "./events.ts";

test("jobs come one after the other, the first one at once", async () => {
  const taken: string[] = [];
  const events = jobAfterJob(given([2, 1, 2, 3, 1, 3], taken));
  expect((await events.next()).value).toMatchObject({ job: 2, seq: 0 });
  expect(taken).toEqual(["2:0"]);
  const rest = [];
  for await (const { job, seq } of events) rest.push(`${job}:${seq}`);
  expect(rest).toEqual(["2:2", "1:1", "1:4", "3:3", "3:5"]);
});

test("a stream without jobs comes back as it is", async () => {
  const seqs = [];
  for await (const { seq } of jobAfterJob(given([undefined, undefined]))) seqs.push(seq);
  expect(seqs).toEqual([0, 1]);
});

async function* given(
  jobs: readonly (number | undefined)[],
  taken: string[] = [],
): AsyncGenerator<RunEvent> {
  for (const [seq, job] of jobs.entries()) {
    taken.push(`${job}:${seq}`);
    const event = { type: "phase-progress", phase: "training", done: 1, total: 2 } as const;
    yield { ...event, seq, atMs: 0, ...(job !== undefined && { job }) };
  }
}
