/**
 * PyTorch Lightning's lines.
 *
 * Source: pytorch-lightning 2.6.6: `trainer/setup.py`, `accelerators/cuda.py`,
 * `utilities/model_summary`, `callbacks/progress/tqdm_progress.py` (refreshed every ten batches,
 * without rich), `callbacks/model_checkpoint.py` (verbose), `loops/fit_loop.py`;
 * lightning-fabric's `utilities/distributed.py`. A batch here is a whole optimiser step.
 */

import type { StepDone } from "../../events/events.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { tqdmBar } from "./bar.ts";
import type { DialectKind } from "./dialect.ts";
import { around, drawsOf } from "./draws.ts";
import { checkpointFolder, type Facts, sizesOf } from "./facts.ts";
import { general, grouped } from "./formats.ts";
import { type Evaluation, type Framework, type FrameworkLines, kindOf } from "./framework-log.ts";
import { ranksAsTheyCome } from "./hosts.ts";
import { LIGHTNING_STACK } from "./lightning-stack.ts";
import { evaluationBatches, forwardMs } from "./pauses.ts";

const REFRESH_RATE = 10;
const RULE = "-".repeat(100);

const framework: Framework = {
  name: "lightning",
  summary: "PyTorch Lightning",
  script: "train.py",
  role: "default",
  ...LIGHTNING_STACK,
  open: linesOf,
};

export const lightning: DialectKind = kindOf(framework);

function linesOf(facts: Facts): FrameworkLines {
  let bestLoss = Number.POSITIVE_INFINITY;
  let validation: number | undefined;
  let epochSinceMs = 0;
  let epoch = 0;
  // Of its own logger: the next free one at each start.
  let version = -1;
  const begun = (number: number): string =>
    `Epoch ${number - 1}: ${emptyBar(sizesOf(facts).stepsPerEpoch)}`;
  const bar = (done: StepDone): string => {
    const { stepsPerEpoch } = sizesOf(facts);
    const inEpoch = done.step - (done.epoch - 1) * stepsPerEpoch;
    const postfix = postfixOf(done, { validation, version });
    const elapsedMs = facts.atMs - epochSinceMs;
    // Lightning sets the bar instead of pushing it, so it shows the mean since its start.
    const rate = (inEpoch * 1000) / Math.max(1, elapsedMs);
    return `Epoch ${done.epoch - 1}: ${tqdmBar({ done: inEpoch, total: stepsPerEpoch, elapsedMs, rate, postfix, invert: false })}`;
  };
  return {
    starting: () => startingLines(facts),
    built() {
      version += 1;
      return summaryLines(facts);
    },
    training() {
      epochSinceMs = facts.atMs;
      epoch = 0;
      return facts.step > 0 || facts.cluster === undefined ? [] : sanityLines(facts);
    },
    step(step) {
      const isNew = step.epoch !== epoch;
      if (isNew && epoch !== 0) epochSinceMs = facts.atMs;
      epoch = step.epoch;
      const { stepsPerEpoch } = sizesOf(facts);
      const inEpoch = step.step - (step.epoch - 1) * stepsPerEpoch;
      const isShown = inEpoch % REFRESH_RATE === 0 || inEpoch === stepsPerEpoch;
      return [...(isNew ? [begun(epoch)] : []), ...(isShown ? [bar(step)] : [])];
    },
    evaluation(done) {
      validation = done.loss;
      const isBest = done.loss < bestLoss;
      bestLoss = Math.min(bestLoss, done.loss);
      return evaluationLines(facts, done, isBest);
    },
    saving: () => [],
    saved: () => [],
    loading: (step) => [
      `Restoring states from the checkpoint path at ${checkpointFolder(facts)}/step=${step}.ckpt`,
    ],
    restored: ({ step }) =>
      step === 0
        ? []
        : [
            `Restored all states from the checkpoint at ${checkpointFolder(facts)}/step=${step}.ckpt`,
          ],
    ended: ({ outcome }) =>
      outcome === "finished"
        ? [`\`Trainer.fit\` stopped: \`max_steps=${sizesOf(facts).steps}\` reached.`]
        : outcome === "cancelled"
          ? ["", "Detected KeyboardInterrupt, attempting graceful shutdown ..."]
          : [],
  };
}

/** Batches that are validated before anything is learned, unless there are fewer. */
const SANITY_BATCHES = 2;

/** The first pass loads kernels and meets the other ranks, which takes seconds. */
const COLD_START_MS = 5500;

/** Of a bar that has only begun. */
function emptyBar(total: number): string {
  return tqdmBar({ done: 0, total, elapsedMs: 0, rate: undefined, invert: false });
}

function sanityLines(facts: Facts): string[] {
  const total = Math.min(SANITY_BATCHES, evaluationBatches(facts));
  const random = drawsOf(facts, "sanity", facts.launches, facts.attempts);
  const batchMs = around(random, forwardMs(facts) ?? 0, 0.06);
  const elapsedMs = around(random, COLD_START_MS, 0.35) + total * batchMs;
  const rate = (total * 1000) / elapsedMs;
  return [
    "Sanity Checking: |          | 0/? [00:00<?, ?it/s]",
    `Sanity Checking DataLoader 0: ${emptyBar(total)}`,
    `Sanity Checking DataLoader 0: ${tqdmBar({ done: total, total, elapsedMs, rate, invert: false })}`,
  ];
}

