/** One simulated pretraining: what stays the same, and what changes from step to step. */

import { type Random, seededRandom } from "../../../../random.ts";
import { type Machines, machinesOf } from "../../cluster/machines.ts";
import { fixedNormal, streamOf } from "../../engine/chance.ts";
import type { SceneOptions } from "../../engine/scene.ts";
import { type Active, type Incidents, incidentsOf } from "../../incidents/active.ts";
import type { IncidentPlace, TimedMessage } from "../../incidents/signs.ts";
import { type Learned, type LossLaw, lossLaw, NOTHING_LEARNED } from "../../laws/loss.ts";
import { type Plan, peakFlops } from "../../plan/plan.ts";
import { nodeCount, tokensPerStep } from "../../plan/setup.ts";
import { choosePretraining } from "../choose-run.ts";
import { type Described, describe, jobOf } from "../opening.ts";
import { type Batch, batchOf } from "./batch.ts";

/** What a checkpoint brings back. */
export interface Progress {
  readonly step: number;
  readonly learned: Learned;
  readonly usefulMs: number;
}

export interface PendingSave extends Progress {
  readonly startedMs: number;
  readonly doneMs: number;
}

export interface PretrainingRun {
  readonly seed: number;
  readonly plan: Plan;
  readonly described: Described;
  readonly stepsTotal: number;
  readonly batch: Batch;
  /** Tokens of one sequence. */
  readonly sequence: number;
  /** Of a step with the full batch. */
  readonly batchTokens: number;
  readonly peakFlopsPerGpu: number;
  readonly law: LossLaw;
  readonly machines: Machines;
  readonly incidents: Incidents;
  readonly random: Random;
  readonly rhythm: Rhythm;
  readonly folder: string;

  nowMs: number;
  step: number;
  learned: Learned;
  usefulMs: number;
  /** Newest whole checkpoint first; the beginning counts as one. */
  saved: readonly Progress[];
  pending: PendingSave | undefined;
  /** Waiting to be told, in the order of their times. */
  messages: TimedMessage[];
  statusDueMs: number;
  statusEnergyJoules: number;
  statusMs: number;
  stepsSinceStart: number;
  restarts: number;
  /** Repairs that are going on: when each node comes back. */
  repairs: number[];
  spares: number;
  /** The machine in a slot of the job, where it is not the first one. */
  hardware: Map<number, number>;
  nextHardware: number;
  recentLosses: number[];
  bestLoss: number;
  sinceBest: number;
}

/** How often things are done. */
export interface Rhythm {
  readonly stepsPerCheckpoint: number;
  readonly snapshotMs: number;
  readonly writeMs: number;
  readonly stepsPerEvaluation: number;
  readonly evaluationMs: number;
  readonly evaluationBatches: number;
}

const CHECKPOINT_SECONDS_MIN = 300;
const CHECKPOINT_SECONDS_MAX = 4 * 3600;
const EVALUATION_BATCHES = 20;
/** Nobody spends more of a run on validation. */
const EVALUATION_SHARE = 0.01;
/** A batch that is only passed forward takes this share of a step. */
const FORWARD_SHARE = 0.34;
const CHECKPOINTS_KEPT = 3;

export function newRun(options: SceneOptions): PretrainingRun {
  const { seed } = options;
  const random = streamOf(seed, "choice");
  const plan = choosePretraining(random, options);
  const { setup } = plan;
  const batch = batchOf(plan);
  const described = describe(random, {
    scene: "llm_pretraining",
    plan: { ...plan, steps: batch.stepsTotal },
    options,
    schedule: random.next() < 0.7 ? "cosine" : "wsd",
    samples: batch.consumed(batch.stepsTotal),
    batch,
  });
  const nodes = nodeCount(setup);
  const batchTokens = tokensPerStep(setup);
  const name = described.model.name.toLowerCase();
  return {
    seed,
    plan,
    described,
    stepsTotal: batch.stepsTotal,
    batch,
    sequence: setup.sequence,
    batchTokens,
    peakFlopsPerGpu: peakFlops(setup),
    law: lossLaw({
      parameters: plan.activeParameters,
      vocabulary: setup.shape.vocab,
      datasetOffset: 0.03 * fixedNormal(seed, 1, 21),
    }),
    machines: machinesOf(jobOf(plan), seed),
    incidents: incidentsOf({
      seed,
      nodes,
      gpusPerNode: described.cluster.gpusPerNode,
      failuresPerNodeDay: setup.failuresPerNodeDay,
      hasExperts: described.model.experts > 0,
      scripts: options.incidents,
      byChance: options.byChance,
    }),
    random: seededRandom(streamOf(seed, "operation").state),
    rhythm: rhythmOf(plan),
    folder: `checkpoints/${name}-${seed}`,
    ...unstarted(described.cluster.spareNodes, nodes),
  };
}

