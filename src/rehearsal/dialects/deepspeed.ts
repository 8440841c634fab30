/**
 * DeepSpeed's lines.
 *
 * Source: deepspeedai/DeepSpeed 0.19 (`utils/logging.py`, `utils/timer.py`, `runtime/engine.py`,
 * `runtime/zero`, `comm/comm.py`) with its logger at INFO: "[time] [INFO] [file:line:function]
 * text". It prints no loss; that line is the training script's.
 */

import type { StepDone } from "../../events/events.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { below } from "../../random.ts";
import { engineConfigLines } from "./deepspeed-config.ts";
import { allocatedGib, zeroLines } from "./deepspeed-memory.ts";
import { DEEPSPEED_STACK } from "./deepspeed-stack.ts";
import type { DialectKind } from "./dialect.ts";
import { around, drawsOf } from "./draws.ts";
import { batchOf, checkpointFolder, type Facts, memoryOf, now, sizesOf } from "./facts.ts";
import { dayMillis, pythonFloat } from "./formats.ts";
import { type Framework, type FrameworkLines, kindOf } from "./framework-log.ts";
import { at, together } from "./start-times.ts";

const STEPS_PER_PRINT = 10;

const framework: Framework = {
  name: "deepspeed",
  summary: "DeepSpeed",
  script: "train.py",
  role: "default",
  savesAfterEvaluation: true,
  leavesGroups: true,
  splitsWorld: true,
  ...DEEPSPEED_STACK,
  open: linesOf,
};

export const deepspeed: DialectKind = kindOf(framework);

type Say = (from: string, text: string) => string;

function linesOf(facts: Facts): FrameworkLines {
  const say: Say = (from, text) => `[${dayMillis(now(facts))}] [INFO] [${from}] ${text}`;
  const dist = (text: string): string => say("logging.py:128:log_dist", `[Rank 0] ${text}`);
  const state = { skipped: 0, microSteps: 0, runMs: 0, runSteps: 0, runSamples: 0 };
  let savingSinceMs = 0;
  return {
    starting: () => startingLines(facts, say),
    built: () => builtLines(facts, { say, dist }),
    training() {
      state.runMs = 0;
      state.runSteps = 0;
      state.runSamples = 0;
      state.microSteps = facts.step * sizesOf(facts).accumulation;
      return [];
    },
    step(step) {
      state.skipped += step.skipped ? 1 : 0;
      state.microSteps += sizesOf(facts).accumulation;
      // The first two steps warm everything up and are not counted.
      if (step.step - facts.trainingSinceStep > 2) {
        state.runMs += step.durationMs;
        state.runSteps += 1;
        state.runSamples += batchOf(facts, step);
      }
      // The engine's lines are those of its own step; the script prints when that is over.
      const isReported = step.step % STEPS_PER_PRINT === 0;
      const report = isReported ? reportLines(facts, step, { state, say, dist }) : [];
      return [...report, ...breakdownLine(facts, step), lossLine(step)];
    },
    evaluation: ({ step, loss, perplexity }) => [
      `step ${step} | validation loss: ${loss.toFixed(4)} | ppl: ${perplexity.toFixed(3)}`,
    ],
    saving(step) {
      savingSinceMs = facts.atMs;
      return savingLines(facts, step, { say, dist });
    },
    written: (step) => writtenLines(facts, { step, begunMs: savingSinceMs }, say),
    saved: () => [],
    overlap: () => [],
    loading: (step) => [
      ...(isUniversal(facts) ? conversionLines(facts, step) : []),
      say(
        "torch_checkpoint_engine.py:27:load",
        `[Torch] Loading checkpoint from ${readFile(facts, step)}...`,
      ),
    ],
    restored: ({ step }) => restoredLines(facts, step, say),
    allocationRetry: () => [
      `[${dayMillis(now(facts))}] [WARNING] [stage3.py:2183:step] 1 pytorch allocator cache flushes since last step. this happens when there is high memory pressure and is detrimental to performance. if this is happening frequently consider adjusting settings to reduce memory consumption.`,
    ],
    ended: () => [],
  };
}

