/**
 * torchtitan's lines.
 *
 * Source: pytorch/torchtitan 0.2 with the metrics line of 2026: `components/metrics.py` (`log`,
 * `log_validation`), `train.py`, `components/checkpoint.py`, `tools/logging.py`. Without colours
 * (--metrics.disable_color_printing), rank 0 as torchrun's `--role rank --tee 3` prefixes it.
 */

import type { StepDone } from "../../events/events.ts";
import type { DialectKind } from "./dialect.ts";
import { type Facts, memoryOf, now, sizesOf, slug } from "./facts.ts";
import { dayMillis, grouped, scientific, wide } from "./formats.ts";
import { type Evaluation, type Framework, kindOf, type Telling } from "./telling.ts";

const ROOT = "/workspace/torchtitan";
const STEPS_PER_LINE = 10;
const STEPS_PER_COLLECTION = 50;
const LAST_LINES = [
  "Sleeping 2 seconds for other ranks to complete",
  "Training completed",
  "Process group destroyed",
];

const framework: Framework = {
  name: "torchtitan",
  summary: "torchtitan",
  script: "torchtitan.train",
  role: "rank",
  stack: [
    [`${ROOT}/torchtitan/train.py`, 912, "<module>", "main(Trainer)"],
    [`${ROOT}/torchtitan/train.py`, 893, "main", "trainer.train()"],
    [`${ROOT}/torchtitan/train.py`, 781, "train", "self.train_step(data_iterator)"],
    [`${ROOT}/torchtitan/train.py`, 640, "train_step", "loss = self.forward_backward_step("],
  ],
  open: telling,
};

export const torchtitan: DialectKind = kindOf(framework);

function telling(facts: Facts): Telling {
  const say = (text: string): string =>
    `[rank0]:[titan] ${dayMillis(now(facts))} - root - INFO - ${text}`;
  const warn = (text: string): string =>
    `[rank0]:[titan] ${dayMillis(now(facts))} - root - WARNING - ${text}`;
  // Since the line before: what the averages are over.
  let passedMs = 0;
  let tokens = 0;
  return {
    starting() {
      passedMs = 0;
      tokens = 0;
      return startingLines(facts).map(say);
    },
    built: () => builtLines(facts).map(say),
    training: () => [say(`Training starts at step ${facts.step + 1}`)],
    step(step) {
      passedMs += step.durationMs;
      tokens += step.text?.tokens ?? 0;
      const lines = collectionLines(step.step).map(say);
      if (step.step !== 1 && step.step % STEPS_PER_LINE !== 0) return lines;
      const line = say(stepText(facts, step, { passedMs, tokens }));
      passedMs = 0;
      tokens = 0;
      return [...lines, line];
    },
    evaluation(done) {
      passedMs = 0;
      tokens = 0;
      return [say(evaluationText(facts, done))];
    },
    saving: () => [say("Saving the checkpoint (or staging if async is enabled).")],
    saved: ({ durationMs }) => [
      say(`Finished saving the checkpoint in ${(durationMs / 1000).toFixed(2)} seconds.`),
    ],
    overlap: () => [
      warn("The previous checkpoint is still being written, waiting for it to complete."),
    ],
    loading: (step) => [say(`Loading the checkpoint from ./outputs/checkpoint/step-${step}.`)],
    restored: ({ step, downtimeMs }) =>
      step === 0
        ? []
        : [
            say("[GC] GC collection for checkpoint loading. took 0.03 seconds"),
            say(
              `Finished loading the checkpoint in ${((downtimeMs * 0.38) / 1000).toFixed(2)} seconds.`,
            ),
          ],
    allocationRetry: () => [warn("1 CUDA memory allocation retries.")],
    ended: ({ outcome }) => (outcome === "finished" ? LAST_LINES.map(say) : []),
  };
}

/** Python's garbage is collected on all ranks at once. */
function collectionLines(step: number): string[] {
  if (step % STEPS_PER_COLLECTION !== 0) return [];
  const seconds = 0.01 * (1 + ((step / STEPS_PER_COLLECTION) % 6));
  return [`[GC] Performing periodic GC collection took ${seconds.toFixed(2)} seconds`];
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
    `Model ${flavor(facts)} size: ${grouped(parameters)} total parameters`,
  ];
}

