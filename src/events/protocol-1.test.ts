/** Logs that version 0.1.0 wrote, with protocol 1, and what a newer version may write. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exampleRun } from "../../test/example-run.ts";
import { spoiled } from "../../test/support/forged.ts";
import type { RunEvent } from "./events.ts";
import { readEventStream } from "./log.node.ts";
import { afterEvent, beforeRun } from "./run-state.ts";
import { taskLoss } from "./task-loss.ts";
import { eventToLine, lineToEvent, readLine } from "./wire.ts";

const FIXTURES = join(import.meta.dirname, "../../test/fixtures/protocol-1");

/** Recorded: a training on sounds, a run of a language model, one that learns from rewards. */
const logs = ["trained", "pretraining", "reinforcement"] as const;

async function linesOf(log: (typeof logs)[number]): Promise<string[]> {
  return (await readFile(join(FIXTURES, `${log}.jsonl`), "utf8")).trimEnd().split("\n");
}

async function eventsOf(log: (typeof logs)[number]): Promise<RunEvent[]> {
  return (await linesOf(log)).flatMap((line) => lineToEvent(line) ?? []);
}

function ofType<T extends RunEvent["type"]>(events: readonly RunEvent[], type: T) {
  return events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
}

describe("a log of protocol 1", () => {
  test.each(logs)("of %s is read whole, and is one of protocol 2 from then on", async (log) => {
    const lines = await linesOf(log);
    const events = await eventsOf(log);
    expect(events.map(({ seq }) => seq)).toEqual(lines.map((line) => JSON.parse(line).seq));
    expect(ofType(events, "run-started").map(({ protocol }) => protocol)).toEqual([2]);
    expect(events.map((event) => lineToEvent(eventToLine(event)))).toEqual(events);
    const { status } = events.reduce(afterEvent, beforeRun);
    expect(status).toBe(log === "pretraining" ? "cancelled" : "finished");
  });

  test("gives a training its loss, and what that is made of as a part", async () => {
    const events = await eventsOf("trained");
    expect(ofType(events, "start-measured")[0]).toMatchObject({
      trainTaskLoss: 0.42132681608200073,
      validationTaskLoss: 0.5525556802749634,
    });
    const step = ofType(events, "step-done")[1];
    expect(step).toMatchObject({
      loss: 0.47953030467033386,
      vae: { reconstruction: 0.4787435233592987, kl: 125.88619995117188, klWeight: 0.00000625 },
    });
    expect(step && taskLoss(step)).toBe(0.4787435233592987);
    for (const one of ofType(events, "step-done")) {
      const { reconstruction = 0, kl = 0, klWeight = 0 } = one.vae ?? {};
      expect(one.loss).toBeCloseTo(reconstruction + klWeight * kl, 5);
      expect(one).not.toHaveProperty("klWeight");
      expect(one).not.toHaveProperty("losses");
    }
    const old = JSON.parse(
      (await linesOf("trained")).find((line) => line.includes('"epoch-done"')) ?? "",
    );
    const epoch = ofType(events, "epoch-done")[0];
    expect(epoch?.latents).toEqual({
      klDivergence: old.klDivergence,
      activeUnits: old.activeUnits,
      dimensions: old.latentDimensions,
    });
    const { total, reconstruction, kl } = old.validationLosses;
    const vae = { reconstruction, kl, klWeight: old.klWeight };
    expect(epoch?.validationLosses).toEqual({ loss: total, vae });
    expect(epoch).not.toHaveProperty("latentDimensions");
  });

  test("leaves a language model without what it never had", async () => {
    const old = (await linesOf("pretraining")).map((line) => JSON.parse(line));
    const losses = old.flatMap(({ type, losses }) => (type === "step-done" ? losses.total : []));
    const steps = ofType(await eventsOf("pretraining"), "step-done");
    expect(losses).toHaveLength(3);
    expect(steps.map(({ loss }) => loss)).toEqual(losses);
    for (const step of steps) {
      expect(step.text?.tokens).toBeGreaterThan(0);
      expect(step).not.toHaveProperty("vae");
      expect(step).not.toHaveProperty("klWeight");
    }
  });

  test("gives the policy what was a reconstruction", async () => {
    const [line = ""] = (await linesOf("reinforcement")).filter((one) => one.includes("step-done"));
    const { losses, klWeight, policy } = JSON.parse(line);
    const step = lineToEvent(line);
    expect(step).toMatchObject({
      loss: losses.total,
      policy: { ...policy, policyLoss: losses.reconstruction, kl: losses.kl, klWeight },
    });
    expect(step).not.toHaveProperty("vae");
  });

  test("keeps a step that was skipped, and a loss that is no number", () => {
    const step = { type: "step-done", step: 3, epoch: 1, klWeight: 0, skipped: true, seq: 4 };
    expect(lineToEvent(JSON.stringify(step))).not.toHaveProperty("loss");
    const losses = { total: null, reconstruction: null, kl: 2 };
    expect(lineToEvent(JSON.stringify({ ...step, losses }))).toMatchObject({ loss: null });
  });

  test.each(logs)("of %s with any field damaged is shown or refused as a line", async (log) => {
    const kinds = new Map((await linesOf(log)).map((line) => [JSON.parse(line).type, line]));
    for (const line of kinds.values()) {
      const property = fc.property(spoiled(JSON.parse(line)), (spoilt) => {
        let event: RunEvent | undefined;
        try {
          event = lineToEvent(JSON.stringify(spoilt) ?? "");
        } catch (error) {
          expect(error).toMatchObject({ code: "event-log-corrupt" });
        }
        if (event !== undefined) afterEvent(beforeRun, event);
      });
      fc.assert(property, { numRuns: 30, seed: 1 });
    }
  });

  test("is gone on with in protocol 2", async () => {
    const old = await linesOf("trained");
    const newer = exampleRun().map((event) => eventToLine(event).trimEnd());
    const events = [...old, ...newer].map(lineToEvent);
    expect(events.slice(old.length)).toEqual(exampleRun());
    expect(events.slice(0, old.length)).toEqual(await eventsOf("trained"));
  });
});

