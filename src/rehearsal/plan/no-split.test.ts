import { describe, expect, it } from "vitest";
import { findGpu } from "../catalog/gpus.ts";
import { findModel } from "../catalog/models.ts";
import { complete } from "./complete.ts";
import { noSplit } from "./no-split.ts";
import type { PlanRequest } from "./request.ts";

/** 32 layers and 32 heads on 64 H100, as far as not given. */
function request(parts: Partial<PlanRequest>): PlanRequest {
  return { shape: findModel("Llama-3.1-8B").shape, gpu: findGpu("H100"), gpuCount: 64, ...parts };
}

describe("parts that are right by themselves and go together in no split", () => {
  const over = "with which there is no way to split 32 layers and 32 heads over 64 GPUs";

  it.each([
    [{ interleave: 99 }, "interleave 99", "Use 16, or leave interleave out"],
    [{ interleave: 3 }, "interleave 3", "Use 2 or 4, or leave interleave out"],
  ] satisfies [Partial<PlanRequest>, string, string][])("%j", (parts, found, hint) => {
    expect(() => complete(request(parts))).toThrow(
      expect.objectContaining({
        code: "bad-plan",
        message: `Cannot arrange the run: found ${found}, ${over}, need another`,
        hint: `${hint}, and it is chosen.`,
        exitCode: 2,
      }),
    );
  });

  it("chooses a batch that a given micro-batch divides", () => {
    const { setup } = complete(request({ microBatch: 3 }));
    expect(setup.globalBatchSequences % (3 * setup.dataParallel)).toBe(0);
  });

  it("blames no part where two of them would have to change", () => {
    const { message } = noSplit(request({ interleave: 3, microBatch: 3 }), () => false);
    expect(message).toMatch(/found no way to split 32 layers and 32 heads over 64 GPUs with the /);
  });
});
