/** The common part of all restarts: their messages, and the time when training continues. */

import type { RunRestored } from "../../../events/cluster.ts";
import type { Json } from "../../../json.ts";
import { fixedNormal } from "../../engine/chance.ts";
import { PRETRAINING_DRAW } from "../../engine/draws.ts";
import { exp } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import type { IncidentPlace, TimedMessage } from "../../incidents/symptoms.ts";
import { writeRate } from "../../plan/plan.ts";
import { microBatchCount } from "../../plan/setup.ts";
import { checkpointPath } from "./elapse.ts";
import type { JobSize } from "./job-sizes.ts";
import { isReduced, type PretrainingRun, type Progress, worldSizeOf } from "./pretraining-run.ts";

/**
 * Assumed shares of a restart: when a checkpoint is tried that cannot be read, and when one is
 * read at earliest.
 */
const UNREADABLE_SHARE = 0.5;
const READING_SHARE_MIN = 0.55;

/** Finding the files and planning who reads what (assumed); then as fast as it was written. */
const READING_START_SECONDS = 10;

/** A slot of the job and the machine that takes it. */
export type Move = readonly [slot: number, machine: number];

/** The job goes on with another number of replicas. */
export interface Resize {
  readonly before: JobSize;
  readonly moves: readonly Move[];
}

export interface Way {
  readonly restartMs: number;
  readonly from: Progress;
  /** Everybody was asked to stop; nothing failed. */
  readonly isPlanned?: true;
  /** Where it broke, if it broke. */
  readonly place?: IncidentPlace;
  /** The checkpoint that was tried first. */
  readonly unreadable?: Progress | undefined;
  readonly replaced?: readonly number[];
  /** Not one replica could be formed: the job waits for the node to be repaired. */
  readonly waits?: boolean;
  readonly resize?: Resize | undefined;
}

type Said = Omit<TimedMessage["news"], "type">;

/** The time of a message, as a share of the restart, and what it says. */
type Moment = readonly [share: number, said: Said];

const LAUNCHER = { level: "info", source: "launcher" } as const;
const STORAGE = { level: "info", source: "storage" } as const;

export function restartMessages(run: PretrainingRun, way: Way): TimedMessage[] {
  const { before } = way.resize ?? { before: run.jobSize };
  const ranks = worldSizeOf(before);
  const level = way.isPlanned ? "info" : "error";
  const moments: Moment[] = [
    [0.02, { ...LAUNCHER, level, code: "workers-stopped", values: { ranks } }],
    ...nodeMoments(run, way),
    ...resizeMoments(run, way),
    [0.3, { ...LAUNCHER, code: "rendezvous", values: rendezvousValues(run, run.restarts + 1) }],
    [0.45, { level: "info", source: "nccl", code: "nccl-ready", values: ncclValues(run) }],
    ...readingMoments(run, way),
  ];
  return moments.map(([share, said]) => ({
    atMs: Math.round(run.nowMs + way.restartMs * share),
    news: { type: "cluster-message", ...said },
  }));
}

function nodeMoments(run: PretrainingRun, { place, replaced, waits }: Way): Moment[] {
  const [replacement] = replaced ?? [];
  if (waits) {
    return [
      [0.04, { ...LAUNCHER, level: "warning", code: "no-spare-node", ...place }],
      [0.26, { ...LAUNCHER, code: "node-repaired", ...place }],
    ];
  }
  if (replacement === undefined) return [];
  const values = { spares: run.spares };
  return [
    [0.12, { ...LAUNCHER, code: "node-drained", ...place }],
    [0.2, { ...LAUNCHER, code: "node-joined", node: replacement, values }],
  ];
}

function resizeMoments(run: PretrainingRun, { place, resize }: Way): Moment[] {
  if (resize === undefined) return [];
  const shrinks = worldSizeOf(run.jobSize) < worldSizeOf(resize.before);
  const isLost = place?.node !== undefined;
  const scarce = { ...LAUNCHER, level: "warning", code: "spares-exhausted" } as const;
  return [
    ...(isLost && shrinks ? [[0.06, scarce] as const] : []),
    ...(isLost ? [[0.1, { ...LAUNCHER, code: "node-drained", ...place }] as const] : []),
    [0.2, { ...LAUNCHER, code: "resharding", values: resizeValues(run, resize) }],
  ];
}

function resizeValues(run: PretrainingRun, { before, moves }: Resize): Record<string, Json> {
  const [from, to] = [before.plan.setup, run.jobSize.plan.setup];
  return {
    worldSizeBefore: from.gpuCount,
    worldSize: to.gpuCount,
    nodes: run.jobSize.nodes,
    dataParallelBefore: from.dataParallel,
    dataParallel: to.dataParallel,
    globalBatchBefore: from.globalBatchSequences,
    globalBatch: to.globalBatchSequences,
    accumulation: Math.round(microBatchCount(to)),
    memoryBytes: Math.round(run.jobSize.plan.memory.total),
    idleNodes: run.spares,
    moves,
  };
}

