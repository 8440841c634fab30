/**
 * Megatron-LM's lines.
 *
 * Source: NVIDIA/Megatron-LM, main of August 2026: `training/training.py` (`training_log`,
 * `evaluate_and_print_results`), `training/checkpointing.py`, `core/timers.py`,
 * `training/arguments.py`. Logged every iteration, with --log-throughput, --async-save and
 * distributed checkpoints.
 */

import type { StepDone } from "../../events/events.ts";
import { below, seededRandom } from "../../random.ts";
import type { DialectKind } from "./dialect.ts";
import { batchOf, checkpointFolder, type Facts, memoryOf, moment, now, sizesOf } from "./facts.ts";
import { day, dayMicros, scientific, wide } from "./formats.ts";
import { megatronArguments, paddedVocabulary } from "./megatron-arguments.ts";
import { type Framework, kindOf, type Telling } from "./telling.ts";

const ROOT = "/workspace/Megatron-LM";
const MIB = 2 ** 20;

const framework: Framework = {
  name: "megatron",
  summary: "Megatron-LM",
  script: "pretrain_gpt.py",
  role: "default",
  stack: [
    [`${ROOT}/pretrain_gpt.py`, 316, "<module>", "pretrain("],
    [`${ROOT}/megatron/training/training.py`, 1121, "pretrain", "iteration, _ = train("],
    [`${ROOT}/megatron/training/training.py`, 2873, "train", ") = train_step("],
    [
      `${ROOT}/megatron/training/training.py`,
      1702,
      "train_step",
      "losses_reduced = forward_backward_func(",
    ],
  ],
  open: telling,
};

export const megatron: DialectKind = kindOf(framework);

function telling(facts: Facts): Telling {
  let memoryReports = 0;
  const reports = (step: number): string[] => {
    if (memoryReports === 2) return [];
    memoryReports += 1;
    return memoryLines(facts, step, memoryReports === 1);
  };
  return {
    starting() {
      memoryReports = 0;
      return startingLines(facts);
    },
    built: () => builtLines(facts),
    training: () => [
      "training ...",
      `Setting rerun_state_machine.current_iteration to ${facts.step}...`,
      `[before the start of training step] datetime: ${day(now(facts))} `,
    ],
    step(step) {
      const lines = [iterationLine(facts, step), ...reports(step.step)];
      return lines;
    },
    evaluation({ step, loss, durationMs }) {
      const perplexity = Math.exp(Math.min(20, loss));
      const line = ` validation loss at iteration ${step} | lm loss value: ${scientific(loss, 6)} | lm loss PPL: ${scientific(perplexity, 6)} | `;
      const rule = "-".repeat(line.length + 1);
      return [...timerLines(facts, { evaluate: durationMs }), rule, line, rule];
    },
    saving: (step) => [
      `saving checkpoint at iteration ${wide(step, 7)} to ${checkpointFolder(facts)} in torch_dist format`,
      `  scheduled an async checkpoint save at iteration ${wide(step, 7)} to ${checkpointFolder(facts)}`,
    ],
    saved({ step }) {
      const { tensor, pipeline } = sizesOf(facts);
      return [
        `  successfully saved checkpoint from iteration ${wide(step, 7)} to ${checkpointFolder(facts)} [ t 1/${tensor}, p 1/${pipeline} ]`,
      ];
    },
    overlap: () => [
      "WARNING: Starting a checkpoint save before previous has finished. Consider increasing the checkpoint interval.",
    ],
    loading: (step) => [
      ` loading distributed checkpoint from ${checkpointFolder(facts)} at iteration ${step}`,
    ],
    restored: ({ step, downtimeMs }) =>
      step === 0
        ? notFoundLines(facts)
        : [
            ` checkpoint version 3.0`,
            `  successfully loaded checkpoint from ${checkpointFolder(facts)} [ t 1/${sizesOf(facts).tensor}, p 1/${sizesOf(facts).pipeline} ] at iteration ${step}`,
            ...timerLines(facts, { "load-checkpoint": downtimeMs * 0.38 }),
            ...readyLines(facts),
          ],
    ended({ outcome }) {
      const what =
        outcome === "finished"
          ? "after training is done"
          : "exiting program after receiving SIGTERM.";
      return [`[${what}] datetime: ${day(now(facts))} `];
    },
  };
}

