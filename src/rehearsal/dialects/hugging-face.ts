/**
 * Hugging Face Trainer's lines.
 *
 * Source: transformers 5.18 (`trainer.py`, `trainer_callback.py`): since version 5 a row of figures
 * is a Python dict whose floats are text of four significant digits. Logged every step; the bar is
 * tqdm's, a line for each redraw.
 */

import type { StepDone } from "../../events/events.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { SHARD_BYTES_MAX } from "../scenes/export.ts";
import { type Pace, paceAfter, rateOf, STANDING, tqdmBar } from "./bar.ts";
import type { DialectKind } from "./dialect.ts";
import { around, drawsOf } from "./draws.ts";
import { type Facts, moment, now, sizesOf, slug } from "./facts.ts";
import { day, dayMillis, general, grouped, pythonFloat, timedelta, zeros } from "./formats.ts";
import { type Evaluation, type Framework, type FrameworkLines, kindOf } from "./framework-log.ts";
import { ranksAsTheyCome } from "./hosts.ts";
import { HUGGING_FACE_STACK } from "./hugging-face-stack.ts";

const framework: Framework = {
  name: "huggingface",
  summary: "the Hugging Face Trainer",
  script: "run_clm.py",
  role: "default",
  savesAfterEvaluation: true,
  leavesGroups: true,
  ...HUGGING_FACE_STACK,
  open: linesOf,
};

export const huggingFace: DialectKind = kindOf(framework);

/** Checkpoints that stay, as --save_total_limit says. */
const CHECKPOINTS_KEPT = 3;

type Say = (file: string, text: string) => string;

function linesOf(facts: Facts): FrameworkLines {
  const say: Say = (file, text) => `[INFO|${file}] ${dayMillis(now(facts))} >> ${text}`;
  const kept: number[] = [];
  let pace: Pace = STANDING;
  let shownStep = 0;
  let lossSum = 0;
  const rateOfStep = ratesUsed(facts);
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
      ...(isFromScratch(facts) ? [scriptLine(facts, freshText(facts))] : []),
      say(
        "trainer.py:715",
        "max_steps is given, it will override any value given in num_train_epochs",
      ),
    ],
    training() {
      pace = STANDING;
      shownStep = 0;
      lossSum = 0;
      const banner = bannerLines(facts).map(([line, text]) => say(`trainer.py:${line}`, text));
      return [...banner, bar(0)];
    },
    step(step) {
      // A bar of a run that goes on begins at 0 and makes up for it with its first step.
      pace = paceAfter(pace, step.step - shownStep, step.durationMs);
      shownStep = step.step;
      lossSum += taskLoss(step) ?? 0;
      return [stepRow(facts, step, rateOfStep(step)), bar(step.step)];
    },
    evaluation: (done) => evaluationLines(facts, done),
    saving: (step) =>
      beginTexts(checkpointPath(facts, step)).map(([file, text]) => say(file, text)),
    written: (step) => writtenLines(facts, step, { say, kept }),
    saved: () => [],
    loading: (step) => [
      say("trainer.py:3562", `Loading model from ${checkpointPath(facts, step)}.`),
    ],
    restored: () => [],
    ended({ outcome, elapsedMs, step }) {
      if (outcome !== "finished") return [];
      // It forgets what was lost before it was started again, but divides by all steps.
      const loss = lossSum / Math.max(1, step);
      const whole = wholeOf(facts, { elapsedMs, loss, step });
      return [
        ...completedLines(say),
        row(whole),
        bar(step),
        ...(facts.cluster === undefined ? [] : finalLines(facts, whole, say)),
      ];
    },
  };
}

/**
 * A row has the rate that its step was done with. Schedules begin at zero, and move on when a step
 * is done: what the run reports for a step is the rate of the next one.
 */
function ratesUsed(facts: Facts): (step: StepDone) => number {
  // Of a training of ours it is known.
  const isLate = facts.started?.source !== "trained";
  const rates = new Map<number, number>([[0, 0]]);
  return ({ step, learningRate }) => {
    rates.set(step, learningRate);
    rates.delete(step - RATES_KEPT);
    return isLate ? (rates.get(step - 1) ?? learningRate) : learningRate;
  };
}

