import { expect, test } from "vitest";
import { pretraining, training } from "../../test/support/simulated.ts";
import type { RunEvent } from "./events.ts";
import { remainingMs } from "./remaining.ts";
import { afterEvent, beforeRun } from "./run-state.ts";

const HOUR_MS = 3_600_000;

/** What was said to be left after each step, and what really was. */
function estimates(events: readonly RunEvent[]) {
  const endMs = events.at(-1)?.atMs ?? 0;
  let run = beforeRun;
  return events.flatMap((event) => {
    run = afterEvent(run, event);
    if (event.type !== "step-done") return [];
    const saidMs = remainingMs(run, event.atMs) ?? 0;
    return [{ step: event.step, saidMs, reallyMs: endMs - event.atMs }];
  });
}

function stamped(news: ReturnType<typeof pretraining>["news"]): readonly RunEvent[] {
  return news.map((one, seq) => ({ ...one, seq }));
}

test("what is left is told well from the first step on, also after a restart", () => {
  const { news } = pretraining({ incidents: [{ kind: "gpu-lost", step: 20 }] });
  const told = estimates(stamped(news));
  expect(told.filter(({ step }) => step === 1).length).toBeGreaterThan(1);
  for (const { saidMs, reallyMs } of told) {
    if (reallyMs < HOUR_MS / 4) continue;
    expect(saidMs / reallyMs).toBeGreaterThan(0.75);
    expect(saidMs / reallyMs).toBeLessThan(1.25);
  }
});

test("a job on fewer replicas takes longer from now on", () => {
  const { news } = pretraining(
    { incidents: [{ kind: "gpu-lost", step: 600 }], spareNodes: 0 },
    1200,
  );
  const events = stamped(news);
  const resized = events.find(({ type }) => type === "run-restored")?.atMs ?? Number.NaN;
  const said = estimates(events);
  const before = said.find(({ step }) => step === 590)?.saidMs ?? Number.NaN;
  const [after] = estimates(events.filter(({ atMs }) => atMs < resized + HOUR_MS / 4)).slice(-1);
  expect(after?.saidMs).toBeGreaterThan(before * 1.1);
});

test("while training stands still, what is left stays what it is", () => {
  const { news } = pretraining({}, 100);
  const run = stamped(news).reduce(afterEvent, beforeRun);
  const { atMs } = run;
  const hour = remainingMs(run, atMs + HOUR_MS);
  expect(hour).toBe(remainingMs(run, atMs + 2 * HOUR_MS));
  expect((remainingMs(run, atMs) ?? 0) - (hour ?? 0)).toBeLessThan(5000);
});

test("nothing is left after the last step", () => {
  const told = estimates(stamped(training().news));
  expect(told.at(-1)?.saidMs).toBe(0);
});
