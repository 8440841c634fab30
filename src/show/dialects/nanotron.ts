/**
 * nanotron's lines.
 *
 * Source: huggingface/nanotron, main of 2026: `trainer.py` (`train_step_logs`), `logging`,
 * `serialize`. Logged every iteration; torchrun's `--tee 3` puts "[default0]:" before a line, and
 * the rank that logs is the last stage's.
 */

import type { StepDone } from "../../events/events.ts";
import type { DialectKind } from "./dialect.ts";
import { batchOf, checkpointFolder, type Facts, memoryOf, now, sizesOf } from "./facts.ts";
import { general, humanFormat, monthDay, timedelta } from "./formats.ts";
import { placeOfRank } from "./hosts.ts";
import { type Framework, kindOf, type Telling } from "./telling.ts";

const ROOT = "/workspace/nanotron";
const RULE = "=".repeat(50);

const framework: Framework = {
  name: "nanotron",
  summary: "nanotron",
  script: "run_train.py",
  role: "default",
  stack: [
    [`${ROOT}/run_train.py`, 301, "<module>", "trainer.train(dataloader)"],
    [
      `${ROOT}/src/nanotron/trainer.py`,
      538,
      "train",
      "outputs, loss_avg, z_loss_avg = self.training_step(",
    ],
    [
      `${ROOT}/src/nanotron/trainer.py`,
      614,
      "training_step",
      "outputs = self.pipeline_engine.train_batch_iter(",
    ],
  ],
  open: telling,
};

export const nanotron: DialectKind = kindOf(framework);

type Say = (text: string) => string;

function telling(facts: Facts): Telling {
  const say = sayer(facts, 0);
  const sayLast: Say = (text) => sayer(facts, sizesOf(facts).pipeline - 1)(text);
  return {
    starting: () => configLines(facts).map(say),
    built: () => builtLines(facts).map(say),
    training: () => {
      if (facts.cluster === undefined) return [];
      const { steps, globalBatch, sequence, microBatch, accumulation } = sizesOf(facts);
      return [
        `[Training Plan] There are 1 training stages`,
        `[Stage Training Stage] start from step 1`,
        RULE,
        `[Start training] datetime: ${monthDay(now(facts), "/")} | mbs: ${microBatch} | grad_accum: ${accumulation} | global_batch_size: ${globalBatch} | sequence_length: ${sequence} | train_steps: ${steps} | start_iteration_step: ${facts.step} | consumed_train_samples: ${facts.consumedSamples}`,
      ].map(say);
    },
    step: (step) => [sayLast(stepText(facts, step))],
    evaluation: ({ step, loss, batches }) => [
      sayLast(
        `[Validation] iteration: ${step} | batches: ${batches} | validation_loss: ${humanFormat(loss)}`,
      ),
    ],
    saving: (step) =>
      [
        say("Saving weights: 100%|██████████|"),
        say(`Saving checkpoint at ${checkpointFolder(facts)}/${step}`),
      ].slice(1),
    saved: ({ step, durationMs }) => [
      say(
        `Checkpoint at ${checkpointFolder(facts)}/${step} saved in ${(durationMs / 1000).toFixed(2)}s`,
      ),
    ],
    loading: (step) => [
      say(`Loading checkpoint from ${checkpointFolder(facts)}/${step}`),
      say(`Loading weights from ${checkpointFolder(facts)}/${step}`),
    ],
    restored: ({ step, consumedSamples }) =>
      step === 0
        ? [say("No checkpoint path provided.")]
        : [
            say("Loading optimizer and lr scheduler states"),
            say(
              `Resuming training from stage Training Stage, it has trained for ${consumedSamples} samples and has ${sizesOf(facts).steps - step} remaining train steps`,
            ),
          ],
    ended: () => [],
  };
}

/** "[default0]:11/22 04:37:05 [INFO|DP=0|PP=1|TP=0|ip-10-0-3-17]: " */
function sayer(facts: Facts, stage: number): Say {
  return (text) => {
    const { pipeline, worldSize, gpusPerNode } = sizesOf(facts);
    const rank = Math.round((stage * worldSize) / pipeline);
    const { host } = placeOfRank(facts, rank);
    return `[default${rank % gpusPerNode}]:${monthDay(now(facts), "/")} [INFO|DP=0|PP=${stage}|TP=0|${host}]: ${text}`;
  };
}

