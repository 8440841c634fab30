/**
 * torchtitan's lines.
 *
 * Source: pytorch/torchtitan 0.2.2: `components/metrics.py` (`log`, `log_validation`), `train.py`,
 * `components/checkpoint.py`, `tools/logging.py`, `tools/utils.py` (`GarbageCollection`). Without
 * colours (--metrics.disable_color_printing), rank 0 as torchrun's `--role rank --tee 3` prefixes
 * it. Checkpoints are asynchronous: a step waits for the copy only, and nothing is said when the
 * file is there.
 */

import type { CheckpointSaved, StepDone } from "../../events/events.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { uniform } from "../../random.ts";
import type { DialectKind } from "./dialect.ts";
import { around, drawsOf } from "./draws.ts";
import { type Facts, memoryOf, moment, now, sizesOf, slug } from "./facts.ts";
import { dayMillis, grouped, type Micros, scientific, wide } from "./formats.ts";
import { type Evaluation, type Framework, type FrameworkLines, kindOf } from "./framework-log.ts";
import { TORCHTITAN_STACK } from "./torchtitan-stack.ts";

const STEPS_PER_LINE = 10;
const STEPS_PER_COLLECTION = 50;

const framework: Framework = {
  name: "torchtitan",
  summary: "torchtitan",
  script: "torchtitan.train",
  role: "rank",
  tee: true,
  savesAfterEvaluation: true,
  ...TORCHTITAN_STACK,
  open: linesOf,
};

export const torchtitan: DialectKind = kindOf(framework);

type SayAt = (at: Micros, text: string) => string;

function linesOf(facts: Facts): FrameworkLines {
  const sayAt: SayAt = (at, text) => `[rank0]:[titan] ${dayMillis(at)} - root - INFO - ${text}`;
  const say = (text: string): string => sayAt(now(facts), text);
  const warn = (text: string): string =>
    `[rank0]:[titan] ${dayMillis(now(facts))} - root - WARNING - ${text}`;
  const checkpoints = checkpointsOf(facts, sayAt);
  // Since the line before: what the averages are over.
  let passedMs = 0;
  let tokens = 0;
  const startOver = (): void => {
    passedMs = 0;
    tokens = 0;
  };
  return {
    starting() {
      startOver();
      checkpoints.forget();
      const [version = "", job = "", ...rest] = startingLines(facts);
      // torchrun sets it, and the flight recorder wants another value.
      const overridden =
        "ENV[TORCH_NCCL_ASYNC_ERROR_HANDLING] = 1 will be overridden to 3 based on job config";
      return [say(version), say(job), warn(overridden), ...rest.map(say)];
    },
    built: () => [
      ...appliedLines(facts).map(say),
      ...(knownPeak(facts) === undefined ? [warn(unknownPeakText(facts))] : []),
      ...readyLines(facts).map(say),
    ],
    training: () => [say(`Training starts at step ${facts.step + 1}`)],
    step(step) {
      passedMs += step.durationMs;
      tokens += step.text?.tokens ?? 0;
      // Its beginning is written only now that it is over.
      const begunMs = facts.atMs - step.durationMs;
      const staged = checkpoints.staged(begunMs);
      const collected = collectionLines(facts, step.step);
      const lines = [...staged, ...collected.map((text) => sayAt(moment(facts, begunMs), text))];
      if (step.step !== 1 && step.step % STEPS_PER_LINE !== 0) return lines;
      const line = say(stepText(facts, step, { passedMs, tokens }));
      startOver();
      return [...lines, line];
    },
    evaluation(done) {
      startOver();
      return [say(evaluationText(facts, done))];
    },
    saving: checkpoints.saving,
    saved: checkpoints.saved,
    overlap: () => [
      warn("The previous checkpoint is still being written, waiting for it to complete."),
    ],
    loading: checkpoints.loading,
    restored: checkpoints.restored,
    // Each rank counts for itself, and the log has the first one's lines.
    allocationRetry: ({ rank = 0 }) =>
      rank === 0 ? [warn("1 CUDA memory allocation retries.")] : [],
    ended: ({ outcome }) => (outcome === "finished" ? lastLines(facts, say) : []),
  };
}

interface Checkpoints extends Pick<FrameworkLines, "saving" | "saved" | "loading" | "restored"> {
  /** The copy was made when the next step began. */
  staged(begunMs: number): string[];
  /** The processes are new. */
  forget(): void;
}

