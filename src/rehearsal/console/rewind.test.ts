import { expect, test } from "vitest";
import { pretraining } from "../../../test/support/simulated.ts";
import type { RunEvent, RunStarted } from "../../events/events.ts";
import { emptyView, viewAfter } from "../../show/console/view.ts";
import { historyAfter, noHistory } from "./history.ts";

// Few enough steps for every one to be kept, and so many that only some are.
test.each([
  { step: 150, stepsMax: 300 },
  { step: 900, stepsMax: 2000 },
])("curves forget what a restart at step $step makes undone", ({ step, stepsMax }) => {
  const { news } = pretraining({ incidents: [{ kind: "gpu-lost", step }] }, stepsMax);
  const events = news.map((one, seq) => ({ ...one, seq }));
  const losses = new Map<number, number | undefined>();
  let view = emptyView;
  let history = noHistory;
  let restarts = 0;
  for (const event of events) {
    const before = history.steps.length;
    view = viewAfter(view, event);
    history = historyAfter(history, event);
    if (event.type === "step-done") losses.set(event.step, event.loss);
    if (event.type === "run-restored") {
      restarts += 1;
      expect(history.steps.length).toBeLessThan(before);
      expect(history.steps.at(-1) ?? 0).toBeLessThanOrEqual(event.step);
      expect(view.recentLosses.at(-1)?.step ?? 0).toBeLessThanOrEqual(event.step);
    }
  }
  expect(restarts).toBe(1);
  const { steps, rates, results, everySteps } = history;
  expect(rates).toHaveLength(steps.length);
  expect(results).toEqual(steps.map((one) => losses.get(one)));
  expect(gapsOf(steps)).toEqual(new Set([everySteps]));
  expect(gapsOf(view.recentLosses.map((one) => one.step))).toEqual(new Set([1]));
  for (const one of view.recentLosses) expect(one.loss).toBe(losses.get(one.step));
});

test("a training that is resumed goes on from its checkpoint's losses", () => {
  const events = pretraining({}, 50).news.map((one, seq) => ({ ...one, seq }));
  const started = events.find((event): event is RunEvent & RunStarted => {
    return event.type === "run-started";
  });
  if (started === undefined) throw new Error("The run has no start");
  const resumed = { ...started, resumedAtStep: 30, seq: events.length };
  const { recentLosses } = [...events, resumed].reduce(viewAfter, emptyView);
  expect(recentLosses.map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});

function gapsOf(steps: readonly number[]): ReadonlySet<number> {
  return new Set(steps.slice(1).map((step, i) => step - (steps[i] ?? 0)));
}