function startingLines(facts: Facts, say: Say): string[] {
  const { gpusPerNode } = sizesOf(facts);
  const ranks = Array.from({ length: gpusPerNode }, (_, i) => i);
  return [
    ...ranks.map(() =>
      say(
        "real_accelerator.py:260:get_accelerator",
        "Setting ds_accelerator to cuda (auto detect)",
      ),
    ),
    ...ranks.map(() => say("comm.py:658:init_distributed", "cdb=None")),
    say("comm.py:689:init_distributed", "Initializing TorchBackend in DeepSpeed with backend nccl"),
    say(
      "logging.py:128:log_dist",
      "[Rank 0] DeepSpeed info: version=0.19.6, git-hash=unknown, git-branch=unknown",
    ),
  ];
}

interface Voices {
  readonly say: Say;
  readonly dist: (text: string) => string;
}

function builtLines(facts: Facts, { say, dist }: Voices): string[] {
  const stage = stageOf(facts);
  const isHalf = facts.recipe?.precision === "fp16";
  const address = below(drawsOf(facts, "scheduler", facts.launches, facts.attempts), 2 ** 28);
  const engine = { stage, stepsPerPrint: STEPS_PER_PRINT, isUniversal: isUniversal(facts) };
  return [
    dist("DeepSpeed Flops Profiler Enabled: True"),
    dist("Using DeepSpeed Optimizer param name adamw as basic optimizer"),
    dist("Removing param_group that has no 'params' in the basic Optimizer"),
    dist("DeepSpeed Basic Optimizer = FusedAdam"),
    ...(stage > 0 ? [checkingLine(say)] : []),
    ...creatingTexts(stage, isHalf).map(dist),
    ...zeroLines(facts, stage, say),
    dist(`DeepSpeed Final Optimizer = ${optimizerName(stage, isHalf)}`),
    dist("DeepSpeed using client LR scheduler"),
    dist(
      `DeepSpeed LR Scheduler = <torch.optim.lr_scheduler.LambdaLR object at 0x7f${(address * 16).toString(16).padStart(10, "0")}>`,
    ),
    dist(`step=0, skipped=0, lr=[0.0], mom=[(0.9, 0.95)]`),
    ...together(facts, () => engineConfigLines(facts, engine, say)),
  ];
}

function checkingLine(say: Say): string {
  return say(
    "utils.py:59:is_zero_supported_optimizer",
    "Checking ZeRO support for optimizer=FusedAdam type=<class 'deepspeed.ops.adam.fused_adam.FusedAdam'>",
  );
}

/** Stage 3 was written for fp16, and still says so before its real type. */
function creatingTexts(stage: number, isHalf: boolean): string[] {
  if (stage === 0)
    return [`Creating ${isHalf ? "fp16 optimizer with dynamic loss scale" : "BF16 optimizer"}`];
  const mics =
    "Creating fp16 ZeRO stage 3 optimizer, MiCS is enabled False, Hierarchical params gather False";
  const own = `Creating torch.${isHalf ? "float16" : "bfloat16"} ZeRO stage ${stage} optimizer`;
  return stage === 3 ? [mics, own] : [own];
}

function optimizerName(stage: number, isHalf: boolean): string {
  if (stage === 0) return isHalf ? "FP16_Optimizer" : "BF16_Optimizer";
  return stage === 3 ? "DeepSpeedZeroOptimizer_Stage3" : "DeepSpeedZeroOptimizer";
}

function lossLine(done: StepDone): string {
  const { step, gradientNorm } = done;
  const loss = taskLoss(done)?.toFixed(4) ?? "nan";
  return `step ${step} | loss: ${loss} | grad_norm: ${gradientNorm === undefined ? "nan" : gradientNorm.toFixed(3)}`;
}

