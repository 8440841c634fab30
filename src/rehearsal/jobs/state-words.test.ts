import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { exampleJob } from "../../../test/support/example-jobs.ts";
import type { RunEvent } from "../../events/events.ts";
import { coloursFor } from "../../show/draw/colours.ts";
import { farewellLines } from "./farewell.ts";
import { jobLine } from "./figures.ts";
import { afterJobEvent, emptyJob } from "./job-state.ts";
import { paneLines } from "./pane.ts";
import { paneFrame } from "./pane-frame.ts";
import { doingOf } from "./state-words.ts";

const told = exampleJob(1);
const whole = told.reduce(afterJobEvent, emptyJob(1));

/** On four nodes of eight GPUs; one of them is in repair. */
const fewer = told
  .map((event): RunEvent => {
    if (event.type !== "cluster-status") return event;
    return { ...event, dataParallel: 3, worldSize: 24, nodesInRepair: [2] };
  })
  .reduce(afterJobEvent, emptyJob(1));

describe("a job on fewer replicas", () => {
  test("says so, as a warning", () => {
    expect(doingOf(whole)).toEqual({ text: "training", tone: "good" });
    expect(doingOf(fewer)).toEqual({ text: "training on 3 of 4 replicas", tone: "warning" });
    const frame = paneFrame({ width: 100, height: 30 }, { colour: true, unicode: true });
    const { warning } = coloursFor(true);
    const gpus = paneLines(fewer, frame).find((line) => line.includes("GPUs"));
    expect(gpus).toContain(warning("24 of 32"));
    expect(gpus).toContain(warning("1 node in repair"));
  });

  test.each([38, 50, 64, 100, 200])("says so in a pane of %d columns", (width) => {
    for (const height of [4, 6, 8, 16, 30]) {
      const frame = paneFrame({ width, height }, { colour: false, unicode: true });
      const text = paneLines(fewer, frame).join("\n");
      expect(text).toContain("3 of 4 replicas");
      expect(text).not.toMatch(/\d ok/);
      if (height >= 8) expect(text).toMatch(/GPUs +24 of 32/);
    }
  });

  test("all of them are well again when it has them all", () => {
    const frame = paneFrame({ width: 64, height: 16 }, { colour: false, unicode: true });
    expect(paneLines(whole, frame).join("\n")).toMatch(/GPUs +32 ok/);
  });
});

test("a job that learns from rewards ends with its reward, and another with its loss", () => {
  const policy = {
    policyLoss: 0.01,
    kl: 0.002,
    klWeight: 0.05,
    reward: 0.712,
    entropy: 0.5,
    responseTokens: 900,
    clippedShare: 0,
    generationMs: 9000,
  };
  const learning = told
    .map((event): RunEvent => (event.type === "step-done" ? { ...event, policy } : event))
    .reduce(afterJobEvent, emptyJob(1));
  const style = { colour: false, unicode: true };
  const last = (state: typeof whole) => [
    ...farewellLines([state], { ...style, width: 140 }).slice(1),
    jobLine(state, paneFrame({ width: 140, height: 1 }, style)),
  ];
  for (const line of last(learning).map(stripVTControlCharacters)) {
    expect(line).toContain("reward 0.712");
    expect(line).not.toContain("loss");
  }
  for (const line of last(whole).map(stripVTControlCharacters)) expect(line).toMatch(/loss \d/);
});
