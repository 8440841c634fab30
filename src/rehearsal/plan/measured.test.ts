import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planRequest } from "../../../test/support/simulated.ts";
import { UserError } from "../../errors.ts";
import { explainPlan } from "./explain.ts";
import { planLike, readMeasured } from "./measured.ts";
import { SPEED_FIGURES } from "./measured-pace.ts";
import { planRun } from "./plan.ts";
import { planToJson } from "./plan-json.ts";
import { planToLines } from "./plan-text.ts";

/** What somebody wrote down of the first steps on a small cluster. */
const FIRST_STEPS = {
  model: "Llama-3.1-70B",
  gpu: "H100",
  gpuCount: 64,
  sequence: 8192,
  globalBatchSequences: 128,
  tensorParallel: 8,
  pipelineParallel: 4,
};

const split = { sequence: 8192, tensorParallel: 8, pipelineParallel: 4 };
const large = planRequest("Llama-3.1-70B", 1024, { tokens: 15e12 });
const plain = planRun({ ...large, ...split });
const planned = planRun(readMeasured({ ...FIRST_STEPS, stepSeconds: 1 }).request);

function pacedBy(change: Record<string, unknown>) {
  return planLike(large, readMeasured({ ...FIRST_STEPS, ...change }));
}

describe("a plan at the pace of a measured run", () => {
  it("takes so many times as long as the measured run took of its plan", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 3, noNaN: true }), (ratio) => {
        const plan = pacedBy({ stepSeconds: planned.stepSeconds * ratio });
        expect(plan.stepSeconds / plain.stepSeconds).toBeCloseTo(ratio, 9);
        expect(plan.days / plain.days).toBeCloseTo(ratio, 9);
        expect(plan.mfu * ratio).toBeCloseTo(plain.mfu, 9);
      }),
    );
  });

  it.each(SPEED_FIGURES)("is the same whether the speed is told as %s or in seconds", (figure) => {
    const slower = figure === "stepSeconds" ? 1.25 : 1 / 1.25;
    const { pace } = pacedBy({ [figure]: planned[figure] * slower });
    expect(pace?.ratio).toBeCloseTo(1.25, 9);
    expect(pace?.planned).toBe(planned[figure]);
  });

  it.each([
    {},
    { tuned: true },
    { tuned: false },
    { recompute: "full", recomputeShare: 0.25 },
    { sharding: "none", interleave: 5 },
  ])("gives the measured run its own time back, also of one described with %j", (more) => {
    const measured = readMeasured({ ...FIRST_STEPS, ...more, stepSeconds: 20 });
    const { shape, gpu, gpuCount, globalBatchSequences = 0 } = measured.request;
    const asked = { shape, gpu, gpuCount, globalBatchSequences };
    for (const request of [measured.request, asked]) {
      const plan = planLike(request, measured);
      expect(plan.stepSeconds).toBeCloseTo(20, 9);
      expect(plan.likely.kind).toBe("measured");
    }
  });

  it("keeps the parts adding up, the split, the memory and the baseline", () => {
    const plan = pacedBy({ stepSeconds: planned.stepSeconds * 1.4 });
    const parts = planToJson(plan)["stepParts"] as Record<string, number>;
    const sum = Object.values(parts).reduce((all, part) => all + part, 0);
    expect(sum).toBeCloseTo(plan.stepSeconds, 9);
    expect(plan.setup).toEqual(plain.setup);
    expect(plan.memory).toEqual(plain.memory);
    expect(plan.baseline).toEqual(plain.baseline);
    expect(plan.warnings).toEqual(plain.warnings);
  });

  it("says what was measured, in text, JSON and among the formulas, and how sure that is", () => {
    const plan = pacedBy({ stepSeconds: planned.stepSeconds * 1.1 });
    expect(planToLines(plan).join("\n")).toMatch(
      /\n {2}measured +\S+ s on 64 x H100, planned \S+ s: steps x 1\.10\n/,
    );
    expect(planToJson(plan)["measured"]).toMatchObject({
      figure: "stepSeconds",
      gpu: "H100",
      gpuCount: 64,
      ratio: expect.closeTo(1.1, 9),
    });
    expect(planToJson(plain)["measured"]).toBeNull();
    const { numbers } = explainPlan(plan).find(({ figure }) => figure === "measured.ratio") ?? {};
    expect(numbers).toMatch(/ = 1\.1$/);
    expect(plan.likely.kind).toBe("measured");
    const widthOf = ({ likely }: typeof plan) => likely.stepSeconds.high / likely.stepSeconds.low;
    expect(widthOf(plan)).toBeLessThan(widthOf(plain));
  });

  it("takes over what the request leaves open, and nothing that it says", () => {
    const { setup } = pacedBy({ stepSeconds: 20 });
    expect(setup).toMatchObject({ ...split, gpuCount: 1024, dataParallel: 32 });
    const other = planLike(
      { ...large, tensorParallel: 4 },
      readMeasured({ ...FIRST_STEPS, mfu: 0.4 }),
    );
    expect(other.setup).toMatchObject({ tensorParallel: 4, pipelineParallel: 4 });
    expect(other.warnings.join()).toContain("differs in tensorParallel (8, not 4): it says less");
    expect(other.likely.kind).toBe("dense");
  });

  it("marks what is as measured, and says what it guessed of the measured run", () => {
    const given = pacedBy({ mfu: 0.4 });
    const text = planToLines(given).join("\n");
    expect(text).toMatch(/parallel +tensor 8, .*\(as measured, rest chosen\)\n/);
    expect(planToJson(given)["asMeasured"]).toEqual([
      "sequence",
      "tensorParallel",
      "pipelineParallel",
    ]);
    expect(planToJson(plain)["asMeasured"]).toEqual([]);
    const least = readMeasured({ model: "Llama-3.1-70B", gpu: "H100", gpuCount: 64, mfu: 0.4 });
    const guessed = planToLines(planLike(large, least)).join("\n");
    expect(guessed).toMatch(
      /\n {2}measured as +tensor \d+, pipeline .* micro-batch \d+ {2}\(chosen\)\n/,
    );
  });

  it("keeps a measured micro-batch whole in a batch that it chooses", () => {
    const measured = readMeasured({
      ...{ model: "Llama-3.1-70B", gpu: "H100", gpuCount: 256, sequence: 8192, microBatch: 16 },
      ...{ tensorParallel: 8, pipelineParallel: 1, sharding: "full", recompute: "full" },
      ...{ globalBatchSequences: 512, tokensPerSecondPerGpu: 829 },
    });
    const { setup } = planLike(planRequest("Llama-3.1-70B", 2048, {}), measured);
    expect(setup).toMatchObject({ microBatch: 16, tensorParallel: 8, dataParallel: 256 });
    expect(setup.globalBatchSequences % (16 * 256)).toBe(0);
  });

  it("warns where the measured run is of another kind, or is hardly possible", () => {
    const speed = { tokensPerSecondPerGpu: planned.tokensPerSecondPerGpu / 2.4 };
    const warningsOf = (change: Record<string, unknown>) =>
      pacedBy({ ...speed, ...change }).warnings.join("\n");
    expect(warningsOf({})).toBe("");
    expect(warningsOf({ gpu: "A100-80" })).toContain("differs in gpu (A100-80, not H100)");
    expect(warningsOf({ gpu: "H100 500 W" })).toContain("power limit (500, not 700)");
    expect(warningsOf({ nicGbPerSecond: 12.5 })).toContain("nicGbPerSecond (12.5, not 50)");
    expect(warningsOf({ model: "Llama-3.1-8B" })).toContain(
      "differs in layers (32, not 80), hidden",
    );
    expect(warningsOf({ ffn: 20480 })).toContain("differs in ffn (20480, not 28672)");
    expect(warningsOf({ tokensPerSecondPerGpu: 50 })).toMatch(/took \S+ times as long as planned/);
  });
});

