/**
 * nanotron's lines.
 *
 * Source: huggingface/nanotron, main of 2026: `trainer.py` (`train`, `train_step_logs`,
 * `save_checkpoint`), `logging/base.py`, `run_train.py`. Logged every iteration, all ranks at
 * "info"; torchrun's `--tee 3` puts "[default0]:" before a line, and the rank that logs is the last
 * stage's. It colours what is before the text; that is left out here, as in a log that was cleaned.
 */

import type { StepDone } from "../../events/events.ts";
import { taskLoss } from "../../events/task-loss.ts";
import type { DialectKind } from "./dialect.ts";
import { around, drawsOf } from "./draws.ts";
import {
  batchOf,
  checkpointFolder,
  type Facts,
  memoryOf,
  moment,
  ropeTheta,
  sizesOf,
  writtenReplicas,
} from "./facts.ts";
import { fileName, humanFormat, monthDay, timedelta } from "./formats.ts";
import { type Framework, type FrameworkLines, kindOf } from "./framework-log.ts";
import { placeOfRank } from "./hosts.ts";
import { configLines, configPath, modelConfigLines } from "./nanotron-config.ts";
import { NANOTRON_STACK } from "./nanotron-stack.ts";
import { heldBy } from "./stage-parameters.ts";
import { together } from "./start-times.ts";

const framework: Framework = {
  name: "nanotron",
  summary: "nanotron",
  script: "run_train.py",
  role: "default",
  ...NANOTRON_STACK,
  open: linesOf,
};

export const nanotron: DialectKind = kindOf(framework);

interface Speaker {
  /** Ranks of the first replica. @default 0 */
  readonly stage?: number;
  readonly tensor?: number;
  readonly level?: "INFO" | "WARNING";
  /** When, since the start of the run. @default now */
  readonly atMs?: number;
}

function linesOf(facts: Facts): FrameworkLines {
  const say = (text: string, speaker: Speaker = {}): string => spoken(facts, text, speaker);
  // What is logged in one go has one time.
  const logged = (...blocks: readonly Block[]): string[] =>
    blocks.flatMap((block) =>
      typeof block === "string"
        ? [say(block)]
        : together(facts, () => block.map((text) => say(text))),
    );
  let steps = 0;
  let stepDoneMs = 0;
  return {
    starting() {
      steps = 0;
      return [];
    },
    built: () => [
      ...logged("Building model..", `Initialize RoPE Theta = ${ropeTheta(facts)}.0`),
      say("Setting PP block ranks..."),
      ...parameterLines(facts, say),
      // What is built after a failure waits for the checkpoint.
      ...(facts.step > 0 || facts.trainingSinceMs > 0 ? [] : logged(...freshTexts(facts))),
    ],
    training() {
      if (facts.cluster === undefined) return [];
      const { steps: total, globalBatch, sequence, microBatch, accumulation } = sizesOf(facts);
      return logged(
        ...separated("Start training"),
        `mbs: ${microBatch} | grad_accum: ${accumulation} | sequence_length: ${sequence} | global_batch_size: ${globalBatch} | train_steps: ${total} | start_iteration_step: ${facts.step} | consumed_train_samples: ${facts.consumedSamples}`,
        `Resuming training from stage Training Stage, it has trained for ${facts.consumedSamples} samples and has ${total - facts.step} remaining train steps`,
        `Consumed tokens per dataset folder: ${folderTokens(facts)}`,
      );
    },
    step(step) {
      steps += 1;
      stepDoneMs = facts.atMs;
      const memory = steps <= STEPS_WITH_MEMORY ? memoryLines(facts, step, { say, steps }) : [];
      return [...memory, say(stepText(facts, step), { stage: sizesOf(facts).pipeline - 1 })];
    },
    // It has no validation.
    evaluation: () => [],
    saving: (step) => [
      // It evaluates nothing that a checkpoint could wait for.
      say(`Saving checkpoint at ${checkpointFolder(facts)}/${step}`, {
        level: "WARNING",
        atMs: Math.min(stepDoneMs, facts.atMs),
      }),
    ],
    saved: () => [],
    loading: (step) => [say(`Loading weights from ${checkpointFolder(facts)}/${step}`)],
    restored: ({ step }) =>
      logged(
        ...(step === 0
          ? freshTexts(facts)
          : [OPTIMIZER, metadataText(facts), ...configTexts(facts), planText(facts)]),
      ),
    ended: () => [],
  };
}

