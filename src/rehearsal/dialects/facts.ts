/**
 * The state of a run as dialects use it: the fold of its events, what only logs speak of, and a
 * clock.
 *
 * The clock is the run's: its wall time at the start and the time in the events. Lines of one
 * event come a little after each other, as lines of a program do.
 */

import type {
  ClusterDescribed,
  ClusterMessage,
  DatasetDescribed,
  ModelDescribed,
  RecipeDescribed,
} from "../../events/cluster.ts";
import type { PlanMade, RunEvent, RunStarted, StepDone } from "../../events/events.ts";
import {
  afterEvent,
  beforeRun,
  type Described,
  isNewRun,
  type RunState,
} from "../../events/run-state.ts";
import type { Json } from "../../json.ts";
import { below, type Random, seededRandom } from "../../random.ts";
import { GIBIBYTE } from "../engine/units.ts";
import { WATCHDOG_SECONDS } from "../incidents/machine-incidents.ts";
import { decayStepsOf } from "../laws/learning-rate.ts";
import { cardCapacityGib } from "./card-memory.ts";
import { around, drawsOf } from "./draws.ts";
import type { Micros } from "./formats.ts";

export interface Facts {
  run: RunState;
  readonly started: RunStarted | undefined;
  readonly model: ModelDescribed | undefined;
  readonly dataset: DatasetDescribed | undefined;
  /** As it is now: with another number of machines after a resharding. */
  readonly cluster: ClusterDescribed | undefined;
  readonly recipe: RecipeDescribed | undefined;
  readonly plan: PlanMade | undefined;
  /** Last step that was done. */
  readonly step: number;
  readonly epoch: number;
  /** Cluster and recipe since the newest resharding; undefined before the first. */
  resharded: Pick<Described, "cluster" | "recipe"> | undefined;
  /** Of the lines that are written now, since the start of the run. */
  atMs: number;
  /** Sequences since the first step. */
  consumedSamples: number;
  /** When the current processes began to train. */
  trainingSinceMs: number;
  /** The step before the first one of the current processes. */
  trainingSinceStep: number;
  /** Number of launchers so far. */
  launches: number;
  /** Restarts by the current launcher. */
  attempts: number;
  /** Restarts because machines came back, which do not count as attempts. */
  regroups: number;
  /** The launcher has given up, and the scheduler begins with a new one. */
  isOver: boolean;
  /** Repaired machines that wait to join. */
  waitingNodes: number;
  /** Number of ranks that wrote the checkpoint, where it differs from those that read it. */
  writtenByRanks: number | undefined;
  /** The machine in a slot of the job, where it is not the first one. */
  readonly hosts: Map<number, number>;
  /** For details without meaning: process ids, addresses, microseconds. */
  random: Random;
  lastMicros: Micros;
  /** Set while lines of a past stretch of time are written. */
  spread: Spread | undefined;
  /** When the ranks began to look for each other, since the start of the run. */
  rendezvousMs: number;
  /** When they were connected, and how long that took. */
  connectedMs: number;
  connectingMs: number | undefined;
  /** Timeout of the newest collective that hung. */
  timeoutMs: number;
  /** When model and text were described: what a program says of them bears that time. */
  modelMs: number;
  datasetMs: number;
  /** GPUs that the driver has identified in the log, each as "node-0004/2". */
  readonly knownCards: Set<string>;
  /** Real checkpoint folder of a trained run, once known. */
  folder: string | undefined;
}

/** Stamps of lines that are written at once, drawn over the time that they were written in. */
export interface Spread {
  readonly untilMs: number;
  /** Median of the time between two lines. */
  readonly gapMs: number;
}

/** What is drawn here must not follow what the run draws from the same seed. */
const OWN_STREAM = 0x6c696e65;

export function factsOf(run: RunState = beforeRun): Facts {
  return {
    run,
    get started() {
      return this.run.started;
    },
    get model() {
      return this.run.described.model;
    },
    get dataset() {
      return this.run.described.dataset;
    },
    get cluster() {
      return this.resharded?.cluster ?? this.run.described.cluster;
    },
    get recipe() {
      return this.resharded?.recipe ?? this.run.described.recipe;
    },
    get plan() {
      return this.run.plan;
    },
    get step() {
      return this.run.stepsDone;
    },
    get epoch() {
      return this.run.lastStep?.epoch ?? 1;
    },
    resharded: undefined,
    atMs: 0,
    consumedSamples: 0,
    trainingSinceMs: 0,
    trainingSinceStep: 0,
    launches: 0,
    attempts: 0,
    regroups: 0,
    isOver: false,
    waitingNodes: 0,
    writtenByRanks: undefined,
    hosts: new Map(),
    random: seededRandom(OWN_STREAM),
    lastMicros: 0,
    spread: undefined,
    rendezvousMs: 0,
    connectedMs: 0,
    connectingMs: undefined,
    timeoutMs: 1000 * WATCHDOG_SECONDS,
    modelMs: 0,
    datasetMs: 0,
    knownCards: new Set(),
    folder: undefined,
  };
}