function startingLines(facts: Facts): string[] {
  const { worldSize, gpusPerNode } = sizesOf(facts);
  // Under FSDP the strategy casts, and logs nothing.
  const isSharded = facts.cluster?.sharding === "full";
  const amp = facts.recipe?.precision === "fp16" ? "16bit" : "bfloat16";
  const visible = Array.from({ length: gpusPerNode }, (_, gpu) => gpu).join(",");
  const local = (what: string): number[] => ranksAsTheyCome(facts, what);
  const seed = facts.started?.seed ?? 0;
  return [
    ...local("seed").map((rank) => `[rank: ${rank}] Seed set to ${seed}`),
    ...(isSharded ? [] : [`Using ${amp} Automatic Mixed Precision (AMP)`]),
    "GPU available: True (cuda), used: True",
    "TPU available: False, using: 0 TPU cores",
    ...local("initializing").map(
      (rank) => `Initializing distributed: GLOBAL_RANK: ${rank}, MEMBER: ${rank + 1}/${worldSize}`,
    ),
    RULE,
    "distributed_backend=nccl",
    `All distributed processes registered. Starting with ${worldSize} processes`,
    RULE,
    "",
    ...local("devices").map((rank) => `LOCAL_RANK: ${rank} - CUDA_VISIBLE_DEVICES: [${visible}]`),
  ];
}

function summaryLines(facts: Facts): string[] {
  const { parameters, trainable, layers } = sizesOf(facts);
  const frozen = trainable < parameters ? parameters : 0;
  const total = trainable + frozen;
  const modules = 3 + 12 * layers;
  const cells = [
    ["  ", "Name", "Type", "Params", "Mode", "FLOPs"],
    ["0", "model", "Transformer", shortCount(total), "train", "0"],
  ];
  const widths = [1, 5, 11, shortCount(total).length, 5, 5];
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => cell.padEnd(Math.max(widths[i] ?? 0, 1))).join(" | ");
  const head = line(["", ...(cells[0]?.slice(1) ?? [])]).replace(/^ {2}/, "  ");
  const rule = "-".repeat(widths.reduce((sum, width) => sum + width, 0) + 3 * (widths.length + 1));
  return [
    head,
    rule,
    line(cells[1] ?? []),
    rule,
    `${shortCount(trainable).padEnd(10)}Trainable params`,
    `${(frozen === 0 ? "0" : shortCount(frozen)).padEnd(10)}Non-trainable params`,
    `${shortCount(total).padEnd(10)}Total params`,
    `${grouped((total * 4) / 1e6, 3).padEnd(10)}Total estimated model params size (MB)`,
    `${String(modules).padEnd(10)}Modules in train mode`,
    `${"0".padEnd(10)}Modules in eval mode`,
    `${"0".padEnd(10)}Total Flops`,
  ];
}

function evaluationLines(facts: Facts, done: Evaluation, isBest: boolean): string[] {
  const { step, epoch, batches, loss } = done;
  const bar = validationBar(facts, done, batches);
  const value = loss.toFixed(5);
  if (facts.cluster === undefined) return [`Validation DataLoader 0: ${bar}`];
  const path = `${checkpointFolder(facts)}/epoch=${epoch - 1}-step=${step}.ckpt`;
  const refreshed = Array.from(
    { length: Math.ceil(batches / REFRESH_RATE) - 1 },
    (_, i) => (i + 1) * REFRESH_RATE,
  );
  return [
    `Validation DataLoader 0: ${emptyBar(batches)}`,
    ...refreshed.map((at) => `Validation DataLoader 0: ${validationBar(facts, done, at)}`),
    `Validation DataLoader 0: ${bar}`,
    isBest
      ? `Epoch ${epoch - 1}, global step ${step}: 'val_loss' reached ${value} (best ${value}), saving model to '${path}' as top 1`
      : `Epoch ${epoch - 1}, global step ${step}: 'val_loss' was not in top 1`,
  ];
}

function validationBar(facts: Facts, done: Evaluation, at: number): string {
  const { step, batches, durationMs } = done;
  const share = at / Math.max(1, batches);
  const random = drawsOf(facts, "validation", step, at);
  const elapsedMs = durationMs * (share < 1 ? around(random, share, 0.02) : 1);
  const rate = elapsedMs > 0 ? (at * 1000) / elapsedMs : undefined;
  return tqdmBar({ done: at, total: batches, elapsedMs, rate, invert: false });
}

interface Shown {
  readonly validation: number | undefined;
  readonly version: number;
}

function postfixOf(step: StepDone, { validation, version }: Shown): string {
  const { learningRate, gradientNorm } = step;
  const items = [
    `v_num=${Math.max(0, version)}`,
    `train_loss=${barNumber(taskLoss(step) ?? Number.NaN)}`,
    `grad_norm=${barNumber(gradientNorm ?? Number.NaN)}`,
    `lr=${barNumber(learningRate)}`,
    validation === undefined ? undefined : `val_loss=${barNumber(validation)}`,
  ];
  return items.filter((item) => item !== undefined).join(", ");
}

/** Three significant digits, padded to five columns so that the bar does not jump. */
function barNumber(value: number): string {
  if (!Number.isFinite(value)) return "nan.0";
  const text = general(value, 3).replace("e+0", "e+").replace("e-0", "e-");
  if (text.includes("e")) return text;
  const dotted = text.includes(".") || text.length >= 5 ? text : `${text}.`;
  return dotted.padEnd(5, "0");
}

/** "8.0 B", "405 B" */
function shortCount(value: number): string {
  const letters = [" ", "K", "M", "B", "T"];
  let size = value;
  let letter = 0;
  while (size >= 1000 && letter < letters.length - 1) {
    size /= 1000;
    letter += 1;
  }
  if (letter === 0) return `${Math.floor(size)}  `;
  return `${size >= 100 ? Math.floor(size) : size.toFixed(1)} ${letters[letter] ?? ""}`;
}