const OPTIMIZER = "[Optimizer Building] Using LearningRateForSP as learning rate";

/** Memory is reported in the first steps of the processes. */
const STEPS_WITH_MEMORY = 5;

/** "[default0]:11/22 04:37:05 [INFO|DP=0|PP=1|TP=0|node-0012]: ": dimensions of size 1 are left out. */
function spoken(
  facts: Facts,
  text: string,
  { stage = 0, tensor = 0, level = "INFO", atMs = facts.atMs }: Speaker,
): string {
  const sizes = sizesOf(facts);
  const { host, gpu } = placeOfRank(facts, (stage * sizes.worldSize) / sizes.pipeline + tensor);
  const tags: readonly (readonly [name: string, size: number, rank: number])[] = [
    ["EP", sizes.expert, 0],
    ["CP", sizes.context, 0],
    ["DP", sizes.data, 0],
    ["PP", sizes.pipeline, stage],
    ["TP", sizes.tensor, tensor],
  ];
  const shown = tags.filter(([, size]) => size > 1).map(([name, , rank]) => `|${name}=${rank}`);
  return `[default${gpu}]:${monthDay(moment(facts, atMs), "/")} [${level}${shown.join("")}|${host}]: ${text}`;
}

type Say = (text: string, speaker?: Speaker) => string;

function separated(text: string): string[] {
  const rule = "=".repeat(50);
  return [rule, text, rule];
}

/** A text of one line or several. */
type Block = string | readonly string[];

function freshTexts(facts: Facts): Block[] {
  return [
    "No checkpoint path provided.",
    "Parametrizing model parameters using StandardParametrizator",
    OPTIMIZER,
    ...configTexts(facts),
    planText(facts),
  ];
}

function configTexts(facts: Facts): Block[] {
  const { torch = "2.12.1" } = facts.cluster?.versions ?? {};
  return [
    ...separated("Libraries versions:"),
    "nanotron version: 0.4",
    `torch version: ${torch}`,
    "transformers version: 4.57.1",
    "datasets version: 4.4.1",
    "flash-attn version: 2.8.3",
    "numpy version: 1.26.4",
    ...separated("Config:"),
    `Parsing config: ${configPath(facts)}`,
    configLines(facts),
    ...separated("Model Config:"),
    modelConfigLines(facts),
  ];
}

function planText(facts: Facts): string {
  return `[Training Plan] Stage Training Stage has ${sizesOf(facts).steps - facts.step} remaining training steps and has consumed ${facts.consumedSamples} samples`;
}

function metadataText(facts: Facts): string {
  const { tensor } = sizesOf(facts);
  const { step, consumedSamples } = facts;
  return `CheckpointMetadata(version=<Version('1.4')>, tp=${tensor}, dp=${writtenReplicas(facts)}, metas=TrainingMetadata(consumed_train_samples=${consumedSamples}, last_train_step=${step}, last_stage_idx=0, data_stages=[DataStageMetadata(name='Training Stage', start_training_step=1, consumed_train_samples=${consumedSamples}, consumed_tokens_per_dataset_folder=${folderTokens(facts)})]), custom_metas=None)`;
}

function folderTokens(facts: Facts): string {
  if (facts.step === 0) return "{}";
  const folder = fileName(facts.dataset?.name ?? "text");
  return `{'/data/${folder}': ${facts.consumedSamples * sizesOf(facts).sequence}}`;
}

