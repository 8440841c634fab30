import { describe, expect, test } from "vitest";
import type { ClusterDescribed, DatasetDescribed, ModelDescribed } from "../../events/cluster.ts";
import { beforeRun } from "../../events/run-state.ts";
import { type Facts, factsOf } from "./facts.ts";
import { heldBy } from "./stage-parameters.ts";

type Shape = Pick<
  ModelDescribed,
  "parameters" | "layers" | "hidden" | "heads" | "kvHeads" | "vocabulary" | "feedForward" | "gated"
>;

const gpt = (layers: number, hidden: number, sequence: number): Shape => ({
  parameters: layers * (12 * hidden ** 2 + 13 * hidden) + (50_257 + sequence + 2) * hidden,
  layers,
  hidden,
  heads: hidden / 64,
  kvHeads: hidden / 64,
  vocabulary: 50_257,
  feedForward: 4 * hidden,
  gated: false,
});

const llama8: Shape = {
  parameters: 8_030_261_248,
  layers: 32,
  hidden: 4096,
  heads: 32,
  kvHeads: 8,
  vocabulary: 128_256,
  feedForward: 14_336,
  gated: true,
};

describe("what a rank holds, as Megatron-LM printed it", () => {
  test.each([
    {
      name: "GPT-2 on one GPU",
      shape: gpt(12, 768, 512),
      sequence: 512,
      split: [1, 1],
      is: [124_082_688],
    },
    {
      name: "a GPT of 13 B, 2 by 4",
      shape: gpt(40, 5120, 2048),
      sequence: 2048,
      split: [2, 4],
      is: [1_712_942_080, 1_573_350_400, 1_573_350_400, 1_702_466_560],
    },
  ])("$name", ({ shape, sequence, split, is }) => {
    const facts = factsWith(shape, split, { sequence, isTied: true });
    expect(is.map((_, stage) => heldBy(facts, stage).shared)).toEqual(is);
  });

  test("a Llama whole on one GPU is as large as it is", () => {
    const facts = factsWith(llama8, [1, 1], { sequence: 8192, isTied: false });
    expect(heldBy(facts, 0)).toEqual({ shared: llama8.parameters, routed: 0 });
  });

  test("norms are not split: two halves are more than the whole, by them", () => {
    const facts = factsWith(llama8, [2, 1], { sequence: 8192, isTied: false });
    expect(2 * heldBy(facts, 0).shared - llama8.parameters).toBe((2 * 32 + 1) * 4096);
  });

  test("of routed experts a rank holds its share", () => {
    const experts = 32 * 8 * 3 * 4096 * 14_336;
    const dense = 32 * 3 * 4096 * 14_336;
    const shape = { ...llama8, parameters: llama8.parameters - dense + experts + 32 * 8 * 4096 };
    const facts = factsWith(shape, [2, 2], { sequence: 8192, isTied: false });
    Object.assign(facts.model ?? {}, {
      experts: 8,
      expertsPerToken: 2,
      activeParameters: shape.parameters - (experts * 6) / 8,
    });
    Object.assign(facts.cluster ?? {}, { expertParallel: 4 });
    expect(heldBy(facts, 0).routed).toBe(experts / 4 / 2 / 2);
    const shared = 2 * (heldBy(facts, 0).shared + heldBy(facts, 1).shared);
    // Norms and routers are whole on both ranks of a tensor group.
    const twice = 32 * (2 + 8) * 4096 + 4096;
    expect(shared - twice).toBe(shape.parameters - experts);
  });
});

function factsWith(
  shape: Shape,
  [tensor = 1, pipeline = 1]: readonly number[],
  { sequence, isTied }: { readonly sequence: number; readonly isTied: boolean },
): Facts {
  const model: ModelDescribed = {
    type: "model-described",
    name: "model",
    family: "family",
    activeParameters: shape.parameters,
    experts: 0,
    tokenizer: "BPE",
    tiedEmbeddings: isTied,
    ...shape,
  };
  const dataset: DatasetDescribed = {
    type: "dataset-described",
    name: "text",
    samples: 1,
    tokens: sequence,
    sequenceTokens: sequence,
  };
  const cluster = {
    tensorParallel: tensor,
    pipelineParallel: pipeline,
    expertParallel: 1,
  } as ClusterDescribed;
  return factsOf({ ...beforeRun, described: { model, dataset, cluster } });
}
