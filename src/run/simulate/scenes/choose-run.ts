/** Which run is simulated: what was asked for, and for the rest a run that people could have. */

import type { Random } from "../../../random.ts";
import { countParameters } from "../catalog/architecture.ts";
import { findGpu } from "../catalog/gpus.ts";
import { findModel, MODELS, type Model } from "../catalog/models.ts";
import { pick } from "../engine/chance.ts";
import type { SceneOptions } from "../engine/scene.ts";
import { type Plan, planRun } from "../plan/plan.ts";
import type { PlanRequest } from "../plan/request.ts";

type Preset = readonly [model: string, gpu: string, gpuCount: number, tokens: number];

/** Runs of days to months, each a model on machines that it is really trained on. */
const PRETRAININGS: readonly Preset[] = [
  ["SmolLM2-1.7B", "H100", 256, 2e12],
  ["Llama-3.1-8B", "H100", 1024, 4e12],
  ["Llama-3.1-70B", "H100", 4096, 6e12],
  ["Llama-3.1-405B", "H100", 16384, 10.5e12],
  ["Qwen3-32B", "H200", 2048, 5e12],
  ["OLMo-2-32B", "H100", 1024, 2e12],
  ["Gemma-3-27B", "B200", 1024, 6e12],
  ["DeepSeek-V3", "H800", 2048, 5e12],
  ["Mixtral-8x22B", "H100", 1024, 2e12],
  ["Phi-4", "H100", 1024, 3e12],
  ["BLOOM-176B", "A100-80", 384, 366e9],
  ["Falcon-40B", "A100-40", 384, 400e9],
];

const FUNNY_PRETRAININGS: readonly Preset[] = [
  ["Overthinker-120B", "H200", 2048, 2e12],
  ["Committee-8x9B", "A100-80", 512, 600e9],
  ["Parrot-Deluxe-13B", "H100", 256, 1e12],
  ["Metronome-7B", "A100-80", 128, 300e9],
];

/** Cards that whole clusters are built of. */
const TRAINING_GPUS = [
  "A100-80",
  "A100-40",
  "A800-80",
  "H100",
  "H100-96",
  "H800",
  "H200",
  "B200",
  "MI300X",
  "V100-32",
];

/**
 * @throws UserError where what was asked for does not fit together; the request is then named.
 */
export function choosePretraining(random: Random, { wanted, funny }: SceneOptions): Plan {
  const presets = funny ? FUNNY_PRETRAININGS : PRETRAININGS;
  const [model, gpu, gpuCount, tokens] = pick(random, presets);
  if (wanted.shape === undefined && wanted.gpu === undefined) {
    const known = findModel(model);
    return planRun({
      modelName: known.name,
      shape: known.shape,
      gpu: findGpu(gpu),
      gpuCount,
      tokens,
      ...wanted,
    });
  }
  const known = wanted.shape === undefined ? findModel(model) : undefined;
  return planRun({
    ...(known && { modelName: known.name, shape: known.shape }),
    gpu: findGpu(gpu),
    gpuCount,
    ...wanted,
  } as PlanRequest);
}

/** Weights, gradients and optimiser states of mixed precision. */
const STATE_BYTES_PER_PARAMETER = 16;

/** What `llm_training` has fixed before it looks for machines. */
export interface ShortRun {
  readonly steps: number;
  readonly globalBatchSequences: number;
  readonly sequence: number;
}

/** Models of 1 to 500 billion parameters on 8 to 512 cards that hold them. */
export function chooseTraining(
  random: Random,
  { wanted, funny }: SceneOptions,
  short: ShortRun,
): Plan {
  const models = MODELS.filter((model) => (model.isFunny === true) === funny && isBigEnough(model));
  for (;;) {
    const model = pick(random, models);
    const gpu = findGpu(pick(random, TRAINING_GPUS));
    const gpuCount = gpu.gpusPerNode * 2 ** Math.floor(random.next() * 7);
    // No need to ask the planner where the training state alone is too big.
    const stateBytes =
      STATE_BYTES_PER_PARAMETER * countParameters(wanted.shape ?? model.shape).total;
    const room = (wanted.gpuCount ?? gpuCount) * (wanted.gpu ?? gpu).memoryGb * 1e9;
    if (wanted.gpuCount === undefined && stateBytes > 0.7 * room) continue;
    const request: PlanRequest = {
      modelName: model.name,
      shape: model.shape,
      gpu,
      gpuCount,
      globalBatchSequences: short.globalBatchSequences,
      sequence: Math.min(short.sequence, model.contextTokens),
      ...wanted,
      tokens:
        short.steps * short.globalBatchSequences * Math.min(short.sequence, model.contextTokens),
    };
    try {
      return planRun(request);
    } catch (failure) {
      // Too big for the machines that were drawn: draw again. What was asked for cannot change.
      if (wanted.shape !== undefined && wanted.gpu !== undefined) throw failure;
    }
  }
}

function isBigEnough({ shape }: Model): boolean {
  return shape.layers * shape.hidden > 30_000;
}

/** The family, tokenizer and context of a model that the plan names; of a described one, guesses. */
export function modelOf(plan: Plan): Pick<Model, "name" | "family" | "tokenizer"> {
  const known = MODELS.find(({ name }) => name === plan.modelName);
  return (
    known ?? { name: plan.modelName ?? "described-model", family: "described", tokenizer: "BPE" }
  );
}
