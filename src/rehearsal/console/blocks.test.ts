import { describe, expect, test } from "vitest";
import { finetuning, training } from "../../../test/support/simulated.ts";
import type { News, RunEvent } from "../../events/events.ts";
import type { Presenter } from "../../show/console/presenter.ts";
import { coloursFor } from "../../show/draw/colours.ts";
import { displayWidth } from "../../show/draw/width.ts";
import { asciiText, formatShort } from "../../show/numbers.ts";
import { simulatedPresenter } from "./presenter.ts";

const { news } = finetuning(3);

describe("the view of a fine-tuning", () => {
  test("goes back to the epoch and the whole run once a validation is done", () => {
    const at = news.findIndex((one) => one.type === "evaluation-done");
    const step = news.findIndex((one, i) => i > at && one.type === "step-done");
    expect(viewOf(news.slice(0, at), 100)).toMatch(/Validating after step \d+\n[\s\S]* 100 %/);
    const view = viewOf(news.slice(0, step + 1), 100);
    expect(view).not.toContain("Validating");
    expect(view).toMatch(/^ *Epoch 1 of \d$/m);
    expect(view).toMatch(/ \d\d? % {2,}.+ left$/m);
  });

  test("says that one node is well, in the singular", () => {
    const at = news.findIndex((one) => one.type === "cluster-status");
    expect(viewOf(news.slice(0, at + 1), 100)).toContain("1 node well");
  });
});

describe("the view of a short training", () => {
  const short = training({ wanted: {}, seed: 4 }).news;
  const plan = short.find((one) => one.type === "plan-made");
  const perEpoch = plan?.stepsPerEpoch ?? 0;
  const until = (isLast: (one: News) => boolean) => short.slice(0, 1 + short.findIndex(isLast));
  const atStep = (step: number) =>
    viewOf(
      until((one) => one.type === "step-done" && one.step === step),
      100,
    );

  test.each([
    { epochs: 0.25, says: /^ *▕█+.* {2}25 % {2}epoch 1\/3$/m },
    { epochs: 1, says: /^ *▕█+▏ *100 % {2}epoch 1\/3$/m },
    { epochs: 1.5, says: /^ *▕█+.* {2}50 % {2}epoch 2\/3$/m },
    { epochs: 3, says: /^ *▕█+▏ *100 % {2}epoch 3\/3$/m },
  ])("shows how far the epoch is, also the first one ($epochs)", ({ epochs, says }) => {
    const step = 4 * Math.round((epochs * perEpoch) / 4);
    expect(atStep(epochs === Math.round(epochs) ? epochs * perEpoch : step)).toMatch(says);
  });

  test("shows while it validates how fast text is read, not how fast it was learned", () => {
    const view = viewOf(
      until((one) => one.type === "phase-progress" && one.phase === "validating"),
      100,
    );
    const progress = short.find(
      (one) => one.type === "phase-progress" && one.phase === "validating",
    );
    const rate = progress?.type === "phase-progress" ? progress.tokensPerSecond : undefined;
    expect(view).toContain(`${asciiText(formatShort(rate ?? 0))} tok/s, validating`);
    expect(view).not.toContain("MFU");
  });

  test("draws the bars of an export thirty wide", () => {
    const view = viewOf(
      until(
        (one) => one.type === "phase-progress" && one.phase === "exporting" && one.done === 100,
      ),
      100,
    );
    expect(view).toMatch(/^ *▕█{30}▏ 100 %/m);
  });

  test("ends in a green line with a check mark", () => {
    const presenter: Presenter = simulatedPresenter({ clock: { nowMs: () => 0 } });
    const event = short.findIndex((one) => one.type === "run-summarised");
    const summary = { ...(short[event] as News), seq: event, atMs: 0 } as RunEvent;
    const options = { width: 100, height: 40, unicode: true, atMs: 0 };
    const line = (colour: boolean) =>
      presenter.lastingLines(summary, { ...options, colour }).at(-1) ?? "";
    const text = "✓ simulated training complete";
    expect(line(false)).toContain(text);
    expect(line(true)).toContain(
      coloursFor(true).good(line(false).slice(line(false).indexOf("✓"))),
    );
  });
});

test.each([40, 45, 60, 100])("weeks are told in days at %d columns", (width) => {
  const hourMs = 3_600_000;
  const started = news.find((one) => one.type === "run-started");
  const step = news.find((one) => one.type === "step-done");
  const plan = news.find((one) => one.type === "plan-made");
  if (started === undefined || plan === undefined || step === undefined) throw new Error("none");
  const long = { ...plan, stepsTotal: 20_800, stepsPerEpoch: 20_800, epochsTotal: 1 };
  const phase = { type: "phase-started", phase: "training", text: "Training", atMs: 0 } as const;
  const steps = Array.from({ length: 10_391 }, (_, i) => ({
    ...step,
    step: i + 1,
    durationMs: hourMs,
    atMs: (i + 1) * hourMs,
  }));
  const view = viewOf([started, phase, long, ...steps], width);
  expect(view).toMatch(/ 433 d 17 h left$/m);
  expect(view).toMatch(/432 d 23 h so far$/m);
  expect(view).not.toMatch(/\d:\d\d/);
  for (const line of view.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(width);
});

function viewOf(told: readonly (News & { readonly atMs: number })[], width: number): string {
  const presenter: Presenter = simulatedPresenter({ clock: { nowMs: () => 0 } });
  const events: RunEvent[] = told.map((one, seq) => ({ ...one, seq }));
  for (const event of events) presenter.know(event);
  const atMs = events.at(-1)?.atMs ?? 0;
  const lines = presenter.liveLines({ width, height: 40, colour: false, unicode: true, atMs });
  return asciiText(lines.map((line) => line.trimEnd()).join("\n"));
}
