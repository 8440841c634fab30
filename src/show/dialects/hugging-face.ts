/**
 * Hugging Face Trainer's lines.
 *
 * Source: transformers 5.18 (`trainer.py`, `trainer_callback.py`): since version 5 a row of figures
 * is a Python dict whose floats are text of four significant digits. Logged every step; the bar is
 * tqdm's, a line for each redraw.
 */

import type { StepDone } from "../../events/events.ts";
import { type Pace, paceAfter, rateOf, STANDING, tqdmBar } from "./bar.ts";
import type { DialectKind } from "./dialect.ts";
import { type Facts, moment, now, sizesOf, slug } from "./facts.ts";
import { day, dayMillis, general, grouped } from "./formats.ts";
import { snapshotMs } from "./pauses.ts";
import { at } from "./start-times.ts";
import { type Evaluation, type Framework, kindOf, type Telling } from "./telling.ts";

const PACKAGES = "/opt/venv/lib/python3.12/site-packages";

const framework: Framework = {
  name: "huggingface",
  summary: "the Hugging Face Trainer",
  script: "run_clm.py",
  role: "default",
  savesAfterEvaluation: true,
  stack: [
    ["/workspace/run_clm.py", 661, "<module>", "main()"],
    [
      "/workspace/run_clm.py",
      609,
      "main",
      "train_result = trainer.train(resume_from_checkpoint=checkpoint)",
    ],
    [`${PACKAGES}/transformers/trainer.py`, 1490, "train", "return inner_training_loop("],
    [
      `${PACKAGES}/transformers/trainer.py`,
      1868,
      "_inner_training_loop",
      "tr_loss_step = self.training_step(",
    ],
  ],
  open: telling,
};

export const huggingFace: DialectKind = kindOf(framework);

/** Checkpoints that stay, as --save_total_limit says. */
const CHECKPOINTS_KEPT = 3;

type Say = (file: string, text: string) => string;

function telling(facts: Facts): Telling {
  const say: Say = (file, text) => `[INFO|${file}] ${dayMillis(now(facts))} >> ${text}`;
  const kept: number[] = [];
  let pace: Pace = STANDING;
  let shownStep = 0;
  let lossSum = 0;
  let lossCount = 0;
  const bar = (step: number): string =>
    tqdmBar({
      done: step,
      total: sizesOf(facts).steps,
      elapsedMs: facts.atMs - facts.trainingSinceMs,
      rate: rateOf(pace),
      invert: true,
    });
  return {
    starting: () => startingLines(facts),
    built: () => [
      say(
        "trainer.py:715",
        "max_steps is given, it will override any value given in num_train_epochs",
      ),
    ],
    training() {
      pace = STANDING;
      shownStep = 0;
      const banner = bannerLines(facts).map(([line, text]) => say(`trainer.py:${line}`, text));
      return [...banner, bar(0)];
    },
    step(step) {
      // A bar of a run that goes on begins at 0 and makes up for it with its first step.
      pace = paceAfter(pace, step.step - shownStep, step.durationMs);
      shownStep = step.step;
      lossSum += step.losses?.reconstruction ?? 0;
      lossCount += step.losses === undefined ? 0 : 1;
      return [stepRow(facts, step), bar(step.step)];
    },
    evaluation: (done) => evaluationLines(facts, done),
    // It writes itself, while training waits.
    saving: (step) => savingLines(facts, step, { say, kept }),
    saved: () => [],
    loading: (step) => [
      say("trainer.py:3562", `Loading model from ${checkpointPath(facts, step)}.`),
    ],
    restored: () => [],
    ended: ({ outcome, elapsedMs, step }) =>
      outcome === "finished"
        ? [
            bar(step),
            ...completedLines(say),
            summaryRow(facts, { elapsedMs, loss: lossSum / Math.max(1, lossCount), step }),
          ]
        : [],
  };
}

function checkpointPath(facts: Facts, step: number): string {
  return `out/${slug(facts)}/checkpoint-${step}`;
}

type Sourced = readonly [file: string, text: string];

function beginTexts(facts: Facts, step: number): Sourced[] {
  const path = checkpointPath(facts, step);
  return [
    ["trainer.py:4045", `Saving model checkpoint to ${path}`],
    ["configuration_utils.py:643", `Configuration saved in ${path}/config.json`],
    ["configuration_utils.py:741", `Configuration saved in ${path}/generation_config.json`],
  ];
}

/** The largest file of weights, since version 5. */
const SHARD_BYTES = 50e9;

function writtenTexts(facts: Facts, step: number): Sourced[] {
  const path = checkpointPath(facts, step);
  const shards = Math.ceil((2 * sizesOf(facts).parameters) / SHARD_BYTES);
  const weights =
    shards > 1
      ? `The model is bigger than the maximum size per checkpoint (50GB) and is going to be split in ${shards} checkpoint shards. You can find where each parameters has been saved in the index located at ${path}/model.safetensors.index.json.`
      : `Model weights saved in ${path}/model.safetensors`;
  return [
    ["modeling_utils.py:3361", weights],
    [
      "tokenization_utils_base.py:2077",
      `tokenizer config file saved in ${path}/tokenizer_config.json`,
    ],
  ];
}

interface Keeping {
  readonly say: Say;
  /** Steps of the checkpoints that are there, the oldest first. */
  readonly kept: number[];
}