/** It ends with the restart. */
function readingShare({ plan, jobSize }: PretrainingRun, restartMs: number): number {
  const seconds = READING_START_SECONDS + plan.checkpointBytes / writeRate(jobSize.plan.setup);
  return Math.max(READING_SHARE_MIN, 1 - (1000 * seconds) / restartMs);
}

function readingMoments(run: PretrainingRun, way: Way): Moment[] {
  const { from, unreadable, restartMs } = way;
  const moments: Moment[] = [];
  if (unreadable !== undefined) {
    const values = { path: checkpointPath(run, unreadable.step) };
    const code = "checkpoint-unreadable";
    moments.push([UNREADABLE_SHARE, { ...STORAGE, level: "error", code, values }]);
  }
  if (from.step > 0) {
    const worldSize = worldSizeOf(run.jobSize);
    const values = {
      path: checkpointPath(run, from.step),
      bytes: run.plan.checkpointBytes,
      ...(from.worldSize !== worldSize && { ranksBefore: from.worldSize, ranks: worldSize }),
    };
    moments.push([
      readingShare(run, restartMs),
      { ...STORAGE, code: "checkpoint-loading", values },
    ]);
  }
  return moments;
}

export function rendezvousValues(
  { described, jobSize }: PretrainingRun,
  restart: number,
): Record<string, Json> {
  return { restart, master: described.cluster.master, worldSize: worldSizeOf(jobSize) };
}

/** How long the ranks take to find each other and connect, in milliseconds. */
export function ncclMs({ seed, nowMs, restarts, jobSize }: PretrainingRun): number {
  // Assumed: a start, and connections that grow with the width of the job.
  const usualMs = 2500 + 180 * Math.sqrt(worldSizeOf(jobSize));
  const start = nowMs === 0 ? 0 : restarts + 1;
  return Math.round(
    usualMs * exp(NCCL_SPREAD * fixedNormal(seed, start, PRETRAINING_DRAW.connectTime)),
  );
}

/** Deviation of the logarithm. Assumed. */
const NCCL_SPREAD = 0.2;

export function ncclValues(run: PretrainingRun): Record<string, Json> {
  const { versions } = run.described.cluster;
  return {
    version: versions["nccl"] ?? versions["rccl"] ?? "",
    ranks: worldSizeOf(run.jobSize),
    nodes: run.jobSize.nodes,
    ms: ncclMs(run),
  };
}

export interface Back {
  readonly from: Progress;
  readonly stoppedMs: number;
  readonly stoppedStep: number;
  readonly replaced: readonly number[];
  readonly resize: Resize | undefined;
}

/** Restores the state of the checkpoint. */
export function* goOn(run: PretrainingRun, back: Back): Generator<SceneItem> {
  const { from, stoppedMs, stoppedStep, replaced, resize } = back;
  run.step = from.step;
  run.learned = from.learned;
  run.usefulMs = from.usefulMs;
  run.saved = run.saved.filter(({ step }) => step <= from.step);
  run.restarts += 1;
  run.starts = [...from.starts, { attempt: run.restarts, step: from.step }];
  run.stepsSinceStart = 0;
  const { tokens } = from.learned;
  const news: RunRestored = {
    type: "run-restored",
    step: from.step,
    lostSteps: stoppedStep - from.step,
    consumedSamples: tokens / run.sequence,
    consumedTokens: tokens,
    downtimeMs: run.nowMs - stoppedMs,
    path: from.step === 0 ? "" : checkpointPath(run, from.step),
    restart: run.restarts,
    nodesReplaced: replaced,
    ...(resize !== undefined || isReduced(run) ? jobSizeNews(run) : {}),
  };
  yield { atMs: run.nowMs, news };
  if (resize === undefined) return;
  const { worldSize, dataParallel } = jobSizeNews(run);
  const { gpuCount, dataParallel: replicas } = run.plan.setup;
  const planned = { worldSizePlanned: gpuCount, dataParallelPlanned: replicas };
  const now = { atMs: run.nowMs, step: run.step, worldSize, dataParallel };
  yield { atMs: run.nowMs, truth: { type: "world-resized", ...now, ...planned } };
}

function jobSizeNews({ jobSize }: PretrainingRun) {
  const { gpuCount, dataParallel, globalBatchSequences } = jobSize.plan.setup;
  return { worldSize: gpuCount, dataParallel, globalBatchSequences };
}
