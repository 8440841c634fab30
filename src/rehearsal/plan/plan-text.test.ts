import { describe, expect, it } from "vitest";
import { planRequest } from "../../../test/support/simulated.ts";
import { explainPlan } from "./explain.ts";
import { planRun } from "./plan.ts";
import { planToLines, short, withUnit } from "./plan-text.ts";

describe("what a person reads", () => {
  const plan = planRun(planRequest("Llama-3.1-70B", 1024, { tokens: 15e12 }));

  it("is labelled as estimated and shows the baseline beside the step", () => {
    const text = planToLines(plan).join("\n");
    expect(text).toMatch(/^Plan \(estimated\): Llama-3.1-70B on 1,024 x H100\n/);
    expect(text).toContain(
      `${plan.stepSeconds.toFixed(3)} s  (at 40.0 % MFU: ${plan.baseline.stepSeconds.toFixed(3)} s)`,
    );
    expect(text).toContain("(chosen)");
    expect(text).not.toMatch(/ $|NaN|Infinity|undefined/m);
  });

  it("has no power of ten in it, even for all the tokens that may be asked for", () => {
    const most = planToLines(planRun(planRequest("Llama-3.1-405B", 512, { tokens: 1e18 })));
    expect(most.join("\n")).toMatch(/tokens +1,000,000T\n/);
    expect(most.join("\n")).not.toMatch(/\de[+-]\d/);
  });

  it("says where real runs of this kind would be, faster and slower than planned", () => {
    const { stepSeconds, days } = plan.likely;
    expect(stepSeconds.low).toBeLessThan(plan.stepSeconds);
    expect(stepSeconds.high).toBeGreaterThan(plan.stepSeconds);
    expect(days.high / days.low).toBeCloseTo(stepSeconds.high / stepSeconds.low, 9);
    const row = planToLines(plan).find((line) => line.startsWith("  likely"));
    const low = Number(stepSeconds.low.toPrecision(3));
    expect(row).toContain(` ${low} to ${Number(stepSeconds.high.toPrecision(3))} s, `);
    expect(row).toMatch(/\d\d to \d\d % MFU {2}\(8 in 10 dense runs\)$/);
    expect(row?.length).toBeLessThanOrEqual(80);
  });

  it("explains every figure with numbers that end in the figure", () => {
    const explained = explainPlan(plan);
    const names = explained.map(({ figure }) => figure);
    for (const figure of [
      "stepSeconds",
      "mfu",
      "tflopsPerGpu",
      "tokensPerSecondPerGpu",
      "tokensPerSecond",
      "mfuFullAttention",
      "powerMW",
      "expectedInterruptions",
      "days",
      "gpuHours",
      "memoryGiBPerGpu",
      "checkpointBytes",
      "checkpointIntervalSeconds",
      "goodput",
      "energyMWh",
      "likely.stepSeconds",
      "baseline.stepSeconds",
    ]) {
      expect(names).toContain(figure);
    }
    const step = explained.find(({ figure }) => figure === "stepSeconds");
    expect(step?.numbers).toContain(`= ${Number(plan.stepSeconds.toPrecision(5))} s`);
    for (const { numbers } of explained) expect(numbers).not.toMatch(/NaN|undefined/);
  });

  it("stands in columns, with a blank between each number and its unit", () => {
    const lines = planToLines(plan);
    const rows = lines.filter((line) => line.startsWith("  "));
    for (const line of rows) expect(line).toMatch(/^ {2}\S.{20} \s*\S/);
    const glued = lines.join("\n").match(/\d(?:[kMGTP](?:W|Wh|B)|W|Wh|s|h|min|GiB)\b/g) ?? [];
    // "15.0T" and "70.6B" count tokens and parameters; bytes, watts and seconds stand apart.
    expect(glued).toEqual([]);
    expect(lines.join("\n")).toMatch(/checkpoint +988 GB, written/);
    expect(lines.join("\n")).toMatch(/energy +\d\.\d+ GWh at \d\.\d+ MW/);
  });

  it("draws shorter bars where there are fewer columns", () => {
    const bars = planToLines(plan, 40).filter((line) => line.includes("#"));
    expect(bars.length).toBeGreaterThan(5);
    expect(Math.max(...bars.map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  it("says what is chosen only where something is", () => {
    expect(planToLines(plan).join("\n")).toContain("(chosen) was left open");
    const { setup } = plan;
    const given = planToLines(planRun({ ...setup })).join("\n");
    expect(given).not.toContain("(chosen)");
  });

  it("adds up what it explains of the memory", () => {
    for (const pipelineParallel of [1, 4]) {
      const parts = { pipelineParallel, tensorParallel: 8 };
      const explained = explainPlan(planRun(planRequest("Llama-3.1-70B", 1024, parts)));
      const { numbers = "" } = explained.find(({ figure }) => figure === "memoryGiBPerGpu") ?? {};
      const [sum = "", total = ""] = numbers.split(" = ");
      const terms = sum.replace(/max\((.*), (.*)\)/, (_, a, b) => String(Math.max(a, b)));
      const added = terms.split(" + ").reduce((all, term) => all + Number(term), 0);
      expect(added).toBeCloseTo(Number(total), 2);
    }
  });

  it.each([
    [5.68e12, "B", "5.68 TB"],
    [999.6e9, "B", "1.00 TB"],
    [17.8e6, "W", "17.8 MW"],
    [632, "W", "632 W"],
  ] as const)("writes %d %s as %s", (value, unit, text) => {
    expect(withUnit(value, unit)).toBe(text);
  });

  it.each([
    [0.5, "1"],
    [999, "999"],
    [1234567, "1.23M"],
    [999_960, "1.00M"],
    [300e9, "300B"],
    [15e12, "15.0T"],
    [1e16, "10,000T"],
    [Number.POSITIVE_INFINITY, "unlimited"],
  ])("shortens %d to %s", (value, text) => {
    expect(short(value)).toBe(text);
  });
});