describe("what is taken over and does not go with what is asked for", () => {
  const measured = readMeasured({ ...FIRST_STEPS, interleave: 5, mfu: 0.4 });

  it("leaves the chunks of another pipeline behind", () => {
    const { setup } = planLike({ ...large, pipelineParallel: 1 }, measured);
    expect(setup).toMatchObject({ pipelineParallel: 1, interleave: 1 });
  });

  it("says where the split comes from that nobody asked for", () => {
    const read = () => planLike({ ...large, gpuCount: 16 }, measured);
    expect(read).toThrow(
      /need a divisor of 16 GPUs \(with .*tensorParallel.* of the measured run\)$/,
    );
  });

  it("is nothing where the measured run is of another model", () => {
    const mixtral = {
      model: "Mixtral-8x7B",
      gpu: "H100",
      gpuCount: 64,
      expertParallel: 8,
      mfu: 0.3,
    };
    const plan = planLike(planRequest("Llama-3.1-8B", 256, {}), readMeasured(mixtral));
    expect(plan.setup.expertParallel).toBe(1);
    expect(plan.warnings.join()).toContain(
      "differs in vocab (32000, not 128256), experts (8, not 0)",
    );
    expect(plan.likely.kind).toBe("dense");
  });
});

describe("what cannot be read of a measured run", () => {
  it.each([
    [{}, "found no speed, need one of stepSeconds, "],
    [{ stepSeconds: 9, mfu: 0.4 }, "found stepSeconds and mfu, need one of"],
    [{ stepSeconds: 0 }, "stepSeconds: found 0, need a number above 0"],
    [{ stepSeconds: "9" }, 'stepSeconds: found "9", need a number above 0'],
    [{ mfu: 41 }, "mfu: found 41, need a number above 0 and below 1"],
    [{ stepSeconds: 9, globalBatchSequences: null }, "need both"],
    [{ mfu: 0.4, gpuCount: 0 }, "gpuCount: found 0"],
    [{ mfu: 0.4, gpuCount: 60 }, "60"],
  ])("is said with where it stands: %j", (change, text) => {
    const read = () => pacedBy(change);
    expect(read).toThrow(UserError);
    expect(read).toThrow(text);
    expect(read).toThrow(/\(in the measured run\)$/);
  });

  it.each([
    [{ mfu: 41 }, "Write 41 % as 0.41."],
    [{ tokensPerSecond: 54_000 }, 'Did you mean "tokensPerSecondPerGpu"?'],
    [{ stepTime: 12 }, 'Did you mean "stepSeconds"?'],
    [{ tokensPerSecondPerGpu: 54_000 }, "Is it that of all GPUs? Of each it would be 843.8."],
    [{ stepSeconds: 0.5 }, "Check its unit, the batch, the model and"],
  ])("comes with advice: %j", (change, hint) => {
    const hints: string[] = [];
    try {
      pacedBy(change);
    } catch (failure) {
      if (failure instanceof UserError) hints.push(failure.hint);
    }
    expect(hints.join()).toContain(hint);
  });
});
