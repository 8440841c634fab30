/** What a framework says of its layout is what it would do with it, and adds up. */

import { describe, expect, test } from "vitest";
import type { News, RunEvent } from "../src/events/events.ts";
import { openDialect } from "../src/rehearsal/dialects/dialects.ts";
import type { StackName } from "../src/rehearsal/plan/stacks.ts";
import { llmFinetuning } from "../src/rehearsal/scenes/llm-finetuning.ts";
import { pretraining, recordingOf, smallRun, wantedRun } from "./support/simulated.ts";

test("the Hugging Face Trainer's batch is that of all its processes", () => {
  const text = begun("huggingface", "Llama-3.1-8B", "H100:64");
  const device = counted(text, /Instantaneous batch size per device = ([\d,]+)/);
  const accumulation = counted(text, /Gradient Accumulation steps = ([\d,]+)/);
  expect(device * accumulation * 64).toBe(counted(text, /Total train batch size .* = ([\d,]+)/));
});

test.each([
  ["TinyLlama-1.1B", "A100-80:16", true],
  ["Llama-3.1-8B", "H100:64", false],
] as const)(
  "Lightning casts %s on %s by itself only where it is not sharded",
  (model, gpus, is) => {
    const text = begun("lightning", model, gpus);
    expect(text.includes("Using bfloat16 Automatic Mixed Precision (AMP)")).toBe(is);
  },
);

describe.each([
  {
    model: "Phi-3-mini",
    stage: 1,
    optimizer: "DeepSpeedZeroOptimizer",
    file: "mp_rank_00_model_states",
  },
  {
    model: "Llama-2-13B",
    stage: 3,
    optimizer: "DeepSpeedZeroOptimizer_Stage3",
    file: "zero_pp_rank_0_mp_rank_00_model_states",
  },
])("DeepSpeed with $model", ({ model, stage, optimizer, file }) => {
  const wanted = { ...wantedRun(model, "A100-80:64", 1e10), failuresPerNodeDay: 5 };
  const text = textOf("deepspeed", pretraining({ wanted, stack: "deepspeed" }, 900).news);

  test(`is at stage ${stage} in all its lines`, () => {
    expect(text).toContain(`Creating torch.bfloat16 ZeRO stage ${stage} optimizer`);
    expect(text).toMatch(new RegExp(`zero_optimization_stage \\.+ ${stage}\\n`));
    expect(text).toMatch(new RegExp(`Final Optimizer = ${optimizer}\\n`));
    expect(text).toMatch(new RegExp(`Saved \\S+/global_step\\d+/${file}\\.pt\\.\\n`));
    const batch = counted(text, /train_batch_size \.+ (\d+)/);
    const micro = counted(text, /train_micro_batch_size_per_gpu +(\d+)/);
    expect(batch).toBe(micro * counted(text, /gradient_accumulation_steps \.+ (\d+)/) * 64);
  });

  test("writes one file after the other", () => {
    const told = text.split("\n").filter((line) => /Saving model|\] Sav|is ready/.test(line));
    const words = told.map((line) => /Saving model|Saving|Saved|ready/.exec(line)?.[0]);
    expect(words.slice(0, 6)).toEqual([
      "Saving model",
      "Saving",
      "Saved",
      "Saving",
      "Saved",
      "ready",
    ]);
  });
});

test("DeepSpeed's backward pass is longer where it begins with the forward pass", () => {
  const share = (model: string, gpus: string): number => {
    const text = begun("deepspeed", model, gpus);
    const [, forward = 0, backward = 1] = (/fwd: (\S+) \| bwd: (\S+)/.exec(text) ?? []).map(Number);
    return forward / backward;
  };
  expect(share("Llama-3.1-8B", "H100:64")).toBeGreaterThan(
    1.2 * share("Llama-2-70B", "A100-80:512"),
  );
});

