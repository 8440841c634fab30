/** Chooses the run to simulate: given values, and plausible ones for the rest. */

import { UserError } from "../../errors.ts";
import { below, type Random } from "../../random.ts";
import { type Architecture, countParameters } from "../catalog/architecture.ts";
import { findGpu } from "../catalog/gpus.ts";
import { findModel, MODELS, type Model } from "../catalog/models.ts";
import { pick, streamOf } from "../engine/chance.ts";
import type { SceneOptions } from "../engine/scene.ts";
import { planLike } from "../plan/measured.ts";
import { type Plan, planRun } from "../plan/plan.ts";
import type { PlanRequest } from "../plan/request.ts";
import {
  FUNNY_PRETRAININGS,
  PRETRAININGS,
  type PresetRun,
  STACK_PRETRAININGS,
  suits,
} from "./preset-runs.ts";
import { publishedRun, withPublishedRecipe } from "./published-recipes.ts";

/** GPUs that whole clusters are built with. */
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
 * Within the abilities of a stack where one is given, as far as that is possible: a run that it
 * could not do is planned as if there were none.
 *
 * @throws UserError where what was asked for does not fit together; the request is then named.
 */
export function choosePretraining(random: Random, options: SceneOptions): Plan {
  const { funny, stack, seed } = options;
  if (stack !== undefined) {
    const suited = funny
      ? FUNNY_PRETRAININGS.filter(([model]) => suits(stack, findModel(model)))
      : STACK_PRETRAININGS[stack];
    // A random stream of its own, so that runs without a stack stay the same.
    const plan = firstThatFits(inTurn(streamOf(seed, "stack"), suited), options);
    if (plan !== undefined) return plan;
  }
  const free = withoutStack(options);
  const tried = inTurn(random, funny ? FUNNY_PRETRAININGS : PRETRAININGS);
  const plan = firstThatFits([...tried, ...smallerModels(options)], free);
  // Throws the error that says what does not fit.
  return plan ?? planRun(pretrainingOf(tried[0] as PresetRun, free));
}