type Changing = Omit<
  PretrainingRun,
  | "seed"
  | "plan"
  | "described"
  | "stepsTotal"
  | "batch"
  | "sequence"
  | "batchTokens"
  | "peakFlopsPerGpu"
  | "law"
  | "machines"
  | "incidents"
  | "random"
  | "rhythm"
  | "folder"
>;

function unstarted(spares: number, nodes: number): Changing {
  const nothing: Progress = {
    step: 0,
    learned: NOTHING_LEARNED,
    usefulMs: 0,
  };
  return {
    nowMs: 0,
    ...nothing,
    saved: [nothing],
    pending: undefined,
    messages: [],
    statusDueMs: Number.POSITIVE_INFINITY,
    statusEnergyJoules: 0,
    statusMs: 0,
    stepsSinceStart: 0,
    restarts: 0,
    repairs: [],
    spares,
    hardware: new Map<number, number>(),
    nextHardware: nodes,
    recentLosses: [],
    bestLoss: Number.POSITIVE_INFINITY,
    sinceBest: 0,
  };
}

function rhythmOf({
  setup,
  steps,
  stepSeconds,
  reliability,
  checkpointWriteSeconds,
}: Plan): Rhythm {
  const wanted = Math.max(
    reliability.checkpointIntervalSeconds,
    CHECKPOINT_SECONDS_MIN,
    20 * checkpointWriteSeconds,
  );
  const interval = Math.min(wanted, CHECKPOINT_SECONDS_MAX);
  const stepsPerEvaluation = rounder(Math.min(1000, Math.max(10, steps / 40)));
  const affordable = Math.floor((stepsPerEvaluation * EVALUATION_SHARE) / FORWARD_SHARE);
  const batches = Math.min(EVALUATION_BATCHES, Math.max(1, affordable));
  return {
    stepsPerCheckpoint: rounder(interval / stepSeconds),
    snapshotMs: Math.round(setup.checkpointSeconds * 1000),
    writeMs: Math.max(1, Math.round(checkpointWriteSeconds * 1000)),
    stepsPerEvaluation,
    evaluationMs: Math.round(batches * stepSeconds * 1000 * FORWARD_SHARE),
    evaluationBatches: batches,
  };
}

/** A number that people would write into a configuration: 1, 2, 2.5 or 5 times a power of ten. */
function rounder(wanted: number): number {
  let scale = 1;
  while (scale * 10 <= wanted) scale *= 10;
  const factor = [5, 2.5, 2, 1].find(
    (one) => one * scale <= wanted && Number.isInteger(one * scale),
  );
  return Math.max(1, (factor ?? 1) * scale);
}

/** The machine that stands in a slot now. */
export function hardwareIn(run: PretrainingRun, slot: number): number {
  return run.hardware.get(slot) ?? slot;
}

/** Where an incident is, as messages tell it. */
export function placeOf(
  run: PretrainingRun,
  { node, gpu }: Pick<Active, "node" | "gpu">,
): IncidentPlace {
  if (node === undefined) return {};
  const { gpusPerNode } = run.described.cluster;
  return {
    node: hardwareIn(run, node),
    ...(gpu !== undefined && { gpu }),
    rank: node * gpusPerNode + (gpu ?? 0),
  };
}

/** Puts a message in its place among those that wait. */
export function post(run: PretrainingRun, ...messages: readonly TimedMessage[]): void {
  run.messages = [...run.messages, ...messages].sort((a, b) => a.atMs - b.atMs);
}

export function keep(run: PretrainingRun, progress: Progress): void {
  run.saved = [progress, ...run.saved].slice(0, CHECKPOINTS_KEPT);
}

export function progressOf({ step, learned, usefulMs }: PretrainingRun): Progress {
  return { step, learned, usefulMs };
}

export function goodputOf(run: PretrainingRun): number {
  return run.nowMs === 0 ? 1 : run.usefulMs / run.nowMs;
}
