/** One simulated pretraining: what stays the same, and what changes from step to step. */

import type { Notice } from "../../../events/events.ts";
import { type Random, seededRandom } from "../../../random.ts";
import { type Machines, machinesOf, reportedNodesOf } from "../../cluster/machines.ts";
import { fixedNormal, streamOf } from "../../engine/chance.ts";
import { PRETRAINING_DRAW } from "../../engine/draws.ts";
import { exp } from "../../engine/portable-math.ts";
import type { SceneOptions } from "../../engine/scene.ts";
import { DAY_SECONDS } from "../../engine/units.ts";
import { type Incidents, incidentsOf } from "../../incidents/active.ts";
import type { Active } from "../../incidents/active-incident.ts";
import { scriptNotices } from "../../incidents/script.ts";
import type { IncidentPlace, TimedMessage } from "../../incidents/symptoms.ts";
import { newWatch, type Watch } from "../../incidents/watch.ts";
import { type Learned, type LossLaw, lossLaw, NOTHING_LEARNED } from "../../laws/loss.ts";
import { FORWARD_SHARE } from "../../plan/flops.ts";
import { type Plan, peakFlops } from "../../plan/plan.ts";
import { goodputOf as goodputOfSaving, reliabilityOf } from "../../plan/reliability.ts";
import { nodeCount } from "../../plan/setup.ts";
import { STACKS } from "../../plan/stacks.ts";
import { choosePretraining } from "../choose-run.ts";
import { type Described, describe, jobOf } from "../opening.ts";
import { type Batch, batchOf } from "./batch.ts";
import { lastingStarts, type Start } from "./drift.ts";
import { type JobSize, type JobSizes, jobSizesOf } from "./job-sizes.ts";

/** The state that a checkpoint restores. */
export interface Progress {
  readonly step: number;
  /** GPUs that wrote it. */
  readonly worldSize: number;
  readonly learned: Learned;
  readonly usefulMs: number;
  /** Restarts before it whose effect can still be seen, oldest first. */
  readonly starts: readonly Start[];
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
  readonly peakFlopsPerGpu: number;
  readonly jobSizes: JobSizes;
  readonly law: LossLaw;
  readonly machines: Machines;
  readonly incidents: Incidents;
  /** Slots that appear in status samples. */
  readonly reportedNodes: readonly number[];
  /** Incidents that no event has shown yet. */
  readonly watch: Watch;
  readonly random: Random;
  /** Random stream for what happens only without a spare node. */
  readonly scarcity: Random;
  readonly rhythm: Rhythm;
  /** Training stands still while a checkpoint is copied, but not until it is written. */
  readonly savesWhileTraining: boolean;
  readonly folder: string;
  /** The events before the first step. */
  readonly warnings: readonly Notice[];

  /** The size that it runs at now. */
  jobSize: JobSize;
  nowMs: number;
  step: number;
  learned: Learned;
  usefulMs: number;
  /** Newest whole checkpoint first; the beginning counts as one. */
  saved: readonly Progress[];
  pending: PendingSave | undefined;
  /** Messages that are due later, by time. */
  messages: TimedMessage[];
  statusDueMs: number;
  statusEnergyJoules: number;
  statusMs: number;
  stepsSinceStart: number;
  /** Restarts that led to the current weights, oldest first. */
  starts: readonly Start[];
  restarts: number;
  repairs: Repair[];
  /** Healthy nodes that are not in the job. */
  spares: number;
  /** Those of them that were in the job before. */
  idle: number[];
  /** The machine in a slot of the job, where it is not the first one. */
  hardware: Map<number, number>;
  nextHardware: number;
  recentLosses: number[];
  bestLoss: number;
  sinceBest: number;
}

/** A node that is away until then. */
export interface Repair {
  readonly machine: number;
  readonly backMs: number;
}

/** How often things are done. */
export interface Rhythm {
  readonly stepsPerCheckpoint: number;
  readonly stepsPerEvaluation: number;
  readonly evaluationBatches: number;
}

/** Of the first gradient; initialisations differ. Assumed. */
const FIRST_NORM = 3;
const FIRST_NORM_SPREAD = 0.3;

/** Limits of the interval that Young's formula gives. Assumed. */
const CHECKPOINT_SECONDS_MIN = 900;
const CHECKPOINT_SECONDS_MAX = 4 * 3600;
/** Batches of a validation, and the most that validation takes of a run. Assumed. */
const EVALUATION_BATCHES = 20;
const EVALUATION_SHARE = 0.01;
/** Checkpoints that stay. Assumed: the oldest is from before whatever takes an hour to be found. */
const CHECKPOINTS_KEPT = 12;