/** A restart goes back to the last checkpoint, seldom further. */
const RATES_KEPT = 20_000;

function isFromScratch({ started }: Facts): boolean {
  return started?.configuration["scene"] !== "llm_finetuning";
}

/** The script counts in 2^20 parameters. */
function freshText(facts: Facts): string {
  const size = (sizesOf(facts).parameters / 2 ** 20).toFixed(2);
  return `INFO - __main__ - Training new model from scratch - Total size=${size}M params`;
}

function outputPath(facts: Facts): string {
  return `out/${slug(facts)}`;
}

function checkpointPath(facts: Facts, step: number): string {
  return `${outputPath(facts)}/checkpoint-${step}`;
}

type Sourced = readonly [file: string, text: string];

function beginTexts(path: string): Sourced[] {
  return [
    ["trainer.py:4045", `Saving model checkpoint to ${path}`],
    ["configuration_utils.py:643", `Configuration saved in ${path}/config.json`],
    ["configuration_utils.py:741", `Configuration saved in ${path}/generation_config.json`],
  ];
}

function writtenTexts(facts: Facts, path: string): Sourced[] {
  const shards = Math.ceil((2 * sizesOf(facts).parameters) / SHARD_BYTES_MAX);
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

function writtenLines(facts: Facts, step: number, { say, kept }: Keeping): string[] {
  // After a restart one may be written again.
  if (!kept.includes(step)) kept.push(step);
  const old = kept.splice(0, Math.max(0, kept.length - CHECKPOINTS_KEPT));
  return [
    ...writtenTexts(facts, checkpointPath(facts, step)).map(([file, text]) => say(file, text)),
    ...old.map((one) => say("trainer.py:1988", deletingText(facts, one))),
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
  const training =
    facts.recipe?.precision === "fp16" ? "16-bits training: True" : "16-bits training: False";
  return ranksAsTheyCome(facts, "process").map((gpu) =>
    scriptLine(
      facts,
      `WARNING - __main__ - Process rank: ${gpu}, device: cuda:${gpu}, n_gpu: 1, distributed training: True, ${training}`,
    ),
  );
}

/** "11/22/2026 04:37:05 - ", as the script has its own logger write. */
function scriptLine(facts: Facts, text: string): string {
  const [date = "", time = ""] = day(now(facts)).split(" ");
  const [year, month, dayOfMonth] = date.split("-");
  return `${month}/${dayOfMonth}/${year} ${time} - ${text}`;
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
    [1601, `  Number of trainable parameters = ${grouped(sizes.trainable)}`],
  ];
  if (facts.step === 0) return banner;
  const going = `  Resuming training from checkpoint with epoch ${epochsDone} and global step ${facts.step}`;
  return [...banner, [1604, going]];
}

function stepRow(facts: Facts, done: StepDone, learningRate: number): string {
  const { step, gradientNorm } = done;
  return row({
    loss: taskLoss(done) ?? Number.NaN,
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
  const passes = Math.ceil(examples / (microBatch * data));
  const begunMs = facts.atMs - durationMs;
  const say = (line: number, text: string): string =>
    `[INFO|trainer.py:${line}] ${dayMillis(moment(facts, begunMs))} >> ${text}`;
  return [
    say(2854, ""),
    "***** Running Evaluation *****",
    say(2856, `  Num examples = ${examples}`),
    say(2859, `  Batch size = ${microBatch}`),
    ...evaluationBars(facts, passes, durationMs),
    row({
      eval_loss: loss,
      eval_runtime: seconds,
      eval_samples_per_second: examples / seconds,
      // A batch of each replica at a time.
      eval_steps_per_second: passes / seconds,
      epoch,
    }),
  ];
}

/** Between two redraws at least. */
const REDRAW_MS = 100;

/**
 * The bar of an evaluation begins when its first pass is done, so the first rate is twice too high.
 *
 * @param passes Batches of each replica.
 */
function evaluationBars(facts: Facts, passes: number, durationMs: number): string[] {
  const random = drawsOf(facts, "evaluation-bar", facts.step, facts.atMs);
  const passMs = durationMs / passes;
  const every = Math.max(1, Math.ceil(REDRAW_MS / passMs));
  const lines = [tqdmBar({ done: 0, total: passes, elapsedMs: 0, rate: undefined, invert: true })];
  let pace = STANDING;
  let shown = 0;
  let elapsedMs = 0;
  for (let done = 1 + every; done <= passes; done += every) {
    const tookMs = around(random, every * passMs, 0.03);
    elapsedMs = Math.min(durationMs, elapsedMs + tookMs);
    pace = paceAfter(pace, done - shown, tookMs);
    shown = done;
    lines.push(tqdmBar({ done, total: passes, elapsedMs, rate: rateOf(pace), invert: true }));
  }
  return lines;
}

interface Whole {
  readonly elapsedMs: number;
  readonly loss: number;
  readonly step: number;
}

type Figures = Readonly<Record<string, number>>;

function wholeOf(facts: Facts, { elapsedMs, loss, step }: Whole): Figures {
  const { stepsPerEpoch } = sizesOf(facts);
  // Of these processes only: a run that was resumed counts anew.
  const seconds = Math.max(0.001, (elapsedMs - facts.trainingSinceMs) / 1000);
  return {
    train_runtime: seconds,
    train_samples_per_second: facts.consumedSamples / seconds,
    train_steps_per_second: step / seconds,
    train_loss: loss,
    epoch: step / stepsPerEpoch,
  };
}

/** What the script does when the trainer is done: it saves the model, and prints the figures. */
function finalLines(facts: Facts, whole: Figures, say: Say): string[] {
  const path = outputPath(facts);
  const begun = beginTexts(path).map(([file, text]) => say(file, text));
  const { parameters } = sizesOf(facts);
  const tookSeconds = around(drawsOf(facts, "last-save"), (2 * parameters) / SAVED_BYTES, 0.15);
  facts.lastMicros += Math.round(1e6 * tookSeconds);
  const written = writtenTexts(facts, path).map(([file, text]) => say(file, text));
  return [...begun, ...written, ...metricsTable(facts, whole)];
}

/** A second, as the first rank gathers and writes them. */
const SAVED_BYTES = 1.6e9;

function metricsTable(facts: Facts, whole: Figures): string[] {
  const { activeParameters, sequence } = sizesOf(facts);
  const flops = 6 * activeParameters * sequence * facts.consumedSamples;
  const number = (name: string): string => pythonRounded(whole[name] ?? 0);
  const seconds = whole["train_runtime"] ?? 0;
  const rows: readonly (readonly [name: string, value: string])[] = [
    ["epoch", number("epoch")],
    ["total_flos", `${Math.floor(flops / 2 ** 30)}GF`],
    ["train_loss", number("train_loss")],
    ["train_runtime", `${timedelta(seconds)}.${zeros(Math.floor((seconds % 1) * 100), 2)}`],
    ["train_samples", String(facts.dataset?.samples ?? facts.consumedSamples)],
    ["train_samples_per_second", number("train_samples_per_second")],
    ["train_steps_per_second", number("train_steps_per_second")],
  ];
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const valueWidth = Math.max(...rows.map(([, value]) => value.length));
  return [
    "***** train metrics *****",
    ...rows.map(([name, value]) => `  ${name.padEnd(nameWidth)} = ${value.padStart(valueWidth)}`),
  ];
}

/** `str(round(value, 4))` */
function pythonRounded(value: number): string {
  return pythonFloat(Number(value.toFixed(4)));
}

/** `str` of a dict whose floats are text by now. */
function row(figures: Readonly<Record<string, number>>): string {
  const pairs = Object.entries(figures).map(
    ([key, value]) => `'${key}': '${Number.isFinite(value) ? general(value, 4) : "nan"}'`,
  );
  return `{${pairs.join(", ")}}`;
}