function startingLines(facts: Facts): string[] {
  const { worldSize, data, context, tensor, pipeline, vocabulary } = sizesOf(facts);
  const padded = paddedVocabulary(facts);
  const isHalf = facts.recipe?.precision === "fp16";
  return [
    `using world size: ${worldSize}, data-parallel size: ${data}, context-parallel size: ${context}, hierarchical context-parallel sizes: None, tensor-model-parallel size: ${tensor}, pipeline-model-parallel size: ${pipeline}`,
    ...(isHalf
      ? ["using torch.float16 for parameters ..."]
      : [
          "accumulate and all-reduce gradients in fp32 for bfloat16 data type.",
          "using torch.bfloat16 for parameters ...",
        ]),
    "------------------------ arguments ------------------------",
    ...megatronArguments(facts).map(
      ([name, value]) => `  ${name} ${".".repeat(Math.max(0, 48 - name.length))} ${value}`,
    ),
    "-------------------- end of arguments ---------------------",
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
    `>>> done with dataset index builder. Compilation time: 0.0${30 + below(facts.random, 40)} seconds`,
  ];
}

function builtLines(facts: Facts): string[] {
  const seconds = 4 + Math.sqrt(sizesOf(facts).worldSize) / 8 + facts.random.next();
  const isAgain = facts.step > 0 || facts.trainingSinceMs > 0;
  return [
    `time to initialize megatron (seconds): ${seconds.toFixed(3)}`,
    `[after megatron is initialized] datetime: ${day(moment(facts, facts.modelMs))} `,
    "building GPT model ...",
    ...parameterLines(facts),
    `> learning rate decay style: ${facts.recipe?.schedule === "wsd" ? "WSD" : "cosine"}`,
    ...(isAgain ? [] : notFoundLines(facts)),
  ];
}

/** What there is to say where no checkpoint is found. */
function notFoundLines(facts: Facts): string[] {
  return [
    `WARNING: could not find the metadata file ${checkpointFolder(facts)}/latest_checkpointed_iteration.txt`,
    "    will not load any checkpoints and will start from random",
    ...timerLines(facts, { "load-checkpoint": 2.4 }),
    ...readyLines(facts),
  ];
}

function readyLines(facts: Facts): string[] {
  const { steps, globalBatch } = sizesOf(facts);
  const every = facts.recipe?.stepsPerEvaluation ?? facts.plan?.stepsPerEpoch ?? 1000;
  const evaluations = (Math.floor(steps / every) + 1) * 20 * globalBatch;
  return [
    `[after model, optimizer, and learning rate scheduler are built] datetime: ${day(moment(facts, facts.datasetMs))} `,
    "> building train, validation, and test datasets ...",
    " > datasets target sizes (minimum size):",
    `    train:      ${facts.dataset?.samples ?? steps * globalBatch}`,
    `    validation: ${evaluations}`,
    `    test:       ${20 * globalBatch}`,
    "> building train, validation, and test datasets for GPT ...",
    "> finished creating GPT datasets ...",
    `[after dataloaders are built] datetime: ${day(now(facts))} `,
    "done with setup ...",
    ...timerLines(facts, {
      "model-and-optimizer-setup": 1900 + 900 * facts.random.next(),
      "train/valid/test-data-iterators-setup": 420 + 400 * facts.random.next(),
    }),
  ];
}

/** At most so many ranks are listed: those of the first tensor group, stage by stage. */
const RANKS_LISTED = 16;

function parameterLines(facts: Facts): string[] {
  const { tensor, pipeline, layers, hidden } = sizesOf(facts);
  const { shared, routed } = weightsOf(facts);
  const embedding = paddedVocabulary(facts) * hidden;
  const matrices = (facts.model?.tiedEmbeddings ?? false) ? 1 : 2;
  const blocks = Math.max(0, shared - matrices * (facts.model?.vocabulary ?? 0) * hidden);
  const stage = (blocks / Math.max(1, layers)) * (layers / pipeline);
  const lines: string[] = [];
  for (let p = 0; p < pipeline; p += 1) {
    const isEnd = p === 0 || p === pipeline - 1;
    const ends = pipeline === 1 ? matrices : isEnd ? 1 : 0;
    const count = Math.round((stage + ends * embedding) / tensor + routed / pipeline);
    for (let t = 0; t < tensor && lines.length < RANKS_LISTED; t += 1) {
      lines.push(
        ` > number of parameters on (tensor, pipeline) model parallel rank (${t}, ${p}): ${count}`,
      );
    }
  }
  return lines;
}

interface Weights {
  /** What every token passes. */
  readonly shared: number;
  /** Of the routed experts, those of one expert-parallel rank. */
  readonly routed: number;
}

