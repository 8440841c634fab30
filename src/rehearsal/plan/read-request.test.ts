import { describe, expect, it } from "vitest";
import { countParameters } from "../catalog/architecture.ts";
import { planRun } from "./plan.ts";
import { readGpus, readRequest, tokensOf } from "./read-request.ts";
import type { PlanRequest } from "./request.ts";

const DESCRIPTION = {
  layers: 32,
  hidden: 4096,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  ffn: 14336,
  vocab: 128256,
  tiedEmbeddings: false,
  gatedMlp: true,
  gpu: "H100",
  gpuCount: 64,
};

describe("a description in JSON", () => {
  it("needs no more than the architecture, the GPU and the count", () => {
    const request = readRequest(DESCRIPTION);
    expect(countParameters(request.shape).total).toBe(8_030_261_248);
    expect(request.gpu.name).toBe("H100");
    expect(Object.keys(request).sort()).toEqual(["gpu", "gpuCount", "shape"]);
  });

  it("takes another network than the usual one, which costs time", () => {
    const slow = readRequest({ ...DESCRIPTION, nicGbPerSecond: 3 });
    expect(slow.gpu.nicGbPerSecond).toBe(3);
    const many = { gpuCount: 256, globalBatchSequences: 256 };
    const seconds = (request: PlanRequest) => planRun({ ...request, ...many }).stepSeconds;
    expect(seconds(slow)).toBeGreaterThan(1.05 * seconds(readRequest(DESCRIPTION)));
    expect(() => readRequest({ ...DESCRIPTION, nicGbPerSecond: 0 })).toThrow(
      /need a number from 0.001 to 100000/,
    );
  });

  it("takes every listed field", () => {
    const fields = {
      experts: 8,
      expertsPerToken: 2,
      precision: "bf16",
      compiled: false,
      sequence: 4096,
      globalBatchSequences: 1024,
      microBatch: 1,
      tensorParallel: 2,
      pipelineParallel: 2,
      interleave: 2,
      dataParallel: 16,
      contextParallel: 1,
      expertParallel: 8,
      recompute: "full",
      tokens: 1e12,
      failuresPerNodeDay: 0.004,
      checkpointSeconds: 5,
      recoverySeconds: 300,
    };
    const { experts, expertsPerToken, ...rest } = fields;
    const request = readRequest({ ...DESCRIPTION, ...fields });
    expect(request).toMatchObject(rest);
    expect(request.shape).toMatchObject({ experts, expertsPerToken });
  });

  it("starts from a model where one is named, and takes null as not given", () => {
    const request = readRequest({ model: "llama-2-7b", gpu: "A100", gpuCount: 8, sequence: null });
    expect(countParameters(request.shape).total).toBe(6_738_415_616);
    expect(request.sequence).toBeUndefined();
  });

  it.each([
    [{ gpuCount: 0 }, /gpuCount: found 0, need a whole number from 1/],
    [{ layers: 3.5 }, /layers: found 3.5/],
    [{ heads: "many" }, /heads: found "many"/],
    [{ kvHeads: 5 }, /kvHeads: found 5, need a divisor of 32 heads/],
    [{ precision: "int4" }, /precision: found "int4", need one of bf16, fp16, fp8/],
    [{ compiled: 1 }, /compiled: found 1, need true or false/],
    [
      { hidden: 16, headDim: null },
      /headDim: found nothing, with a hidden size of 16 for 32 heads, need a whole number/,
    ],
    [{ recomputeShare: 1.2 }, /recomputeShare: found 1.2, need a number from 0 to 1/],
    [{ failuresPerNodeDay: -1 }, /failuresPerNodeDay: found -1, need a number from 0/],
    [{ checkpointSeconds: Number.NaN }, /checkpointSeconds: found NaN/],
    [{ experts: 2, expertsPerToken: 4 }, /expertsPerToken: found 4, need at most 2 experts/],
    [{ gpu: "Abacus" }, /found "Abacus", need one of V100-16,/],
    [{ tokens: "lots" }, /tokens: found "lots"/],
    [{ lairs: 3 }, /field: found "lairs", need one of gpuCount/],
    [
      { experts: 8, expertsPerToken: 0 },
      /expertsPerToken: found 0, need a whole number from 1 to 8/,
    ],
    [{ experts: -8 }, /experts: found -8, need a whole number from 0/],
    [{ experts: 8.5 }, /experts: found 8.5, need a whole number from 0/],
    [{ checkpointSeconds: 0 }, /checkpointSeconds: found 0, need a number above 0/],
    [{ checkpointSeconds: -1 }, /checkpointSeconds: found -1, need a number above 0/],
    [{ checkpointSeconds: "5" }, /checkpointSeconds: found "5", need a number above 0/],
    [{ checkpointSeconds: 1e300 }, /found 1e\+300, need a number above 0, at most 86400/],
    [{ failuresPerNodeDay: 1e300 }, /found 1e\+300, need a number from 0 to 1000/],
    [{ recoverySeconds: 1e300 }, /found 1e\+300, need a number from 0 to 2592000/],
    [{ powerUsageEffectiveness: 1e300 }, /found 1e\+300, need a number from 1 to 10/],
    [{ gpuCount: 1e9 }, /gpuCount: found 1000000000, need a whole number from 1 to 10000000/],
    [{ globalBatchSequences: 1e15 }, /found 1000000000000000, need a whole number from 1 to 10/],
    [{ recoverySeconds: -1 }, /recoverySeconds: found -1, need a number from 0/],
    [{ recoverySeconds: true }, /recoverySeconds: found true, need a number from 0/],
    [{ sequence: "8192" }, /sequence: found "8192", need a whole number/],
    [{ gpuCount: true }, /gpuCount: found true, need a whole number/],
    [{ hidden: Number.POSITIVE_INFINITY }, /hidden: found Infinity, need a whole number/],
    [{ tokens: 0.6 }, /tokens: found 0.6, need a whole number from 1/],
    [{ tokens: 1.5 }, /tokens: found 1.5, need a whole number from 1/],
    [{ tokens: ["15T"] }, /tokens: found \["15T"\], need a whole number from 1/],
  ])("refuses %j", (part, message) => {
    expect(() => readRequest({ ...DESCRIPTION, ...part })).toThrow(message);
  });

  it.each([
    ["layrs", "layers"],
    ["kvheads", "kvHeads"],
    ["tensor_parallel_size", "tensorParallel"],
    ["num_hidden_layers", "layers"],
    ["hidden_size", "hidden"],
    ["intermediate_size", "ffn"],
    ["tie_word_embeddings", "tiedEmbeddings"],
    ["num_experts_per_tok", "expertsPerToken"],
    ["seq_length", "sequence"],
    ["max_seq_len", "sequence"],
    ["tp", "tensorParallel"],
    ["VPP", "interleave"],
    ["micro_batch_size", "microBatch"],
    ["zero_stage", "sharding"],
    ["nGpus", "gpuCount"],
  ])("asks whether %s is meant to be %s", (name, meant) => {
    expect(() => readRequest({ ...DESCRIPTION, [name]: 3 })).toThrow(
      expect.objectContaining({ hint: `Did you mean "${meant}"?`, exitCode: 2 }),
    );
  });

  it.each([
    [{ gpuCount: "64" }, "Write it without quotes: 64."],
    [{ gpuCount: "many" }, "Change gpuCount."],
    [{ recoverySeconds: "600.5" }, "Write it without quotes: 600.5."],
    [{ compiled: "false" }, "Write it without quotes: false."],
    [{ precision: "bf61" }, 'Did you mean "bf16"?'],
    [{ precision: "int4" }, "Change precision."],
    [{ gpu: 100 }, "Change gpu."],
    [{ zz: 1 }, 'Remove it, or begin its name with "_" for a remark.'],
  ])("says of %j what to do: %s", (part, hint) => {
    expect(() => readRequest({ ...DESCRIPTION, ...part })).toThrow(
      expect.objectContaining({ code: "bad-plan-field", hint, exitCode: 2 }),
    );
  });

  it.each([
    [{}, "no model, no gpu, no gpuCount, need them"],
    [{ gpu: "H100" }, "no model, no gpuCount, need them"],
    [{ model: "Llama-3.1-8B", gpu: "H100" }, "no gpuCount, need it"],
    [{ layers: 32, gpu: "H100", gpuCount: 8 }, "no hidden, no heads, no ffn, no vocab, need them"],
    [{ ...DESCRIPTION, vocab: null }, "no vocab, need it"],
  ])("names all that is missing from %j", (fields, found) => {
    expect(() => readRequest(fields)).toThrow(
      expect.objectContaining({ message: `Cannot read plan description: found ${found}` }),
    );
  });

  it("takes 0 where it means none", () => {
    const none = { failuresPerNodeDay: 0, recoverySeconds: 0 };
    expect(readRequest({ ...DESCRIPTION, ...none })).toMatchObject(none);
    const { shape } = readRequest({ ...DESCRIPTION, experts: 0, expertsPerToken: 0 });
    expect(shape).toMatchObject({ experts: 0, expertsPerToken: 0 });
  });

  it("takes a single expert for a dense model, and skips remarks", () => {
    const { shape } = readRequest({
      ...DESCRIPTION,
      experts: 1,
      expertsPerToken: 1,
      name: "A",
      _x: 1,
    });
    expect(shape).toMatchObject({ experts: 0, expertsPerToken: 0 });
  });

  it.each([null, 3, "x", []])("refuses %j instead of an object", (json) => {
    expect(() => readRequest(json)).toThrow(/need an object/);
  });
});