/** All presets, starting at a random one. */
function inTurn<T>(random: Random, items: readonly T[]): readonly T[] {
  const first = below(random, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}

/** For requested machines that hold none of the presets: the largest model that fits. */
function smallerModels({ wanted: { shape, gpu, gpuCount = 0 } }: SceneOptions): PresetRun[] {
  if (shape !== undefined || gpu === undefined) return [];
  return MODELS.filter(({ isFunny }) => isFunny !== true)
    .sort((one, other) => stateBytes(other.shape) - stateBytes(one.shape))
    .map(({ name }) => [name, gpu.name, gpuCount, 0]);
}

function firstThatFits(presets: readonly PresetRun[], options: SceneOptions): Plan | undefined {
  const { wanted, stack } = options;
  // Where all is asked for, they are all alike.
  const isOpen = wanted.shape === undefined || wanted.gpu === undefined;
  for (const preset of isOpen ? presets : presets.slice(0, 1)) {
    const request = { ...pretrainingOf(preset, options), ...(stack && { stack }) };
    const plan = isTooBig(request) ? undefined : planIfItFits(request);
    if (plan !== undefined) return plan;
  }
  return undefined;
}

/** No need to ask the planner where the training state alone is too big. */
function isTooBig(request: PlanRequest): boolean {
  return stateBytes(request.shape) > roomOf(request);
}

function planIfItFits(request: PlanRequest): Plan | undefined {
  const published = request.stack === undefined ? publishedRun(request) : undefined;
  try {
    return published === undefined ? planRun(request) : planLike(request, published);
  } catch (failure) {
    if (failure instanceof UserError) return undefined;
    throw failure;
  }
}

/** The preset fills in what was not requested. */
function pretrainingOf(
  [model, gpu, gpuCount, tokens]: PresetRun,
  { wanted, stack }: SceneOptions,
): PlanRequest {
  const { name: modelName, shape } = findModel(model);
  const isPreset = wanted.shape === undefined && wanted.gpu === undefined;
  const machines = { gpu: findGpu(gpu), gpuCount };
  const known = wanted.shape === undefined ? { modelName, shape } : {};
  const request = { ...known, ...machines, ...(isPreset && { tokens }), ...wanted } as PlanRequest;
  // The published split may be impossible with another stack.
  return stack === undefined ? withPublishedRecipe(request) : request;
}

/** Weights, gradients and optimiser states of mixed precision. */
function stateBytes(shape: Architecture): number {
  return 16 * countParameters(shape).total;
}

/** What `llm_training` has fixed before it looks for machines. */
export interface ShortRun {
  readonly steps: number;
  readonly globalBatchSequences: number;
  readonly sequence: number;
}

/** Share of all memory that the training state may take on machines that are drawn. */
const ROOMY_SHARE = 0.7;

/** Draws until the limits of a stack are ignored, and until no model is found at all. */
const DRAWS_MAX = 60;
const DRAWS_MAX_FREE = 1000;

/**
 * Models of 1 to 500 billion parameters on 8 to 512 cards that hold them; within the means of a
 * stack as a pretraining is.
 */
export function chooseTraining(random: Random, options: SceneOptions, short: ShortRun): Plan {
  const { stack, seed } = options;
  const within =
    stack === undefined ? undefined : drawTraining(streamOf(seed, "stack"), options, short);
  const plan = within ?? drawTraining(random, withoutStack(options), short);
  if (plan !== undefined) return plan;
  // These machines hold none of the models.
  const [least] = [...MODELS].sort((one, other) => stateBytes(one.shape) - stateBytes(other.shape));
  return planRun(trainingOf(least as Model, short, options.wanted) as PlanRequest);
}

/** The model fills in what was not requested; the length is that of the short run. */
function trainingOf(model: Model, short: ShortRun, wanted: Partial<PlanRequest>) {
  const { steps, globalBatchSequences } = short;
  const sequence = Math.min(short.sequence, model.contextTokens);
  const tokens = steps * globalBatchSequences * sequence;
  const { name: modelName, shape } = model;
  return { modelName, shape, globalBatchSequences, sequence, ...wanted, tokens };
}

function withoutStack({ stack, ...options }: SceneOptions): SceneOptions {
  return options;
}

/** @returns Undefined where nothing that is drawn can do what was asked for. */
function drawTraining(random: Random, options: SceneOptions, short: ShortRun): Plan | undefined {
  const { wanted, funny, stack } = options;
  const isGiven = wanted.shape !== undefined && wanted.gpu !== undefined;
  const models = MODELS.filter(
    (model) =>
      (model.isFunny === true) === funny &&
      isBigEnough(model) &&
      (stack === undefined || suits(stack, model)) &&
      stateBytes(wanted.shape ?? model.shape) <= roomOf(wanted),
  );
  if (models.length === 0) return undefined;
  const drawsMax = isGiven ? 1 : stack === undefined ? DRAWS_MAX_FREE : DRAWS_MAX;
  for (let draw = 0; draw < drawsMax; draw += 1) {
    const model = pick(random, models);
    const gpu = findGpu(pick(random, TRAINING_GPUS));
    const gpuCount = gpu.gpusPerNode * 2 ** Math.floor(random.next() * 7);
    const room = gpuCount * gpu.memoryGb * 1e9;
    const isDrawn = wanted.gpu === undefined;
    if (isDrawn && stateBytes(wanted.shape ?? model.shape) > ROOMY_SHARE * room) continue;
    const drawn = { gpu, gpuCount, ...wanted, ...(stack && { stack }) };
    try {
      return planRun(trainingOf(model, short, drawn) as PlanRequest);
    } catch (failure) {
      // Too big for the drawn machines: draw again, but keep what was requested.
      if (isGiven && stack === undefined) throw failure;
    }
  }
  return undefined;
}

/** Memory of the requested machines in bytes; drawn machines are chosen to suffice. */
function roomOf({ gpu, gpuCount }: SceneOptions["wanted"]): number {
  if (gpu === undefined || gpuCount === undefined) return Number.POSITIVE_INFINITY;
  return gpuCount * gpu.memoryGb * 1e9;
}

function isBigEnough({ shape }: Model): boolean {
  return shape.layers * shape.hidden > 30_000;
}

/**
 * The family, tokenizer and context of a model that the plan names; of a described one, guesses.
 */
export function modelOf(plan: Plan): Pick<Model, "name" | "family" | "tokenizer"> {
  const known = MODELS.find(({ name }) => name === plan.modelName);
  return (
    known ?? { name: plan.modelName ?? "described-model", family: "described", tokenizer: "BPE" }
  );
}
