import { expect, test } from "vitest";
import type { StepDone } from "../src/events/events.ts";
import { samplesText } from "../src/rehearsal/console/samples.ts";
import { stepText } from "../src/rehearsal/console/step-line.ts";
import { SCENES } from "../src/rehearsal/scenes/scenes.ts";
import { emptyView, viewAfter } from "../src/show/console/view.ts";
import { ofType, recordingOf, smallRun, training } from "./support/simulated.ts";

test.each(["llm_finetuning", "llm_pretraining", "llm_training"])(
  "in %s samples/s times the length of a sequence are tokens/s",
  (name) => {
    const told = runOf(name);
    const [dataset] = ofType(told, "dataset-described");
    expect(told.steps.length).toBeGreaterThan(30);
    for (const step of told.steps) {
      const samples = samplesPerSecond(samplesText(step));
      const tokens = samples * (dataset?.sequenceTokens ?? 0);
      expect(Math.abs(tokens / (step.text?.tokensPerSecond ?? 0) - 1)).toBeLessThan(0.006);
    }
  },
);

test("what a run writes itself is not counted in samples", () => {
  for (const step of runOf("rl_post_training").steps) expect(samplesText(step)).toBeUndefined();
});

test.each([
  { perSecond: 0.0244, says: "0.0244" },
  { perSecond: 4.999, says: "5.00" },
  { perSecond: 9.996, says: "10.0" },
  { perSecond: 99.96, says: "100" },
  { perSecond: 434.4, says: "434" },
  { perSecond: 5120, says: "5.12K" },
])("$perSecond a second is told as $says", ({ perSecond, says }) => {
  const text = {
    tokens: 4096,
    consumedSamples: 2,
    consumedTokens: 8192,
    tflopsPerGpu: 1,
    mfu: 0.4,
  };
  const step = { ...bare, text: { ...text, tokensPerSecond: perSecond * 4096 } };
  expect(samplesText(step)).toBe(`${says} samples/s`);
});

test("a step line of a log tells speed in samples, the time that has passed and what is left", () => {
  const { news } = training();
  let view = emptyView;
  const lines: string[] = [];
  for (const [seq, one] of news.entries()) {
    view = viewAfter(view, { ...one, seq });
    if (one.type === "step-done" && one.step % 100 === 0) lines.push(stepText(one, view));
  }
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) expect(line).toMatch(/ tok\/s \| \S+ samples\/s \| .* \| elapsed \d/);
  expect(lines[0]).toMatch(/ \| elapsed [^|]+ \| eta [^|]+$/);
});

const bare: StepDone = {
  type: "step-done",
  step: 1,
  epoch: 1,
  learningRate: 1e-4,
  clipped: false,
  skipped: false,
  durationMs: 1000,
};

function runOf(name: string) {
  const scene = SCENES.find((one) => one.name === name);
  if (scene === undefined) throw new Error(`no scene ${name}`);
  const isLarge = name === "llm_pretraining";
  return recordingOf(scene.start({ ...smallRun, ...(!isLarge && { wanted: {} }) }).items, 300);
}

function samplesPerSecond(text: string | undefined): number {
  const [, digits = "", letter] = /^([\d.]+)(K?) samples\/s$/.exec(text ?? "") ?? [];
  return Number(digits) * (letter === "K" ? 1000 : 1);
}