function weightsOf(facts: Facts): Weights {
  const { parameters, activeParameters, experts, expert } = sizesOf(facts);
  const perToken = facts.model?.expertsPerToken ?? 0;
  // A token leaves out all but a few: that gives the size of all of them.
  const all =
    experts > perToken ? ((parameters - activeParameters) * experts) / (experts - perToken) : 0;
  return { shared: parameters - all, routed: all / expert };
}

function iterationLine(facts: Facts, done: StepDone): string {
  const { step, text, learningRate, losses, gradientNorm, skipped, durationMs } = done;
  const { steps } = sizesOf(facts);
  const parts = [
    ` iteration ${wide(step, 8)}/${wide(steps, 8)}`,
    ` consumed samples: ${wide(facts.consumedSamples, 12)}`,
    ` elapsed time per iteration (ms): ${(durationMs + 0.9 * (facts.random.next() - 0.5)).toFixed(1)}`,
    text && ` throughput per GPU (TFLOP/s/GPU): ${text.tflopsPerGpu.toFixed(1)}`,
    ` learning rate: ${scientific(learningRate, 6)}`,
    ` global batch size: ${wide(batchOf(facts, done), 5)}`,
    losses && ` lm loss: ${scientific(losses.reconstruction, 6)}`,
    ` loss scale: ${facts.recipe?.precision === "fp16" ? "131072.0" : "1.0"}`,
    gradientNorm === undefined ? undefined : ` grad norm: ${gradientNorm.toFixed(3)}`,
    ` number of skipped iterations: ${wide(skipped ? 1 : 0, 3)}`,
    ` number of nan iterations: ${wide(skipped ? 1 : 0, 3)}`,
  ].filter((part) => part !== undefined);
  return ` [${dayMicros(now(facts))}]${parts.map((part) => `${part} |`).join("")}`;
}

function memoryLines(facts: Facts, step: number, isFirst: boolean): string[] {
  if (facts.cluster === undefined) return [];
  const { allocatedGib, peakGib, reservedGib } = memoryOf(facts);
  const mib = (gib: number): string => ((gib * 2 ** 30) / MIB).toFixed(2);
  const { tensor, pipeline, data, expert, pipeline: stages } = sizesOf(facts);
  const { shared, routed } = weightsOf(facts);
  // Weights and gradients are whole, the optimiser's states are split between the replicas.
  const sharedBytes = (shared / (tensor * pipeline)) * (6 + 12 / data);
  const routedBytes = (routed / pipeline) * (6 + (12 * expert) / Math.max(expert, data));
  const isSharded = facts.cluster.sharding === "full";
  const wholeBytes = 18 * (shared / (tensor * pipeline) + (routed * expert) / pipeline);
  const state = (isSharded ? wholeBytes / data : sharedBytes + routedBytes) / MIB;
  const total = (peakGib * 2 ** 30) / MIB;
  const activation = Math.max(total * 0.2, total - state);
  const theory = `Theoretical memory footprints: weight and optimizer=${state.toFixed(2)} MB, activation=${activation.toFixed(2)} MB, total=${(state + activation).toFixed(2)} MB`;
  const ranks = Math.min(RANKS_LISTED, stages);
  const each = sizesOf(facts).worldSize / pipeline;
  // The first stages hold the activations of the most micro-batches in flight.
  const lines = Array.from({ length: ranks }, (_, stage) => {
    // Its own size differs a little from stage to stage, and the last one has the logits too.
    const own = 0.004 * seededRandom(stage * 2 + 1).next();
    const share = 1 - 0.011 * stage + own + (stage > 0 && stage === pipeline - 1 ? 0.02 : 0);
    return `[Rank ${Math.round(stage * each)}] (after ${step} iterations) memory (MB) | allocated: ${mib(allocatedGib * share)} | max allocated: ${mib(peakGib * share)} | reserved: ${mib(reservedGib * share)} | max reserved: ${mib(reservedGib * share)}`;
  });
  return isFirst ? [theory, ...lines] : lines;
}

/** The fastest and the slowest rank. @param timers Name and milliseconds of the slowest */
function timerLines(facts: Facts, timers: Readonly<Record<string, number>>): string[] {
  if (facts.cluster === undefined) return [];
  const rows = Object.entries(timers).map(([name, ms]) => {
    const slowest = ms + facts.random.next() - 0.5;
    const fastest = slowest * (0.985 + 0.012 * facts.random.next());
    return `    ${`${name} `.padEnd(48, ".")}: (${fastest.toFixed(2)}, ${slowest.toFixed(2)})`;
  });
  return ["(min, max) time across ranks (ms):", ...rows];
}