interface Reported extends Voices {
  readonly state: {
    readonly skipped: number;
    readonly microSteps: number;
    readonly runMs: number;
    readonly runSteps: number;
    readonly runSamples: number;
  };
}

function reportLines(facts: Facts, step: StepDone, { state, say, dist }: Reported): string[] {
  const batch = batchOf(facts, step);
  const { peakGib } = memoryOf(facts);
  const allocated = allocatedGib(facts, stageOf(facts));
  const lr = pythonFloat(step.learningRate);
  const first = dist(`step=${step.step}, skipped=${state.skipped}, lr=[${lr}], mom=[(0.9, 0.95)]`);
  if (state.runSteps === 0 || facts.cluster === undefined) return [first];
  const running = (state.runSamples * 1000) / state.runMs;
  const current = (batch * 1000) / step.durationMs;
  return [
    first,
    say(
      "timer.py:264:stop",
      `epoch=0/micro_step=${state.microSteps}/global_step=${step.step}, RunningAvgSamplesPerSec=${pythonFloat(running)}, CurrSamplesPerSec=${pythonFloat(current)}, MemAllocated=${pythonFloat(Number(allocated.toFixed(2)))}GB, MaxMemAllocated=${pythonFloat(Number(peakGib.toFixed(2)))}GB`,
    ),
  ];
}

/**
 * How the step's time divides, as the engine's own timers have it: summed over the micro-batches,
 * as it logs them where the profiler is on and the breakdown of each micro-batch is not.
 */
function breakdownLine(facts: Facts, { step, durationMs }: StepDone): string[] {
  if (facts.cluster === undefined) return [];
  const random = drawsOf(facts, "breakdown", step);
  const part = (share: number, spread: number): number =>
    durationMs * Math.min(0.3, around(random, share, spread));
  const stepMs = part(0.034, 0.05);
  // Reducing waits for the slowest rank of all, now and then for long.
  const reduceMs = part(stageOf(facts) === 3 ? 0.055 : 0.028, 0.32);
  const outsideMs = part(0.006, 0.3);
  const computeMs = durationMs - stepMs - reduceMs - outsideMs;
  const forwardMs = computeMs * Math.min(0.5, around(random, forwardShare(facts), 0.008));
  const innerMs = computeMs - forwardMs;
  const parts = {
    fwd: forwardMs,
    bwd: innerMs + reduceMs + around(random, 0.06, 0.5),
    bwd_inner: innerMs,
    bwd_allreduce: reduceMs,
    step: stepMs,
  };
  const texts = Object.entries(parts).map(([name, ms]) => `${name}: ${ms.toFixed(2)}`);
  return [`[Rank 0] time (ms) | ${texts.join(" | ")}`];
}

/** A backward pass takes twice as long, and three times where it begins with the forward pass. */
function forwardShare({ recipe }: Facts): number {
  return recipe?.recompute === "full" ? 0.247 : 0.329;
}

function restoredLines(facts: Facts, step: number, say: Say): string[] {
  if (step === 0) {
    const latest = `${checkpointFolder(facts)}/latest`;
    return [
      `[${dayMillis(now(facts))}] [WARNING] [engine.py:3025:load_checkpoint] Unable to find latest file at ${latest}, if trying to load latest checkpoint please ensure this file exists or pass an explicit checkpoint tag when loading a checkpoint.`,
    ];
  }
  const loaded = say(
    "torch_checkpoint_engine.py:29:load",
    `[Torch] Loaded checkpoint from ${readFile(facts, step)}.`,
  );
  // From a universal checkpoint each rank reads what it needs, whichever rank wrote it.
  if (isUniversal(facts)) return [loaded];
  return [
    loaded,
    say(
      "engine.py:3104:_get_all_zero_checkpoint_state_dicts",
      `successfully read ${sizesOf(facts).data} ZeRO state_dicts for rank ${below(facts.random, 8)}`,
    ),
    say("engine.py:3036:_load_zero_checkpoint", "loading 1 zero partition checkpoints for rank 0"),
  ];
}