export function newRun(options: SceneOptions): PretrainingRun {
  const { seed, stack } = options;
  const random = streamOf(seed, "choice");
  const plan = choosePretraining(random, options);
  const { setup } = plan;
  const batch = batchOf(plan, { ramped: options.batchRamp ?? false });
  const savesWhileTraining = stack === undefined || STACKS[stack].savesWhileTraining;
  const stallSeconds =
    setup.checkpointSeconds + (savesWhileTraining ? 0 : plan.checkpointWriteSeconds);
  const rhythm = rhythmOf(plan, stallSeconds);
  const described = describe(random, {
    scene: "llm_pretraining",
    plan: { ...savedSo(plan, rhythm, stallSeconds), steps: batch.stepsTotal },
    options,
    schedule: random.next() < 0.7 ? "cosine" : "wsd",
    samples: batch.consumed(batch.stepsTotal),
    batch,
  });
  const nodes = nodeCount(setup);
  const jobSizes = jobSizesOf({ plan, batch, evaluationBatches: rhythm.evaluationBatches });
  const reportedNodes = reportedNodesOf(seed, nodes);
  const name = described.model.name.toLowerCase();
  return {
    seed,
    plan,
    described,
    stepsTotal: batch.stepsTotal,
    batch,
    sequence: setup.sequence,
    peakFlopsPerGpu: peakFlops(setup),
    jobSizes,
    law: lossLaw({
      parameters: plan.activeParameters,
      vocabulary: setup.shape.vocab,
      datasetOffset: 0.03 * fixedNormal(seed, 1, PRETRAINING_DRAW.datasetOffset),
      initialNorm:
        FIRST_NORM * exp(FIRST_NORM_SPREAD * fixedNormal(seed, 1, PRETRAINING_DRAW.firstNorm)),
    }),
    machines: machinesOf(jobOf(plan), seed),
    incidents: incidentsOf({
      seed,
      nodes,
      gpusPerNode: described.cluster.gpusPerNode,
      failuresPerNodeDay: setup.failuresPerNodeDay,
      hasExperts: described.model.experts > 0,
      scalesLosses: setup.precision === "fp16",
      scripts: options.incidents,
      byChance: options.byChance,
      reportedNodes,
    }),
    reportedNodes,
    watch: newWatch(),
    random: seededRandom(streamOf(seed, "operation").state),
    scarcity: streamOf(seed, "scarcity"),
    rhythm,
    savesWhileTraining,
    folder: `checkpoints/${name}-${seed}`,
    warnings: [
      ...scriptNotices(options.incidents, {
        stepsTotal: batch.stepsTotal,
        hasExperts: described.model.experts > 0,
      }),
      ...(options.batchRamp === true && batch.stages.length === 1 ? [noRamp(described)] : []),
    ],
    ...unstarted(described.cluster.spareNodes, jobSizes.full),
  };
}

function noRamp({ model }: Described): Notice {
  return {
    type: "notice",
    level: "warning",
    code: "no-batch-ramp",
    text: `Batches do not grow: none are known of ${model.name} that its replicas can share`,
    hint: "Choose BLOOM-176B, Falcon-40B, Llama-3.1-405B or DeepSeek-V3 with --model.",
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
  | "peakFlopsPerGpu"
  | "jobSizes"
  | "law"
  | "machines"
  | "incidents"
  | "reportedNodes"
  | "watch"
  | "random"
  | "scarcity"
  | "rhythm"
  | "savesWhileTraining"
  | "folder"
  | "warnings"
>;

function unstarted(spares: number, jobSize: JobSize): Changing {
  const starts = [{ attempt: 0, step: 0 }];
  const progress = { step: 0, learned: NOTHING_LEARNED, usefulMs: 0, starts };
  return {
    jobSize,
    nowMs: 0,
    ...progress,
    saved: [{ ...progress, worldSize: worldSizeOf(jobSize) }],
    pending: undefined,
    messages: [],
    statusDueMs: Number.POSITIVE_INFINITY,
    statusEnergyJoules: 0,
    statusMs: 0,
    stepsSinceStart: 0,
    restarts: 0,
    repairs: [],
    spares,
    idle: [],
    hardware: new Map<number, number>(),
    nextHardware: jobSize.nodes,
    recentLosses: [],
    bestLoss: Number.POSITIVE_INFINITY,
    sinceBest: 0,
  };
}

function rhythmOf(plan: Plan, stallSeconds: number): Rhythm {
  const { setup, steps, stepSeconds, days, checkpointWriteSeconds } = plan;
  const stalling = { ...setup, checkpointSeconds: stallSeconds };
  const wanted = Math.max(
    reliabilityOf(stalling, days * DAY_SECONDS).savingIntervalSeconds,
    CHECKPOINT_SECONDS_MIN,
    20 * checkpointWriteSeconds,
  );
  const interval = Math.min(wanted, CHECKPOINT_SECONDS_MAX);
  const stepsPerEvaluation = rounder(Math.min(1000, Math.max(10, steps / 40)));
  const affordable = Math.floor((stepsPerEvaluation * EVALUATION_SHARE) / FORWARD_SHARE);
  const batches = Math.min(EVALUATION_BATCHES, Math.max(1, affordable));
  return {
    stepsPerCheckpoint: rounder(interval / stepSeconds),
    stepsPerEvaluation,
    evaluationBatches: batches,
  };
}

/** The plan with this checkpoint interval. */
function savedSo(plan: Plan, { stepsPerCheckpoint }: Rhythm, stall: number): Plan {
  const { setup, stepSeconds, days } = plan;
  const { meanTimeToInterruptSeconds: between } = plan.reliability;
  const goodput = goodputOfSaving({
    interval: stepsPerCheckpoint * stepSeconds,
    stall,
    recoverySeconds: setup.recoverySeconds,
    between,
  });
  const calendarDays = goodput > 0 ? days / goodput : plan.calendarDays;
  return { ...plan, calendarDays, reliability: { ...plan.reliability, goodput } };
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

/** Place of an incident, in the terms of messages. */
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

export function progressOf(run: PretrainingRun): Progress {
  const { step, learned, usefulMs, jobSize } = run;
  const starts = lastingStarts(run.starts, step);
  return { step, learned, usefulMs, starts, worldSize: worldSizeOf(jobSize) };
}

/** Sequences that the current weights have learned from. */
export function consumedSamples({ sequence }: PretrainingRun, { tokens }: Learned): number {
  return tokens / sequence;
}

export function worldSizeOf({ plan }: JobSize): number {
  return plan.setup.gpuCount;
}

export function isReduced({ jobSize, jobSizes }: PretrainingRun): boolean {
  return jobSize !== jobSizes.full;
}

export function goodputOf(run: PretrainingRun): number {
  return run.nowMs === 0 ? 1 : run.usefulMs / run.nowMs;
}
