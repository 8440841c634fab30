/** The opening news of scenes: model, data, machines, recipe. */

import type {
  ClusterDescribed,
  DatasetDescribed,
  ModelDescribed,
  RecipeDescribed,
} from "../../events/cluster.ts";
import { PROTOCOL_VERSION, type RunStarted } from "../../events/events.ts";
import type { Random } from "../../random.ts";
import { CLUSTERS, softwareFor } from "../catalog/clusters.ts";
import { DATASETS, type Dataset } from "../catalog/datasets.ts";
import type { Model } from "../catalog/models.ts";
import { activityOf } from "../cluster/activity.ts";
import { clocksOf } from "../cluster/clocks.ts";
import type { Job } from "../cluster/machines.ts";
import { pick } from "../engine/chance.ts";
import { rounded } from "../engine/portable-math.ts";
import type { SceneOptions } from "../engine/scene.ts";
import { startOf } from "../engine/wall-clock.ts";
import { finalLearningRate, type Schedule, warmupStepsOf } from "../laws/learning-rate.ts";
import type { Plan } from "../plan/plan.ts";
import { microBatchCount, nodeCount } from "../plan/setup.ts";
import { modelOf } from "./choose-run.ts";
import type { Batch } from "./pretraining/batch.ts";

/** Nodes that wait for one to fail, as a share of those that work. */
const SPARE_SHARE = 0.015;

export interface Described {
  readonly started: RunStarted;
  readonly model: ModelDescribed;
  readonly dataset: DatasetDescribed;
  readonly cluster: ClusterDescribed;
  readonly recipe: RecipeDescribed;
  readonly schedule: Schedule;
}

export interface OpeningParts {
  readonly scene: string;
  readonly plan: Plan;
  readonly options: SceneOptions;
  readonly schedule: Schedule["kind"];
  /** Sequences of one epoch. */
  readonly samples: number;
  /** Where it is not always the same. */
  readonly batch?: Batch;
}

/** What a planned run gives its machines to do. */
export function jobOf(plan: Plan): Job {
  const { setup, mfu, memory } = plan;
  const activity = activityOf(plan);
  // The planner may use what the language leaves to the engine: its figures are rounded here.
  return { setup, mfu: rounded(mfu, 6), memoryBytes: memory.total, activity };
}

export function describe(random: Random, parts: OpeningParts): Described {
  const { scene, plan, options } = parts;
  const { setup, modelName } = plan;
  const model = modelOf(plan);
  const schedule: Schedule = {
    kind: parts.schedule,
    peak: peakLearningRate(plan.activeParameters),
    warmupSteps: warmupStepsOf(plan.steps),
    stepsTotal: plan.steps,
  };
  const { spareNodes, stack } = options;
  const spares = spareNodes === undefined ? {} : { spareNodes };
  const configuration = {
    scene,
    model: model.name,
    gpus: `${setup.gpu.name}:${setup.gpuCount}`,
    tokens: Math.round(setup.tokens),
    incidentsByChance: options.byChance,
    incidents: options.incidents.map(({ kind, step }) => `${kind}@${step}`),
    ...(stack !== undefined && { stack }),
    ...spares,
  };
  return {
    schedule,
    started: startedNews(options, {
      title: `${modelName ?? model.name} on ${setup.gpuCount} ${setup.gpu.name}`,
      device: `${setup.gpuCount} × ${setup.gpu.driverName}`,
      configuration,
    }),
    model: modelNews(plan),
    dataset: datasetNews(random, parts),
    cluster: { ...clusterNews(random, setup, plan.memory.total), ...spares },
    recipe: { ...recipeNews(plan, schedule), ...rampNews(parts.batch) },
  };
}

export function startedNews(
  { program, seed }: Pick<SceneOptions, "program" | "seed">,
  what: Pick<RunStarted, "title" | "device" | "configuration">,
): RunStarted {
  const wallMs = startOf(seed);
  const same = { protocol: PROTOCOL_VERSION, source: "simulated", resumedAtStep: 0 } as const;
  return { type: "run-started", ...same, program, seed, wallMs, ...what };
}

/** Near the published ones: 3e-4 at 8 billion, 1.5e-4 at 70, 8e-5 at 405. */
function peakLearningRate(parameters: number): number {
  return Number((3e-4 * (8e9 / parameters) ** 0.35).toPrecision(2));
}

function modelNews(plan: Plan): ModelDescribed {
  const { parameters, activeParameters } = plan;
  return describedModel(
    { ...modelOf(plan), shape: plan.setup.shape },
    { parameters, activeParameters },
  );
}