function savingLines(facts: Facts, step: number, { say, kept }: Keeping): string[] {
  // After a restart one may be written again.
  if (!kept.includes(step)) kept.push(step);
  const old = kept.splice(0, Math.max(0, kept.length - CHECKPOINTS_KEPT));
  return [
    ...beginTexts(facts, step).map(([file, text]) => say(file, text)),
    ...at(facts, facts.atMs + snapshotMs(facts, step), () => [
      ...writtenTexts(facts, step).map(([file, text]) => say(file, text)),
      ...old.map((one) => say("trainer.py:1988", deletingText(facts, one))),
    ]),
  ];
}

function completedLines(say: Say): string[] {
  const words = "Training completed. Do not forget to share your model on huggingface.co/models =)";
  return [say("trainer.py:1911", ""), "", words, "", ""];
}

function deletingText(facts: Facts, step: number): string {
  return `Deleting older checkpoint [${checkpointPath(facts, step)}] due to args.save_total_limit`;
}

/** What the script says of each process of the first machine. */
function startingLines(facts: Facts): string[] {
  const { gpusPerNode } = sizesOf(facts);
  const training =
    facts.recipe?.precision === "fp16" ? "16-bits training: True" : "16-bits training: False";
  return Array.from(
    { length: gpusPerNode },
    (_, gpu) =>
      `${day(now(facts))
        .replaceAll("-", "/")
        .replace(
          /^(\d+)\/(\d+)\/(\d+)/,
          "$2/$3/$1",
        )} - WARNING - __main__ - Process rank: ${gpu}, device: cuda:${gpu}, n_gpu: 1, distributed training: True, ${training}`,
  );
}

/** Each with its line in `trainer.py`. */
function bannerLines(facts: Facts): [line: number, text: string][] {
  const sizes = sizesOf(facts);
  const epochsDone = Math.floor(facts.step / sizes.stepsPerEpoch);
  const banner: [number, string][] = [
    [1591, "***** Running training *****"],
    [
      1592,
      `  Num examples = ${grouped(facts.dataset?.samples ?? sizes.globalBatch * sizes.stepsPerEpoch)}`,
    ],
    [1593, `  Num Epochs = ${grouped(sizes.epochs)}`],
    [1594, `  Num update steps per epoch = ${grouped(sizes.stepsPerEpoch)}`],
    [1595, `  Instantaneous batch size per device = ${grouped(sizes.microBatch)}`],
    [
      1598,
      `  Total train batch size (w. parallel, distributed & accumulation) = ${grouped(sizes.globalBatch)}`,
    ],
    [1599, `  Gradient Accumulation steps = ${sizes.accumulation}`],
    [1600, `  Total optimization steps = ${grouped(sizes.steps)}`],
    [1601, `  Number of trainable parameters = ${grouped(sizes.parameters)}`],
  ];
  if (facts.step === 0) return banner;
  const going = `  Resuming training from checkpoint with epoch ${epochsDone} and global step ${facts.step}`;
  return [...banner, [1604, going]];
}

function stepRow(facts: Facts, { step, losses, gradientNorm, learningRate }: StepDone): string {
  return row({
    loss: losses?.reconstruction ?? Number.NaN,
    grad_norm: gradientNorm ?? Number.NaN,
    learning_rate: learningRate,
    epoch: step / sizesOf(facts).stepsPerEpoch,
  });
}

function evaluationLines(facts: Facts, { step, loss, durationMs, batches }: Evaluation): string[] {
  const { globalBatch, stepsPerEpoch, microBatch, data } = sizesOf(facts);
  const epoch = step / stepsPerEpoch;
  if (facts.cluster === undefined) return [row({ eval_loss: loss, epoch })];
  const seconds = Math.max(0.001, durationMs / 1000);
  const examples = batches * globalBatch;
  const begunMs = facts.atMs - durationMs;
  const say = (line: number, text: string): string =>
    `[INFO|trainer.py:${line}] ${dayMillis(moment(facts, begunMs))} >> ${text}`;
  return [
    say(2854, ""),
    "***** Running Evaluation *****",
    say(2856, `  Num examples = ${examples}`),
    say(2859, `  Batch size = ${microBatch}`),
    row({
      eval_loss: loss,
      eval_runtime: seconds,
      eval_samples_per_second: examples / seconds,
      // A batch of each replica at a time.
      eval_steps_per_second: Math.ceil(examples / (microBatch * data)) / seconds,
      epoch,
    }),
  ];
}

interface Whole {
  readonly elapsedMs: number;
  readonly loss: number;
  readonly step: number;
}

function summaryRow(facts: Facts, { elapsedMs, loss, step }: Whole): string {
  const { stepsPerEpoch } = sizesOf(facts);
  // Of these processes only: a run that was resumed counts anew.
  const seconds = Math.max(0.001, (elapsedMs - facts.trainingSinceMs) / 1000);
  return row({
    train_runtime: seconds,
    train_samples_per_second: facts.consumedSamples / seconds,
    train_steps_per_second: step / seconds,
    train_loss: loss,
    epoch: step / stepsPerEpoch,
  });
}

/** `str` of a dict whose floats are text by now. */
function row(figures: Readonly<Record<string, number>>): string {
  const pairs = Object.entries(figures).map(
    ([key, value]) => `'${key}': '${Number.isFinite(value) ? general(value, 4) : "nan"}'`,
  );
  return `{${pairs.join(", ")}}`;
}