function configLines(facts: Facts): string[] {
  const sizes = sizesOf(facts);
  const { recipe, model, started, dataset } = facts;
  const name = model?.name ?? "model";
  return [
    RULE,
    "Config:",
    `Config(general=GeneralArgs(project='pretraining', run='${name}', seed=${started?.seed ?? 0}, step=None, consumed_train_samples=None),`,
    `       parallelism=ParallelismArgs(dp=${sizes.data}, pp=${sizes.pipeline}, tp=${sizes.tensor}, cp=${sizes.context}, expert_parallel_size=${sizes.expert}),`,
    `       optimizer=OptimizerArgs(clip_grad=${recipe?.clipNorm ?? 1}, weight_decay=0.1, learning_rate=${general(recipe?.peakLearningRate ?? 0, 3)}, lr_warmup_steps=${recipe?.warmupSteps ?? 0}, min_decay_lr=${general(recipe?.finalLearningRate ?? 0, 3)}),`,
    `       tokens=TokensArgs(sequence_length=${sizes.sequence}, train_steps=${sizes.steps}, micro_batch_size=${sizes.microBatch}, batch_accumulation_per_replica=${sizes.accumulation}),`,
    `       data_stages=[DatasetStageArgs(name='Training Stage', start_training_step=1, data=DataArgs(dataset='${dataset?.name ?? "text"}'))])`,
    RULE,
    "Model Config:",
    `Config(hidden_size=${sizes.hidden}, intermediate_size=${sizes.feedForward}, num_attention_heads=${sizes.heads}, num_hidden_layers=${sizes.layers}, num_key_value_heads=${sizes.kvHeads}, vocab_size=${sizes.vocabulary})`,
    RULE,
    "Building model..",
    "Initialize RoPE Theta = 500000.0",
    "Setting PP block ranks...",
  ];
}

function builtLines(facts: Facts): string[] {
  const { parameters, tensor, pipeline, expert } = sizesOf(facts);
  const { allocatedGib, reservedGib } = memoryOf(facts);
  const local = Math.round(parameters / (tensor * pipeline * expert));
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);
  const weights = mib(local * 2);
  return [
    `Total number of parameters: ${humanFormat(parameters)} (${mib(parameters * 2)}MiB)`,
    `Local number of parameters: ${humanFormat(local)} (${weights}MiB)`,
    `[After model building] Memory usage: ${weights}MiB. Peak allocated: ${weights}MiB Peak reserved: ${Math.ceil(Math.min(reservedGib, allocatedGib) * 1024)}.00MiB`,
    ...(facts.step === 0 ? ["No checkpoint path provided."] : []),
    "Parametrizing model parameters using StandardParametrizator",
    `[Optimizer Building] Using LearningRateForSP as learning rate`,
  ];
}

function stepText(facts: Facts, done: StepDone): string {
  const { step, text, losses, gradientNorm, learningRate, durationMs } = done;
  const { steps, worldSize, sequence } = sizesOf(facts);
  const entries: [string, string][] = [
    ["consumed_tokens", humanFormat(text?.consumedTokens ?? facts.consumedSamples)],
    ["time_per_iteration_ms", humanFormat(durationMs)],
    ["tokens_per_sec", humanFormat(text?.tokensPerSecond ?? 0)],
    ["tokens_per_sec_per_gpu", humanFormat((text?.tokensPerSecond ?? 0) / worldSize)],
    ["global_batch_size", humanFormat(batchOf(facts, done) * sequence)],
    ["grad_norm", gradientNorm === undefined ? "nan" : humanFormat(gradientNorm)],
    ["lm_loss", losses === undefined ? "nan" : humanFormat(losses.reconstruction)],
    ["lr", humanFormat(learningRate)],
    ["model_tflops_per_gpu", humanFormat(text?.tflopsPerGpu ?? 0)],
    ["eta", timedelta(((steps - step) * durationMs) / 1000)],
  ];
  const told =
    text === undefined ? entries.filter(([name]) => !/tokens|tflops/.test(name)) : entries;
  return [
    `iteration: ${step} / ${steps}`,
    ...told.map(([name, value]) => `${name}: ${value}`),
  ].join(" | ");
}