describe("what only a newer version understands", () => {
  const seq = 7;
  test.each([
    ["a kind of news", { type: "gpu-sold", seq }, 'event "gpu-sold"'],
    ["a verdict", { ...epoch(), verdict: "splendid" }, 'verdict "splendid"'],
    ["a level", { type: "notice", level: "alarm", code: "c", text: "t", seq }, 'level "alarm"'],
    ["an outcome", { type: "run-ended", outcome: "sold", step: 1, seq }, 'outcome "sold"'],
    ["a phase", { type: "phase-started", phase: "resting", text: "t", seq }, 'phase "resting"'],
    ["a source", { ...exampleRun()[0], source: "dreamt" }, 'source "dreamt"'],
    ["a name that objects have", { ...epoch(), verdict: "toString" }, 'verdict "toString"'],
  ])("%s is passed over, and named", (_, line, newer) => {
    expect(readLine(JSON.stringify(line))).toEqual({ newer });
    expect(lineToEvent(JSON.stringify(line))).toBeUndefined();
  });

  test("is no damage to a log: its other lines are read", async () => {
    const run = exampleRun();
    const lines = run.map((event) =>
      event.type === "epoch-done" && event.epoch === 2
        ? `${JSON.stringify({ ...event, verdict: "splendid" })}\n`
        : eventToLine(event),
    );
    const told: unknown[] = [];
    const events = [];
    const onNewerLine = (lineNumber: number, what: string) => told.push([lineNumber, what]);
    for await (const event of readEventStream(chunksOf(lines), { name: "x", onNewerLine })) {
      events.push(event);
    }
    const place = run.findIndex((event) => event.type === "epoch-done" && event.epoch === 2);
    expect(told).toEqual([[place + 1, 'verdict "splendid"']]);
    expect(events).toEqual(run.filter((_, index) => index !== place));
  });

  test("a word that is no text is damage", () => {
    expect(() => lineToEvent(JSON.stringify({ ...epoch(), verdict: 7 }))).toThrow("Cannot read");
  });
});

function epoch(): RunEvent {
  const found = exampleRun().find(({ type }) => type === "epoch-done");
  if (found === undefined) throw new Error("the example run has no epoch");
  return found;
}

async function* chunksOf(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