describe.each([
  ["Llama-3.1-405B", "H100:2048"],
  ["Llama-3.1-8B", "H100:128"],
] as const)("torchtitan with %s on %s", (model, gpus) => {
  const text = begun("torchtitan", model, gpus);
  const mesh = (name: string): number => counted(text, new RegExp(`\\b${name}=(\\d+)`));
  const world = Number(gpus.split(":")[1]);

  test("has a mesh of all its ranks", () => {
    const sizes = ["pp", "dp_replicate", "dp_shard", "cp", "tp"].map(mesh);
    expect(sizes.reduce((product, size) => product * size, 1)).toBe(world);
  });

  test("has a local batch that comes to the global one, cut up by a pipeline if there is one", () => {
    const local = counted(text, /local batch size (\d+)/);
    const steps = counted(text, /gradient accumulation steps (\d+)/);
    const global = counted(text, /global batch size (\d+)/);
    expect(local * steps * mesh("dp_shard")).toBe(global);
    if (mesh("pp") === 1) {
      expect(text).not.toContain("pipeline schedule");
      return;
    }
    const [, microBatches, stages] =
      /Using pipeline schedule 1F1B with (\d+) microbatches and (\d+) stages\./.exec(text) ?? [];
    expect(Number(stages)).toBe(mesh("pp"));
    expect(local % Number(microBatches)).toBe(0);
    expect(steps).toBe(1);
  });

  test("calls the model as its own configurations do", () => {
    expect(text).toContain(`Building llama3 ${model.replace("Llama-3.1-", "")}\n`);
  });
});

test("nanotron's configuration is its layout", () => {
  const text = begun("nanotron", "Llama-3.1-70B", "H100:64");
  const size = (name: string): number => counted(text, new RegExp(`\\b${name}=(\\d+),`));
  expect(size("dp") * size("pp") * size("tp")).toBe(64);
  expect(size("pp")).toBeGreaterThan(1);
  expect(size("zero_stage")).toBe(1);
  const [, micro = 0, accumulation = 0, global = 0] = (
    /mbs: (\d+) \| grad_accum: (\d+) \| .*global_batch_size: (\d+)/.exec(text) ?? []
  ).map(Number);
  expect(micro * accumulation * size("dp")).toBe(global);
});

test.each([
  // A matrix of the feed-forward block is larger than a bucket of 25 MiB; then eight of them fill one.
  ["TinyLlama-1.1B", 2048 * 5632],
  ["SmolLM2-135M", 8 * 576 * 1536],
] as const)("whole replicas of %s hang in the sum of a bucket of gradients", (model, numel) => {
  const wanted = wantedRun(model, "A100-80:32", 4e9);
  const incidents = [{ kind: "nccl-hang" as const, step: 100 }];
  const { news } = pretraining({ wanted, incidents, stack: "huggingface" }, 130);
  const text = textOf("huggingface", news);
  expect(text).toContain(`OpType=ALLREDUCE, NumelIn=${numel}, NumelOut=${numel}, `);
});

test("only adapters learn where a model is fine-tuned with them", () => {
  const wanted = wantedRun("Qwen2.5-7B", "H200:8", 1e9);
  const { news } = recordingOf(llmFinetuning.start({ ...smallRun, wanted }).items, 1);
  const trainable = counted(
    textOf("huggingface", news),
    /Number of trainable parameters = ([\d,]+)/,
  );
  expect(trainable).toBeLessThan(0.05 * 7.6e9);
  const summary = textOf("lightning", news);
  expect(summary).toMatch(/^7\.6 B +Non-trainable params$/m);
  expect(summary).toMatch(/^\d+(\.\d)? M +Trainable params$/m);
});

/** The lines of a run until its second step. */
function begun(stack: StackName, model: string, gpus: string): string {
  return textOf(stack, pretraining({ wanted: wantedRun(model, gpus, 1e11), stack }, 2).news);
}

function textOf(name: StackName, news: readonly News[]): string {
  const dialect = openDialect(name);
  return news.flatMap((one, seq) => dialect.lines({ ...one, seq } as RunEvent)).join("\n");
}

function counted(text: string, rule: RegExp): number {
  return Number(rule.exec(text)?.[1]?.replaceAll(",", ""));
}
