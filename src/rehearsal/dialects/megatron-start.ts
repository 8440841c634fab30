/**
 * Megatron-LM's start: arguments, model, checkpoint, data.
 *
 * What it prints has timers and stamps, which are of one clock: each timer is the time between
 * the stamps around it, and those lie between the events of the run.
 *
 * Source: `training/training.py` (`pretrain`, `setup_model_and_optimizer`), `initialize.py`,
 * `checkpointing.py`.
 */

import type { RunRestored } from "../../events/cluster.ts";
import { below, uniform } from "../../random.ts";
import { around, drawsOf, drawsOfStart } from "./draws.ts";
import { checkpointFolder, type Facts, moment, now, sizesOf } from "./facts.ts";
import { dayMicros, type Micros, pythonFloat } from "./formats.ts";
import { decayStyle, megatronArguments, stepsPerEvaluation } from "./megatron-arguments.ts";
import { hasWholeGradients, modelRanks } from "./megatron-memory.ts";
import { evaluationBatches } from "./pauses.ts";
import { heldBy, paddedVocabulary } from "./stage-parameters.ts";

/** Of the processes that run now. */
export interface Startup {
  /** When the libraries were there, since the start of the run. */
  beganMs: number;
  initializedAt: Micros;
  /** When the newest checkpoint began to be read; undefined where none is. */
  loadingAt: Micros | undefined;
}

export function startup(): Startup {
  return { beganMs: 0, initializedAt: 0, loadingAt: undefined };
}

export function startingLines(facts: Facts, start: Startup): string[] {
  start.beganMs = facts.atMs;
  const { worldSize, data, context, tensor, pipeline, vocabulary, accumulation } = sizesOf(facts);
  const padded = paddedVocabulary(vocabulary, tensor);
  const random = drawsOfStart(facts, "index-builder");
  return [
    `using world size: ${worldSize}, data-parallel size: ${data}, context-parallel size: ${context}, hierarchical context-parallel sizes: None, tensor-model-parallel size: ${tensor}, pipeline-model-parallel size: ${pipeline}`,
    ...precisionLines(facts),
    "------------------------ arguments ------------------------",
    ...megatronArguments(facts).map(
      ([name, value]) => `  ${name} ${".".repeat(Math.max(0, 48 - name.length))} ${value}`,
    ),
    "-------------------- end of arguments ---------------------",
    ...(facts.recipe?.batchRamp === undefined
      ? [
          `INFO:megatron.core.num_microbatches_calculator:setting number of microbatches to constant ${accumulation}`,
        ]
      : []),
    "> building HuggingFaceTokenizer tokenizer ...",
    ` > padded vocab (size: ${vocabulary}) with ${padded - vocabulary} dummy tokens (new size: ${padded})`,
    "> initializing torch distributed ...",
    `> initialized tensor model parallel with size ${tensor}`,
    `> initialized pipeline model parallel with size ${pipeline}`,
    `> setting random seeds to ${facts.started?.seed ?? 1234} ...`,
    "> compiling dataset index builder ...",
    "make: Entering directory '/workspace/Megatron-LM/megatron/core/datasets'",
    "make: Nothing to be done for 'default'.",
    "make: Leaving directory '/workspace/Megatron-LM/megatron/core/datasets'",
    `>>> done with dataset index builder. Compilation time: 0.0${30 + below(random, 60)} seconds`,
  ];
}

function precisionLines(facts: Facts): string[] {
  if (facts.recipe?.precision === "fp16")
    return [
      "WARNING: Setting args.check_for_nan_in_loss_and_grad to False since dynamic loss scaling is being used",
      "using torch.float16 for parameters ...",
    ];
  return [
    ...(hasWholeGradients(facts)
      ? ["accumulate and all-reduce gradients in fp32 for bfloat16 data type."]
      : []),
    "using torch.bfloat16 for parameters ...",
  ];
}

const SCHEDULER = "INFO:megatron.core.optimizer_param_scheduler:";

export function builtLines(facts: Facts, start: Startup): string[] {
  const isAgain = facts.step > 0 || facts.trainingSinceMs > 0;
  const { beganMs } = start;
  const wallMs = facts.started?.wallMs ?? 0;
  // In a short run no event says when the ranks connected.
  const isTold = facts.atMs > beganMs;
  const readyMs = isTold ? facts.atMs : beganMs + 0.6 * (endMs(facts) - beganMs);
  start.initializedAt = moment(facts, readyMs);
  start.loadingAt = undefined;
  const seconds = start.initializedAt / 1e6 - (wallMs + (isTold ? beganMs : 0)) / 1000;
  return [
    `time to initialize megatron (seconds): ${seconds.toFixed(3)}`,
    stamped("after megatron is initialized", start.initializedAt),
    "building GPT model ...",
    ...parameterLines(facts),
    `${SCHEDULER}> learning rate decay style: ${decayStyle(facts)}`,
    ...(isAgain ? [] : notFoundLines(facts, start)),
  ];
}

/** A checkpoint is read from now on. */
export function loadingLines(facts: Facts, start: Startup, step: number): string[] {
  start.loadingAt = now(facts);
  return [` loading distributed checkpoint from ${checkpointFolder(facts)} at iteration ${step}`];
}

export function restoredLines(facts: Facts, start: Startup, { step }: RunRestored): string[] {
  if (step === 0) return notFoundLines(facts, start);
  const { tensor, pipeline } = sizesOf(facts);
  return [
    " checkpoint version 3.0",
    ...schedulerLines(facts),
    `  successfully loaded checkpoint from ${checkpointFolder(facts)} [ t 1/${tensor}, p 1/${pipeline} ] at iteration ${step}`,
    ...readyLines(facts, start),
  ];
}