/** The sum over all stages and tensor groups, and what each of their first ranks holds. */
function parameterLines(facts: Facts, say: Say): string[] {
  const { tensor, pipeline } = sizesOf(facts);
  const held = Array.from({ length: pipeline }, (_, stage) => {
    const { shared, routed } = heldBy(facts, stage);
    return shared + routed;
  });
  const total = tensor * held.reduce((sum, one) => sum + one, 0);
  const mib = (count: number): string => ((2 * count) / 2 ** 20).toFixed(2);
  const ranks = held
    .flatMap((count, stage) => Array.from({ length: tensor }, (_, t) => ({ count, stage, t })))
    .slice(0, RANKS_LISTED);
  return [
    say(`Total number of parameters: ${humanFormat(total)} (${mib(total)}MiB)`),
    ...ranks.flatMap(({ count, stage, t }) => {
      const reserved = 2 * Math.ceil((2 * count * 1.004) / 2 ** 21);
      const by = { stage, tensor: t };
      return [
        say(`Local number of parameters: ${humanFormat(count)} (${mib(count)}MiB)`, by),
        say(
          `[After model building] Memory usage: ${mib(count + 4096)}MiB. Peak allocated: ${mib(count + 4096)}MiB Peak reserved: ${reserved}.00MiB`,
          by,
        ),
      ];
    }),
  ];
}

const RANKS_LISTED = 64;

/** Before and after the micro-batches of a step. */
function memoryLines(
  facts: Facts,
  { durationMs }: StepDone,
  { say, steps }: { readonly say: Say; readonly steps: number },
): string[] {
  if (facts.cluster === undefined) return [];
  const { data, context } = sizesOf(facts);
  const { shared, routed } = heldBy(facts, 0);
  const { peakGib, reservedGib } = memoryOf(facts);
  const split = facts.cluster.sharding === "none" ? 1 : data * context;
  // Weights and gradients are whole; Adam's moments come with the first update.
  const states = (steps === 1 ? 4 : 12) / split;
  const held = ((shared + routed) * (6 + states)) / 2 ** 20;
  const peak = Math.max(held * 1.02, peakGib * 1024);
  const reserved = 2 * Math.round(Math.max(1.01 * peak, reservedGib * 1024) / 2);
  const begunMs = facts.atMs - durationMs;
  const usage = (atMs: number, top: number, kept: number): string[] => [
    say(
      ` Memory usage: ${held.toFixed(2)}MiB. Peak allocated ${top.toFixed(2)}MiB. Peak reserved: ${kept.toFixed(2)}MiB`,
      { atMs },
    ),
  ];
  const isFirst = steps === 1;
  const share = around(drawsOf(facts, "batches", facts.step), 0.955, 0.01);
  const doneMs = begunMs + Math.min(0.99, share) * durationMs;
  return [
    say("Before train_batch_iter", { atMs: begunMs }),
    ...usage(
      begunMs,
      isFirst ? held : held * 1.015,
      isFirst ? 2 * Math.ceil(held / 2 + 20) : reserved,
    ),
    say("After train_batch_iter", { atMs: doneMs }),
    ...usage(doneMs, peak, reserved),
  ];
}

function stepText(facts: Facts, done: StepDone): string {
  const { step, text, gradientNorm, learningRate, durationMs } = done;
  const loss = taskLoss(done);
  const { steps, worldSize, sequence } = sizesOf(facts);
  const entries: [string, string][] = [
    ["consumed_tokens", humanFormat(text?.consumedTokens ?? facts.consumedSamples)],
    ["time_per_iteration_ms", humanFormat(durationMs)],
    ["tokens_per_sec", humanFormat(text?.tokensPerSecond ?? 0)],
    ["tokens_per_sec_per_gpu", humanFormat((text?.tokensPerSecond ?? 0) / worldSize)],
    ["global_batch_size", humanFormat(batchOf(facts, done) * sequence)],
    ["grad_norm", gradientNorm === undefined ? "nan" : humanFormat(gradientNorm)],
    ["lm_loss", loss === undefined ? "nan" : humanFormat(loss)],
    ["lr", humanFormat(learningRate)],
    ["model_tflops_per_gpu", humanFormat(text?.tflopsPerGpu ?? 0)],
    ["eta", timedelta(((steps - step) * durationMs) / 1000)],
  ];
  const figures =
    text === undefined ? entries.filter(([name]) => !/tokens|tflops/.test(name)) : entries;
  return [
    `iteration: ${step} / ${steps}`,
    ...figures.map(([name, value]) => `${name}: ${value}`),
  ].join(" | ");
}