/** How long each took is the time between its two lines. */
function checkpointsOf(facts: Facts, sayAt: SayAt): Checkpoints {
  let savingAt: Micros | undefined;
  let loadingAt: Micros | undefined;
  const saySaved = (at: Micros, tookMicros: number): string => {
    savingAt = undefined;
    return sayAt(
      at,
      `Finished saving the checkpoint (or staging if async is enabled) in ${seconds(tookMicros)} seconds.`,
    );
  };
  return {
    forget() {
      savingAt = undefined;
    },
    staged(begunMs) {
      if (savingAt === undefined) return [];
      const at = moment(facts, begunMs);
      return [saySaved(at, at - savingAt)];
    },
    saving(step) {
      savingAt = now(facts);
      const isLast = step === facts.plan?.stepsTotal;
      return [
        sayAt(
          savingAt,
          isLast
            ? `Saving a full checkpoint at last step, step ${step}.`
            : "Saving the checkpoint (or staging if async is enabled).",
        ),
      ];
    },
    saved(event) {
      if (isStaged(event, facts)) return [];
      const at = now(facts);
      // Where no event says when it began, it began as long ago as it took.
      return [saySaved(at, Math.max(at - (savingAt ?? at), 1000 * event.durationMs))];
    },
    loading(step) {
      loadingAt = now(facts);
      return [sayAt(loadingAt, `Loading the checkpoint from ./outputs/checkpoint/step-${step}.`)];
    },
    restored({ step }) {
      if (step === 0) return [];
      const collected = collectionText(facts, "GC collection for checkpoint loading.", step);
      const lines = [sayAt(now(facts), collected)];
      const at = now(facts);
      const took = seconds(at - (loadingAt ?? at));
      return [...lines, sayAt(at, `Finished loading the checkpoint in ${took} seconds.`)];
    },
  };
}

function seconds(micros: number): string {
  return (micros / 1e6).toFixed(2);
}

/** On a cluster the training goes on when it is copied, and the rest is not logged. */
function isStaged({ step, reason }: CheckpointSaved, { cluster, plan }: Facts): boolean {
  return cluster !== undefined && reason === "interval" && step !== plan?.stepsTotal;
}

function lastLines(facts: Facts, say: (text: string) => string): string[] {
  const slept = say("Sleeping 2 seconds for other ranks to complete");
  facts.lastMicros += 2_000_000;
  return [slept, say("Training completed"), say("Process group destroyed")];
}

/** Python's garbage is collected on all ranks at once. */
function collectionLines(facts: Facts, step: number): string[] {
  if (step % STEPS_PER_COLLECTION !== 0) return [];
  return [collectionText(facts, "Performing periodic GC collection", step)];
}

/** There is a little more to look through each time. */
function collectionText(facts: Facts, reason: string, step: number): string {
  const collections = Math.max(0, step - facts.trainingSinceStep) / STEPS_PER_COLLECTION;
  const random = drawsOf(facts, "collection", step, facts.launches, facts.attempts);
  const seconds = around(random, 0.021 * (1 + 0.11 * Math.log(1 + collections)), 0.22);
  return `[GC] ${reason} took ${Math.max(0.01, seconds).toFixed(2)} seconds`;
}

function startingLines(facts: Facts): string[] {
  const { tensor, pipeline, data, context, expert, parameters } = sizesOf(facts);
  const { capacityGib } = memoryOf(facts);
  const { model, cluster, dataset } = facts;
  const isSharded = cluster?.sharding !== "none";
  return [
    "torchtitan version: 0.2.2 (0.0.0 means __version__ is not defined correctly).",
    `Starting job: pretraining of ${model?.name ?? slug(facts)}`,
    `Building device mesh with parallelism: pp=${pipeline}, dp_replicate=${isSharded ? 1 : data}, dp_shard=${isSharded ? data : 1}, cp=${context}, tp=${tensor}, ep=${expert}, etp=1`,
    "[GC] Initial GC collection took 0.00 seconds",
    "Loading tokenizer from tokenizer.json",
    `Preparing ${(dataset?.name ?? "text").toLowerCase().replace(/[^a-z0-9.]+/g, "_")} dataset from /data`,
    `Building ${flavor(facts)}`,
    `CUDA capacity: ${cluster?.gpuName ?? "GPU"} with ${capacityGib.toFixed(2)}GiB memory`,
    ...expertTexts(facts),
    `Model ${flavor(facts)} size: ${grouped(parameters)} total parameters`,
  ];
}