describe("words of the command line", () => {
  it.each([
    ["H100:1024", "H100", 1024],
    ["A100-80:64", "A100-80", 64],
    ["NVIDIA H100 80GB HBM3:16,384", "NVIDIA H100 80GB HBM3", 16384],
    ["MI300X x 8", "MI300X", 8],
    ["RTX 4090: 8", "RTX 4090", 8],
    ["H200x8", "H200", 8],
  ])("reads %s", (text, gpu, gpuCount) => {
    expect(readGpus(text)).toEqual({ gpu, gpuCount });
  });

  it.each([
    ["H100", "no count, need NAME:COUNT", "H100:1024"],
    ["RTX 4090", "no count, need NAME:COUNT", "RTX 4090:1024"],
    ["H100:", "no count, need NAME:COUNT", "H100:1024"],
    [":8", "no name before the count, need NAME:COUNT", "H100:1024"],
    ["", "no name before the count, need NAME:COUNT", "H100:1024"],
    ["B200:0", '"0" for the count, need a whole number from 1', "B200:1024"],
    ["H100:-3", '"-3" for the count, need a whole number from 1', "H100:1024"],
    ["H100:2.5", '"2.5" for the count, need a whole number from 1', "H100:1024"],
    [
      "H100:10000001",
      '"10000001" for the count, need a whole number from 1 to 10000000',
      "H100:1024",
    ],
    ["H100:abc", '"abc" for the count, need a whole number from 1', "H100:1024"],
  ])("says what is wrong with %j as GPUs", (text, found, example) => {
    expect(() => readGpus(text)).toThrow(
      expect.objectContaining({
        message: `Cannot read GPUs ${JSON.stringify(text)}: found ${found}`,
        hint: `For example ${example}.`,
      }),
    );
  });

  it.each([
    ["15T", 15e12],
    ["300b", 300e9],
    ["1.5e12", 1.5e12],
    ["4_000_000", 4e6],
    [20e9, 20e9],
    [1e18, 1e18],
    ["1000000T", 1e18],
    ["0.3B", 3e8],
    ["1.1T", 1.1e12],
  ])("reads %s tokens", (value, tokens) => {
    expect(tokensOf(value)).toBe(tokens);
  });

  it.each([1e300, 1e84, 1.1e18, "1e9T", "2000000T"])("refuses %s tokens as too many", (value) => {
    expect(() => tokensOf(value)).toThrow(
      expect.objectContaining({
        message: `Cannot read tokens: found ${JSON.stringify(value)}, need a whole number from 1 to 1e18`,
        hint: "All the text on the web comes to some 1e15 tokens.",
      }),
    );
  });

  it.each(["0", "-3T", "T", "1..5B", "Infinity", ""])("refuses %j as tokens", (value) => {
    expect(() => tokensOf(value)).toThrow(/tokens: found/);
  });
});