/** What the scheduler goes by from now on. It counts in samples, whatever its names say. */
function schedulerLines(facts: Facts): string[] {
  const { steps, globalBatch } = sizesOf(facts);
  const { recipe, resharded } = facts;
  const values: readonly (readonly [name: string, value: string | number])[] = [
    ["learning rate", pythonFloat(recipe?.peakLearningRate ?? 0)],
    ["minimum learning rate", pythonFloat(recipe?.finalLearningRate ?? 0)],
    ["warmup iterations", (recipe?.warmupSteps ?? 0) * globalBatch],
    ["total number of iterations", steps * globalBatch],
    ["learning rate decay style", decayStyle(facts)],
    ["start weight decay", "0.1"],
    ["end weight decay", "0.1"],
    ["total number of weight decay iterations", steps * globalBatch],
    ["weight decay incr style", "constant"],
  ];
  return values.map(([name, value]) =>
    resharded !== undefined
      ? `${SCHEDULER} > overriding ${name} value to ${value}`
      : `${SCHEDULER} > using checkpoint value ${value} for ${name}`,
  );
}

export function trainingLines(facts: Facts): string[] {
  return [
    "training ...",
    `Overwriting rerun_state_machine.current_iteration from -1 to ${facts.step}...`,
    stamped("before the start of training step", now(facts)),
  ];
}

/** "[after training is done] datetime: 2026-11-22 04:37:05.123456 " */
export function stamped(what: string, at: Micros): string {
  return `[${what}] datetime: ${dayMicros(at)} `;
}

/**
 * The fastest and the slowest rank.
 *
 * @param timers Name and milliseconds of the slowest
 */
export function timerLines(facts: Facts, timers: Readonly<Record<string, number>>): string[] {
  if (facts.cluster === undefined) return [];
  const rows = Object.entries(timers).map(([name, slowest]) => {
    const random = drawsOf(facts, "timer", name, Math.round(slowest * 100));
    // They wait for each other before and after, so the difference is that of the waking up.
    const apart = Math.min(0.03 * slowest, around(random, 0.6 + 0.0012 * slowest, 0.8));
    return `    ${`${name} `.padEnd(48, ".")}: (${(slowest - apart).toFixed(2)}, ${slowest.toFixed(2)})`;
  });
  return ["(min, max) time across ranks (ms):", ...rows];
}

/** The lines where no checkpoint is found. */
function notFoundLines(facts: Facts, start: Startup): string[] {
  return [
    `WARNING: could not find the metadata file ${checkpointFolder(facts)}/latest_checkpointed_iteration.txt`,
    "    will not load any checkpoints and will start from random",
    ...readyLines(facts, start),
  ];
}

/** What is written now is over by then. */
function endMs({ spread, atMs }: Facts): number {
  return spread?.untilMs ?? atMs;
}

/** The model is there and the data follows, all of it before now. */
function readyLines(facts: Facts, start: Startup): string[] {
  const { steps, globalBatch } = sizesOf(facts);
  const random = drawsOfStart(facts, "setup");
  const wallMs = facts.started?.wallMs ?? 0;
  const sinceMs = (start.loadingAt ?? start.initializedAt) / 1000 - wallMs;
  const untilMs = endMs(facts);
  const leftMs = Math.max(0, untilMs - sinceMs);
  // A model is soon there; what takes long is a checkpoint or, without one, the index of the text.
  const modelMs = start.loadingAt === undefined ? around(random, 9000, 0.3) : leftMs;
  const usualMs = Math.min(uniform(random, 0.22, 0.3) * leftMs, around(random, 2600, 0.3));
  const dataMs = Math.max(usualMs, leftMs - modelMs);
  const afterMs = Math.min(40, 0.02 * leftMs);
  const builtAt = moment(facts, untilMs - dataMs - afterMs);
  const loadMs =
    start.loadingAt === undefined
      ? around(random, 2.4, 0.2)
      : Math.max(1, (builtAt - start.loadingAt) / 1000 - uniform(random, 0.6, 2.2));
  const batches = evaluationBatches(facts);
  const evaluations = (Math.floor(steps / stepsPerEvaluation(facts)) + 1) * batches;
  const lines = [
    ...timerLines(facts, { "load-checkpoint": loadMs }),
    stamped("after model, optimizer, and learning rate scheduler are built", builtAt),
    "> building train, validation, and test datasets ...",
    " > datasets target sizes (minimum size):",
    `    train:      ${steps * globalBatch}`,
    `    validation: ${evaluations * globalBatch}`,
    `    test:       ${batches * globalBatch}`,
    "> building train, validation, and test datasets for GPT ...",
    "> finished creating GPT datasets ...",
  ];
  const loadersAt = moment(facts, untilMs - afterMs);
  return [
    ...lines,
    stamped("after dataloaders are built", loadersAt),
    "done with setup ...",
    ...timerLines(facts, {
      "model-and-optimizer-setup": (builtAt - start.initializedAt) / 1000,
      "train/valid/test-data-iterators-setup": (loadersAt - builtAt) / 1000,
    }),
  ];
}

function parameterLines(facts: Facts): string[] {
  return modelRanks(facts, "parameters").map(({ tensor, stage }) => {
    const { shared, routed } = heldBy(facts, stage);
    return ` > number of parameters on (tensor, pipeline) model parallel rank (${tensor}, ${stage}): ${shared + routed}`;
  });
}