function builtLines(facts: Facts): string[] {
  const { tensor, pipeline, experts, sequence, microBatch, globalBatch, accumulation, steps } =
    sizesOf(facts);
  const { recipe, cluster } = facts;
  const { capacityGib } = memoryOf(facts);
  const modelGib = weightsGib(facts);
  const isRecomputed = recipe?.recompute !== undefined && recipe.recompute !== "none";
  return [
    ...(pipeline > 1
      ? [
          `Using pipeline schedule Interleaved1F1B with ${accumulation} microbatches and ${pipeline} stages.`,
        ]
      : []),
    ...(tensor > 1 ? ["Applied Tensor Parallelism to the model"] : []),
    ...(isRecomputed ? [`Applied ${recipe.recompute} activation checkpointing to the model`] : []),
    "Compiling each TransformerBlock with torch.compile",
    ...(experts > 0 ? ["Applied Expert Parallelism to the model"] : []),
    cluster?.sharding === "none" ? "Applied DDP to the model" : "Applied FSDP to the model",
    `Peak FLOPS used for computing MFU: ${scientific(peakFlops(facts), 3).toLowerCase()}`,
    `CUDA memory usage for model: ${modelGib.toFixed(2)}GiB(${((100 * modelGib) / capacityGib).toFixed(2)}%)`,
    "Checkpointing active. Checkpoints will be loaded from and saved to ./outputs/checkpoint",
    `Trainer is initialized with local batch size ${microBatch}, global batch size ${globalBatch}, gradient accumulation steps ${pipeline > 1 ? 1 : accumulation}, sequence length ${sequence}, total steps ${steps} (warmup ${recipe?.warmupSteps ?? 0})`,
  ];
}

interface Passed {
  readonly passedMs: number;
  readonly tokens: number;
}

function stepText(facts: Facts, done: StepDone, { passedMs, tokens }: Passed): string {
  const { step, losses, gradientNorm } = done;
  const { worldSize } = sizesOf(facts);
  const rate = (tokens * 1000) / Math.max(1, passedMs) / worldSize;
  const tflops = (flopsPerToken(facts) * rate) / 1e12;
  const peak = peakFlops(facts);
  const isFp8 = facts.recipe?.precision === "fp8";
  const mfu = isFp8 || peak === 0 ? "N/A" : `${((100 * tflops * 1e12) / peak).toFixed(2)}%`;
  const learned = [
    `step: ${wide(step, 2)}`,
    `loss: ${wide(losses === undefined ? "nan" : losses.reconstruction.toFixed(5), 8)}`,
    `grad_norm: ${wide(gradientNorm === undefined ? "nan" : gradientNorm.toFixed(4), 7)}`,
  ];
  const speed = [`tps: ${grouped(rate)}`, `tflops: ${grouped(tflops, 2)}`, `mfu: ${mfu}`];
  // Without machines that were described there is neither memory nor a rate to tell.
  const told = facts.cluster === undefined ? learned : [...learned, memoryText(facts), ...speed];
  return told.join("  ");
}

function evaluationText(facts: Facts, { step, loss, tokensPerSecond }: Evaluation): string {
  const learned = `validate step: ${wide(step, 2)}  loss: ${wide(loss.toFixed(5), 8)}`;
  if (facts.cluster === undefined) return learned;
  const rate = grouped(tokensPerSecond / sizesOf(facts).worldSize);
  return `${learned}  ${memoryText(facts)}  tps: ${rate}`;
}

function memoryText(facts: Facts): string {
  const { reservedGib, capacityGib } = memoryOf(facts);
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

/** As torchtitan knows cards by their names; those that it does not know, by their data sheets. */
const PEAKS: readonly (readonly [name: RegExp, flops: number])[] = [
  [/A[18]00/, 312e12],
  [/H[128]00/, 989e12],
  [/B200/, 2.25e15],
  [/MI3(00|25)X/, 1300e12],
  [/MI250X/, 191.5e12],
  [/L40S/, 362e12],
  [/V100/, 125e12],
];

function peakFlops({ cluster }: Facts): number {
  const name = cluster?.gpuName ?? "";
  return PEAKS.find(([known]) => known.test(name))?.[1] ?? 312e12;
}

/** What a rank holds of the weights before the first step, in float32. */
function weightsGib(facts: Facts): number {
  const { parameters, tensor, pipeline, data, expert } = sizesOf(facts);
  const shards = facts.cluster?.sharding === "none" ? expert : data;
  return (4 * parameters) / (tensor * pipeline * shards) / 2 ** 30 + 0.02;
}

/** "llama3 8B": a family and a size. */
function flavor({ model }: Facts): string {
  if (model === undefined) return "model";
  const billions = model.parameters / 1e9;
  const size =
    billions >= 10 ? `${Math.round(billions)}B` : `${billions.toFixed(1).replace(/\.0$/, "")}B`;
  return `${model.family.toLowerCase().replace(/[^a-z0-9]+/g, "")} ${size}`;
}
