import { expect, test } from "vitest";
import { exampleRun } from "../../test/example-run.ts";
import { afterPicture, noPicture } from "./run-picture.ts";

const events = exampleRun({ folder: "/birds" });

test("afterPicture() gives the same picture however the events are cut", () => {
  const whole = afterPicture(noPicture, events);
  let piecewise = noPicture;
  for (let i = 0; i < events.length; i += 7) {
    piecewise = afterPicture(piecewise, events.slice(i, i + 7));
  }
  expect(piecewise).toEqual(whole);
  expect(whole.steps.step.length).toBeGreaterThan(0);
  expect(whole.steps.loss).toHaveLength(whole.steps.step.length);
});

test("afterPicture() leaves out what it knows already, as after a connection was lost", () => {
  const half = afterPicture(noPicture, events.slice(0, 40));
  expect(afterPicture(half, events)).toEqual(afterPicture(noPicture, events));
});