export function learn(facts: Facts, event: RunEvent): void {
  if (event.type === "run-started" && facts.started === undefined)
    facts.random = seededRandom(event.seed ^ OWN_STREAM);
  if (isNewRun(event)) facts.resharded = undefined;
  facts.run = afterEvent(facts.run, event);
  facts.atMs = event.atMs;
  switch (event.type) {
    case "model-described":
      facts.modelMs = event.atMs;
      break;
    case "dataset-described":
      facts.datasetMs = event.atMs;
      break;
    case "cluster-described":
      // Where no event says more.
      facts.rendezvousMs = event.atMs;
      break;
    case "cluster-message":
      learnConnection(facts, event);
      learnMessage(facts, event);
      break;
    case "step-done":
      facts.consumedSamples =
        event.text?.consumedSamples ?? event.step * (facts.plan?.batchSize ?? 1);
      break;
    case "run-restored":
      facts.consumedSamples = event.consumedSamples;
      break;
    case "checkpoint-saved":
      if (facts.started?.source === "trained") facts.folder = event.path.replace(/\/[^/]*$/, "");
      break;
    default:
  }
}

function learnConnection(facts: Facts, { code, values = {} }: ClusterMessage): void {
  if (code === "rendezvous") {
    facts.rendezvousMs = facts.atMs;
    facts.connectingMs = undefined;
  }
  if (code === "watchdog-timeout" && typeof values["timeoutMs"] === "number")
    facts.timeoutMs = values["timeoutMs"];
  if (code !== "nccl-ready") return;
  facts.connectedMs = facts.atMs;
  facts.connectingMs = typeof values["ms"] === "number" ? values["ms"] : undefined;
}

function learnMessage(facts: Facts, { code, values = {} }: ClusterMessage): void {
  const number = (key: string): number => Number(values[key] ?? 0);
  if (code === "node-returned") facts.waitingNodes = number("spares");
  if (code === "checkpoint-loading")
    facts.writtenByRanks = values["ranksBefore"] === undefined ? undefined : number("ranksBefore");
  if (code !== "resharding") return;
  facts.waitingNodes = 0;
  const { cluster, recipe } = facts;
  facts.resharded = {
    ...(cluster && {
      cluster: {
        ...cluster,
        gpuCount: number("worldSize"),
        nodeCount: number("nodes"),
        dataParallel: number("dataParallel"),
        plannedMemoryBytes: number("memoryBytes"),
      },
    }),
    ...(recipe && {
      recipe: {
        ...recipe,
        globalBatchSequences: number("globalBatch"),
        accumulation: number("accumulation"),
      },
    }),
  };
  const moves = Array.isArray(values["moves"]) ? (values["moves"] as readonly Json[]) : [];
  for (const move of moves)
    if (Array.isArray(move)) facts.hosts.set(Number(move[0]), Number(move[1]));
}

/** The next moment of the log: that of the event, or a little after the line before. */
export function now(facts: Facts): Micros {
  return moment(facts, facts.atMs);
}

/** A timestamp in the past. @param atMs Since the start of the run */
export function moment(facts: Facts, atMs: number): Micros {
  const wallMs = (facts.started?.wallMs ?? 0) + atMs;
  const atEvent = Math.round(wallMs * 1000) + below(facts.random, 1000);
  const gap = facts.spread === undefined ? 40 + below(facts.random, 1500) : drawnGap(facts);
  facts.lastMicros = Math.max(atEvent, facts.lastMicros + gap);
  return facts.lastMicros;
}

/** Each takes a part of what is left at most, so that the last one is in time too. */
const GAP_SHARE_MAX = 0.3;

function drawnGap(facts: Facts): Micros {
  const { untilMs, gapMs } = facts.spread ?? { untilMs: 0, gapMs: 0 };
  const leftMicros = ((facts.started?.wallMs ?? 0) + untilMs) * 1000 - facts.lastMicros;
  const gapMicros = 1000 * around(drawsOf(facts, "gap", facts.lastMicros), gapMs, 0.8);
  return 1 + Math.round(Math.max(0, Math.min(gapMicros, GAP_SHARE_MAX * leftMicros)));
}

/** Moves the clock on a little: processes do not begin on the full second. */
export function linger(facts: Facts): void {
  const wallMs = (facts.started?.wallMs ?? 0) + facts.atMs;
  facts.lastMicros =
    Math.max(facts.lastMicros, wallMs * 1000) + 20_000 + below(facts.random, 350_000);
}