/** Which parameters a token of a mixture of experts meets: "sparse" are experts and routers. */
function expertTexts(facts: Facts): string[] {
  const { parameters, activeParameters, experts, hidden, layers } = sizesOf(facts);
  const perToken = facts.model?.expertsPerToken ?? 0;
  if (experts === 0 || perToken === 0) return [];
  const routed = Math.round((parameters - activeParameters) / (1 - perToken / experts));
  const sparse = routed + layers * hidden * experts;
  return [
    `Total parameter count: dense ${grouped(parameters - sparse)}, sparse ${grouped(sparse)}, active ${grouped(activeParameters)}`,
  ];
}

function appliedLines(facts: Facts): string[] {
  const { tensor, pipeline, context, experts, accumulation } = sizesOf(facts);
  const { recipe, cluster } = facts;
  const isRecomputed = recipe?.recompute !== undefined && recipe.recompute !== "none";
  return [
    ...(pipeline > 1
      ? [`Using pipeline schedule 1F1B with ${accumulation} microbatches and ${pipeline} stages.`]
      : []),
    ...(tensor > 1 ? ["Applied Tensor Parallelism to the model"] : []),
    ...(isRecomputed ? [`Applied ${recipe.recompute} activation checkpointing to the model`] : []),
    "Compiling each TransformerBlock with torch.compile",
    ...(experts > 0 ? ["Applied Expert Parallelism to the model"] : []),
    cluster?.sharding === "none" ? "Applied DDP to the model" : "Applied FSDP to the model",
    ...(context > 1 ? ["Applied Context Parallel to the model"] : []),
  ];
}

function unknownPeakText({ cluster }: Facts): string {
  return `Peak flops undefined for: ${cluster?.gpuName ?? "GPU"}, fallback to A100`;
}

function readyLines(facts: Facts): string[] {
  const { pipeline, sequence, microBatch, globalBatch, accumulation, steps } = sizesOf(facts);
  // A pipeline cuts the local batch into its micro-batches itself.
  const [local, accumulated] =
    pipeline > 1 ? [microBatch * accumulation, 1] : [microBatch, accumulation];
  const { capacityGib } = memoryOf(facts);
  const modelGib = weightsGib(facts);
  return [
    `Peak FLOPS used for computing MFU: ${scientific(peakFlops(facts), 3).toLowerCase()}`,
    `CUDA memory usage for model: ${modelGib.toFixed(2)}GiB(${((100 * modelGib) / capacityGib).toFixed(2)}%)`,
    "Checkpointing active. Checkpoints will be loaded from and saved to ./outputs/checkpoint",
    `Trainer is initialized with local batch size ${local}, global batch size ${globalBatch}, gradient accumulation steps ${accumulated}, sequence length ${sequence}, total steps ${steps} (warmup ${facts.recipe?.warmupSteps ?? 0})`,
  ];
}

interface Passed {
  readonly passedMs: number;
  readonly tokens: number;
}

function stepText(facts: Facts, done: StepDone, { passedMs, tokens }: Passed): string {
  const { step, gradientNorm } = done;
  const { worldSize } = sizesOf(facts);
  const rate = (tokens * 1000) / Math.max(1, passedMs) / worldSize;
  const tflops = (flopsPerToken(facts) * rate) / 1e12;
  const peak = peakFlops(facts);
  const isFp8 = facts.recipe?.precision === "fp8";
  const mfu = isFp8 || peak === 0 ? "N/A" : `${((100 * tflops * 1e12) / peak).toFixed(2)}%`;
  const learned = [
    `step: ${wide(step, 2)}`,
    `loss: ${wide(taskLoss(done)?.toFixed(5) ?? "nan", 8)}`,
    `grad_norm: ${wide(gradientNorm === undefined ? "nan" : gradientNorm.toFixed(4), 7)}`,
  ];
  const speed = [`tps: ${grouped(rate)}`, `tflops: ${grouped(tflops, 2)}`, `mfu: ${mfu}`];
  // Without machines that were described there is neither memory nor a rate to write.
  const memory = memoryText(facts, step);
  const parts = facts.cluster === undefined ? learned : [...learned, memory, ...speed];
  return parts.join("  ");
}