/** What the engine says of a checkpoint, as far as the first rank writes it. */
function savingLines(facts: Facts, step: number, { say, dist }: Voices): string[] {
  const file = modelFile(facts, step);
  return [
    dist(`[Torch] Checkpoint global_step${step} is about to be saved!`),
    dist(`Saving model checkpoint: ${file}`),
    say("torch_checkpoint_engine.py:21:save", `[Torch] Saving ${file}...`),
  ];
}

interface Written {
  readonly step: number;
  readonly begunMs: number;
}

/** One file after the other, each for a time by its size. */
function writtenLines(facts: Facts, { step, begunMs }: Written, say: Say): string[] {
  const saved = (file: string): string =>
    say("torch_checkpoint_engine.py:23:save", `[Torch] Saved ${file}.`);
  const states = statesFile(facts, step);
  const isSplit = stageOf(facts) > 0;
  const share = isSplit ? modelShare(facts) : 1;
  return [
    ...at(facts, begunMs + share * (facts.atMs - begunMs), () => [
      saved(modelFile(facts, step)),
      ...(isSplit
        ? [say("torch_checkpoint_engine.py:21:save", `[Torch] Saving ${states}...`)]
        : []),
    ]),
    ...(isSplit
      ? [
          saved(states),
          say("engine.py:3669:_save_zero_checkpoint", `zero checkpoint saved ${states}`),
        ]
      : []),
    say(
      "torch_checkpoint_engine.py:33:commit",
      `[Torch] Checkpoint global_step${step} is ready now!`,
    ),
  ];
}

/** Of what the first rank writes: bf16 weights, all or its part, beside its part of the states. */
function modelShare(facts: Facts): number {
  const { data } = sizesOf(facts);
  const weights = stageOf(facts) === 3 ? 2 / data : 2;
  return weights / (weights + 12 / data);
}

/** With stage 3 each rank has a part of the weights, and a file for it. */
function modelFile(facts: Facts, step: number): string {
  const part = stageOf(facts) === 3 ? "zero_pp_rank_0_" : "";
  return `${stepFolder(facts, step)}/${part}mp_rank_00_model_states.pt`;
}

/** The first rank's part of the optimiser. */
function statesFile(facts: Facts, step: number): string {
  const prefix = facts.recipe?.precision === "fp16" ? "" : "bf16_";
  return `${stepFolder(facts, step)}/${prefix}zero_pp_rank_0_mp_rank_00_optim_states.pt`;
}

function stepFolder(facts: Facts, step: number): string {
  return `${checkpointFolder(facts)}/global_step${step}`;
}

/** Partitions of the optimiser fit the number of replicas that wrote them, unless converted. */
function isUniversal(facts: Facts): boolean {
  return facts.resharded !== undefined && stageOf(facts) > 0;
}

function readFile(facts: Facts, step: number): string {
  if (!isUniversal(facts)) return modelFile(facts, step);
  return `${stepFolder(facts, step)}_universal/mp_rank_00_model_states.pt`;
}

/** What `deepspeed.checkpoint.ds_to_universal` prints, which the script calls before it loads. */
function conversionLines(facts: Facts, step: number): string[] {
  const from = stepFolder(facts, step);
  const into = `${from}_universal`;
  return [
    `args = Namespace(input_folder='${from}', output_folder='${into}', num_extract_workers=4, num_merge_workers=2, keep_temp_folder=False, strict=True, inject_missing_state=False)`,
    "Convert DeepSpeed Checkpoint to Universal Checkpoint",
    `Converting DeepSpeed checkpoint in ${from} to Universal checkpoint in ${into}`,
    "*** 1. Extracting ZeRO fragments",
    "*** 2. Merging slices .....",
    "*** 3. Saving common optimizer states",
    "*** Done!",
  ];
}

function stageOf({ cluster }: Facts): number {
  if (cluster?.sharding === "full") return 3;
  return cluster?.sharding === "optimizer" ? 1 : 0;
}