/** Numbers that every framework prints, with usual values where the run has none. */
export interface Sizes {
  readonly worldSize: number;
  readonly gpusPerNode: number;
  readonly nodes: number;
  readonly tensor: number;
  readonly pipeline: number;
  readonly data: number;
  readonly context: number;
  readonly expert: number;
  readonly parameters: number;
  readonly activeParameters: number;
  /** Fewer than there are where only adapters learn, which come on top of them. */
  readonly trainable: number;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly feedForward: number;
  readonly experts: number;
  readonly vocabulary: number;
  readonly sequence: number;
  readonly globalBatch: number;
  readonly microBatch: number;
  readonly accumulation: number;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly epochs: number;
}

export function sizesOf({ cluster, model, dataset, recipe, plan }: Facts): Sizes {
  const hidden = model?.hidden ?? 1;
  const heads = model?.heads ?? 1;
  return {
    worldSize: cluster?.gpuCount ?? 1,
    gpusPerNode: cluster?.gpusPerNode ?? 1,
    nodes: cluster?.nodeCount ?? 1,
    tensor: cluster?.tensorParallel ?? 1,
    pipeline: cluster?.pipelineParallel ?? 1,
    data: cluster?.dataParallel ?? 1,
    context: cluster?.contextParallel ?? 1,
    expert: cluster?.expertParallel ?? 1,
    parameters: model?.parameters ?? plan?.parameterCount ?? 0,
    activeParameters: model?.activeParameters ?? plan?.parameterCount ?? 0,
    trainable: plan?.parameterCount ?? model?.parameters ?? 0,
    layers: model?.layers ?? 1,
    hidden,
    heads,
    kvHeads: model?.kvHeads ?? heads,
    headSize: model?.headSize ?? Math.round(hidden / heads),
    feedForward: model?.feedForward ?? 4 * hidden,
    experts: model?.experts ?? 0,
    vocabulary: model?.vocabulary ?? 0,
    sequence: dataset?.sequenceTokens ?? 1,
    globalBatch: recipe?.globalBatchSequences ?? plan?.batchSize ?? 1,
    microBatch: recipe?.microBatch ?? plan?.batchSize ?? 1,
    accumulation: recipe?.accumulation ?? 1,
    steps: plan?.stepsTotal ?? 0,
    stepsPerEpoch: plan?.stepsPerEpoch ?? 1,
    epochs: plan?.epochsTotal ?? 1,
  };
}

/** Number of replicas that wrote the checkpoint. */
export function writtenReplicas(facts: Facts): number {
  const { data, worldSize } = sizesOf(facts);
  return Math.round((data * (facts.writtenByRanks ?? worldSize)) / worldSize);
}

/** AMD's cards, with its own names for what runtime, driver and NCCL have in common. */
export function isAmd({ cluster }: Facts): boolean {
  return cluster?.backend === "rccl";
}

/** Sequences of a step: where the batch grows along the run, fewer than in the end. */
export function batchOf(facts: Facts, { text }: StepDone): number {
  const { sequence, globalBatch } = sizesOf(facts);
  return text === undefined ? globalBatch : Math.round(text.tokens / sequence);
}

/** Small batches make quick steps: as many times more of them pass between two checkpoints. */
export function quickSteps(facts: Facts, step: StepDone): number {
  return Math.round(sizesOf(facts).globalBatch / batchOf(facts, step));
}

/** Steps at the end of a schedule with a plateau in which the rate comes down: the last fifth. */
export function stableDecaySteps(facts: Facts): number {
  return decayStepsOf(sizesOf(facts).steps);
}

/** Base of the rotary positions, as the families of models were published. */
export function ropeTheta({ model }: Facts): number {
  return model?.family === "Llama 3" ? 500_000 : 10_000;
}

/** "llama-3.1-8b" */
export function slug({ model, started }: Facts): string {
  const name = model?.name ?? started?.title ?? "model";
  return name.toLowerCase().replace(/[^\p{L}\p{N}.]+/gu, "-");
}

/** Where the run keeps its checkpoints, as the framework was configured. */
export function checkpointFolder(facts: Facts): string {
  if (facts.folder !== undefined) return facts.folder;
  return `/checkpoints/${slug(facts)}-${facts.started?.seed ?? 0}`;
}

export interface Memory {
  readonly capacityGib: number;
  readonly peakGib: number;
  readonly reservedGib: number;
}

/**
 * Memory of a GPU as its allocator reports it: what the plan expects at the peak, and a little more
 * reserved. It stays the same all along, as in a real run.
 */
export function memoryOf({ cluster }: Facts): Memory {
  const bytes = cluster?.memoryBytesPerGpu ?? 80e9;
  const capacityGib = cardCapacityGib(cluster);
  const plannedGib = (cluster?.plannedMemoryBytes ?? bytes / 2) / GIBIBYTE;
  const peakGib = Math.min(plannedGib, 0.94 * capacityGib);
  return {
    capacityGib,
    peakGib,
    reservedGib: Math.min(0.985 * capacityGib, 1.045 * peakGib + 0.6),
  };
}