export function describedModel(
  model: Pick<Model, "name" | "family" | "tokenizer" | "shape">,
  { parameters, activeParameters }: Pick<ModelDescribed, "parameters" | "activeParameters">,
): ModelDescribed {
  const { shape } = model;
  return {
    type: "model-described",
    name: model.name,
    family: model.family,
    parameters,
    activeParameters,
    layers: shape.layers,
    hidden: shape.hidden,
    heads: shape.heads,
    kvHeads: shape.kvHeads,
    experts: shape.experts ?? 0,
    tokenizer: model.tokenizer,
    vocabulary: shape.vocab,
    feedForward: shape.ffn,
    headSize: shape.headDim,
    expertsPerToken: shape.expertsPerToken ?? 0,
    tiedEmbeddings: shape.tiedEmbeddings,
    gated: shape.gatedMlp,
  };
}

function datasetNews(random: Random, { plan, options, samples }: OpeningParts): DatasetDescribed {
  const tokens = samples * plan.setup.sequence;
  const all = DATASETS.filter(({ isFunny = false }) => isFunny === options.funny);
  const enough = all.filter((dataset) => dataset.tokens >= tokens);
  const biggest = all.reduce<Dataset | undefined>(
    (best, dataset) => (best === undefined || dataset.tokens > best.tokens ? dataset : best),
    undefined,
  );
  const dataset = enough.length > 0 ? pick(random, enough) : biggest;
  return {
    type: "dataset-described",
    name: dataset?.name ?? "text",
    samples,
    tokens,
    sequenceTokens: plan.setup.sequence,
  };
}

/** What of a run its machines can be described by. */
export type Split = Pick<
  Plan["setup"],
  | "gpu"
  | "gpuCount"
  | "tensorParallel"
  | "pipelineParallel"
  | "dataParallel"
  | "contextParallel"
  | "expertParallel"
  | "sharding"
>;

export function clusterNews(random: Random, setup: Split, memoryBytes: number): ClusterDescribed {
  const nodes = nodeCount(setup);
  const known = CLUSTERS.find(
    ({ gpu, gpuCount }) => gpu === setup.gpu.name && gpuCount === setup.gpuCount,
  );
  const isAmd = setup.gpu.generation.startsWith("cdna");
  const clocks = clocksOf(setup.gpu);
  const host = `10.${Math.floor(random.next() * 200)}.${Math.floor(random.next() * 250)}.${2 + Math.floor(random.next() * 250)}`;
  return {
    type: "cluster-described",
    gpuName: setup.gpu.driverName,
    gpuCount: setup.gpuCount,
    nodeCount: nodes,
    gpusPerNode: Math.min(setup.gpu.gpusPerNode, setup.gpuCount),
    spareNodes: nodes === 1 ? 0 : Math.max(1, Math.ceil(nodes * SPARE_SHARE)),
    memoryBytesPerGpu: setup.gpu.memoryGb * 1e9,
    network: known?.network ?? `${Math.round(setup.gpu.nicGbPerSecond * 8)} Gb/s a GPU`,
    master: `${host}:29500`,
    backend: isAmd ? "rccl" : "nccl",
    versions: softwareFor(setup.gpu),
    tensorParallel: setup.tensorParallel,
    pipelineParallel: setup.pipelineParallel,
    dataParallel: setup.dataParallel,
    contextParallel: setup.contextParallel,
    expertParallel: setup.expertParallel,
    sharding: setup.sharding,
    plannedMemoryBytes: Math.round(memoryBytes),
    ...(clocks && { memoryClockMhz: clocks.memory }),
  };
}

function recipeNews(plan: Plan, schedule: Schedule): RecipeDescribed {
  const { setup } = plan;
  return {
    type: "recipe-described",
    precision: setup.precision,
    globalBatchSequences: setup.globalBatchSequences,
    microBatch: setup.microBatch,
    accumulation: Math.round(microBatchCount(setup)),
    schedule: schedule.kind,
    peakLearningRate: schedule.peak,
    warmupSteps: schedule.warmupSteps,
    clipNorm: CLIP_NORM,
    finalLearningRate: finalLearningRate(schedule),
    recompute: setup.recompute,
    flopsPerToken: Math.round(plan.flopsPerToken),
    mfuConvention: "causal",
    planned: {
      stepMs: rounded(plan.stepSeconds * 1000, 0),
      tokensPerSecond: rounded(plan.tokensPerSecond, 0),
      mfu: rounded(plan.mfu, 4),
      goodput: rounded(plan.reliability.goodput, 4),
      days: rounded(plan.calendarDays, 6),
    },
  };
}

function rampNews(batch: Batch | undefined): Pick<RecipeDescribed, "batchRamp"> {
  const small = (batch?.stages ?? []).slice(0, -1);
  if (small.length === 0) return {};
  return {
    batchRamp: small.map(({ untilStep, sequences }) => {
      return { untilStep, globalBatchSequences: sequences };
    }),
  };
}

/** Global norm that gradients are scaled down to. */
export const CLIP_NORM = 1;