function evaluationText(facts: Facts, { step, loss, tokensPerSecond }: Evaluation): string {
  const learned = `validate step: ${wide(step, 2)}  loss: ${wide(loss.toFixed(4), 7)}`;
  if (facts.cluster === undefined) return learned;
  const rate = grouped(tokensPerSecond / sizesOf(facts).worldSize);
  return `${learned}  ${memoryText(facts, step)}  tps: ${rate}`;
}

/**
 * The first step of a process reserves less than those that follow: the optimiser's states come
 * with its end only.
 */
function memoryText(facts: Facts, step: number): string {
  const memory = memoryOf(facts);
  const { capacityGib } = memory;
  const random = drawsOf(facts, "first-memory", facts.launches);
  const isFirst = step - facts.trainingSinceStep <= 1;
  const reservedGib = memory.reservedGib * (isFirst ? uniform(random, 0.835, 0.865) : 1);
  return `memory: ${wide(reservedGib.toFixed(2), 5)}GiB(${((100 * reservedGib) / capacityGib).toFixed(2)}%)`;
}

/**
 * By torchtitan's convention, the one of PaLM: six for each parameter that is not an embedding, and
 * the whole score matrix. The run's own figure counts the half that a causal model needs.
 */
function flopsPerToken(facts: Facts): number {
  const { activeParameters, vocabulary, hidden, layers, heads, headSize, sequence } =
    sizesOf(facts);
  const weights =
    activeParameters - ((facts.model?.tiedEmbeddings ?? false) ? 0 : vocabulary * hidden);
  return 6 * weights + 12 * layers * heads * headSize * sequence;
}

/** As torchtitan knows cards by their names. */
const PEAKS: readonly (readonly [name: RegExp, flops: number])[] = [
  [/A[18]00/, 312e12],
  [/\bH20\b/, 148e12],
  [/H100 PCIe/, 756e12],
  [/H100 NVL/, 835e12],
  [/G?H[128]00/, 989e12],
  [/GB[23]00/, 2.5e15],
  [/B[23]00/, 2.25e15],
  [/MI3(00|25)X/, 1300e12],
  [/MI355X/, 2500e12],
  [/MI250X/, 191.5e12],
  [/L40S/, 362e12],
];

/** That of an A100, for a card that it does not know. */
const FALLBACK_FLOPS = 312e12;

function peakFlops(facts: Facts): number {
  return knownPeak(facts) ?? FALLBACK_FLOPS;
}

function knownPeak({ cluster }: Facts): number | undefined {
  const name = cluster?.gpuName ?? "";
  return PEAKS.find(([known]) => known.test(name))?.[1];
}

/** What a rank holds of the weights before the first step, in float32. */
function weightsGib(facts: Facts): number {
  const { parameters, tensor, pipeline, data, context, expert } = sizesOf(facts);
  const shards = facts.cluster?.sharding === "none" ? expert : data * context;
  return (4 * parameters) / (tensor * pipeline * shards) / 2 ** 30 + 0.02;
}

/** Models that torchtitan has, as it calls them. */
const FLAVORS: readonly (readonly [name: RegExp, flavor: string])[] = [
  [/^Llama-3(?:\.\d)?-(.+)$/, "llama3 $1"],
  [/^Llama-4-Scout$/, "llama4 17bx16e"],
  [/^Llama-4-Maverick$/, "llama4 17bx128e"],
  [/^Qwen3-(.+)$/, "qwen3 $1"],
  [/^DeepSeek-V2-Lite$/, "deepseek_v3 16B"],
  [/^DeepSeek-V3$/, "deepseek_v3 671B"],
];

/** "llama3 8B": a family and a size. */
function flavor({ model }: Facts): string {
  if (model === undefined) return "model";
  const known = FLAVORS.find(([name]) => name.test(model.name));
  if (known !== undefined) return model.name.replace(...known);
  const billions = model.parameters / 1e9;
  const size =
    billions >= 10 ? `${Math.round(billions)}B` : `${billions.toFixed(1).replace(/\.0$/, "")}B`;
  return `${model.family.toLowerCase().replace(/[^a-z0-9]+/g, "")} ${size}`;
}
