/**
 * Elastic training: without a spare node the job continues with fewer replicas, and grows back
 * when nodes have been repaired.
 *
 * Healthy nodes that are too few for a replica wait as spares.
 */

import { uniform } from "../../../random.ts";
import { normal } from "../../engine/chance.ts";
import { exp, ln } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import { jobOf } from "../opening.ts";
import { elapse } from "./elapse.ts";
import type { JobSize } from "./job-sizes.ts";
import {
  hardwareIn,
  isReduced,
  type PretrainingRun,
  type Progress,
  post,
} from "./pretraining-run.ts";
import { goOn, type Move, type Resize, restartMessages } from "./restart.ts";

/**
 * Hours that a node is away when the job goes on without it: from a power cycle and the tests after
 * it to a new part. There is no hurry, as there is when the whole job stands still.
 */
const AWAY_HOURS = [0.5, 24] as const;

/** Share of a recovery: nothing has to be found out or replaced, all stop when asked. Assumed. */
const PLANNED_SHARE = 0.45;
const PLANNED_SPREAD = 0.2;

/** @returns The size to continue with; undefined where the job has to wait for the lost node. */
export function jobSizeAfter(run: PretrainingRun, lost: number | undefined): JobSize | undefined {
  const { jobSize, spares } = run;
  const present = jobSize.nodes + spares - (lost === undefined ? 0 : 1);
  const isWhole = lost === undefined || spares > 0;
  return run.jobSizes.largestOn(present) ?? (isWhole ? jobSize : undefined);
}

/** The larger size that repaired nodes allow, unless a failure is imminent. */
function jobSizeToGrowTo(run: PretrainingRun): JobSize | undefined {
  if (!isReduced(run)) return undefined;
  if (run.incidents.active.some(({ stopMs }) => stopMs !== undefined)) return undefined;
  const larger = run.jobSizes.largestOn(run.jobSize.nodes + run.spares);
  return larger !== undefined && replicasOf(larger) > replicasOf(run.jobSize) ? larger : undefined;
}

function replicasOf({ plan }: JobSize): number {
  return plan.setup.dataParallel;
}

/** Nodes whose repair is over are spare; a job that waits for them says so. */
export function* returnedNodes(run: PretrainingRun): Generator<SceneItem> {
  const back = run.repairs.filter(({ backMs }) => backMs <= run.nowMs);
  if (back.length === 0) return;
  run.repairs = run.repairs.filter(({ backMs }) => backMs > run.nowMs);
  run.spares += back.length;
  if (!isReduced(run)) return;
  run.idle.push(...back.map(({ machine }) => machine));
  resizeMachines(run);
  const said = { type: "cluster-message", level: "info", source: "launcher" } as const;
  const values = { spares: run.spares };
  for (const { machine } of back)
    yield { atMs: run.nowMs, news: { ...said, code: "node-returned", node: machine, values } };
}

/** Another machine takes the slot; the old one is repaired and comes back as a spare. */
export function replaceIn(run: PretrainingRun, slot: number, hours: number): number {
  sendAway(run, slot, hours);
  run.spares -= 1;
  const machine = nextSpare(run, slot, () => true);
  run.hardware.set(slot, machine);
  return machine;
}

function sendAway(run: PretrainingRun, slot: number, hours: number): void {
  const backMs = run.nowMs + Math.round(hours * 3_600_000);
  run.repairs.push({ machine: hardwareIn(run, slot), backMs });
}

/** Nodes that were in the job before are preferred, in their own slot if possible. */
function nextSpare(
  run: PretrainingRun,
  slot: number,
  isFree: (machine: number) => boolean,
): number {
  const found = run.idle.find((one) => one === slot) ?? run.idle.find(isFree) ?? run.idle[0];
  if (found === undefined) {
    run.nextHardware += 1;
    return run.nextHardware - 1;
  }
  run.idle = run.idle.filter((one) => one !== found);
  return found;
}

/** Frees or fills slots, and updates every part of the run. */
export function resizeTo(run: PretrainingRun, jobSize: JobSize, lost: number | undefined): Resize {
  const before = run.jobSize;
  const given = range(jobSize.nodes, before.nodes).filter((slot) => slot !== lost);
  run.spares += before.nodes - jobSize.nodes - (lost === undefined ? 0 : 1);
  run.idle.push(...given.map((slot) => hardwareIn(run, slot)));
  if (lost !== undefined) sendAway(run, lost, awayHours(run));
  const isOpen = lost !== undefined && lost < jobSize.nodes;
  const open = [...(isOpen ? [lost] : []), ...range(before.nodes, jobSize.nodes)];
  const moves = open.map((slot): Move => {
    const machine = nextSpare(run, slot, (one) => !open.includes(one));
    run.hardware.set(slot, machine);
    return [slot, machine];
  });
  run.jobSize = jobSize;
  run.incidents.resize(jobSize.nodes);
  resizeMachines(run);
  return { before, moves };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

function awayHours({ scarcity }: PretrainingRun): number {
  return exp(uniform(scarcity, ln(AWAY_HOURS[0]), ln(AWAY_HOURS[1])));
}

/** Nodes that wait beside a smaller job are under power; those in repair are not. */
function resizeMachines({ machines, jobSize, jobSizes, spares }: PretrainingRun): void {
  const idle = Math.min(jobSizes.full.nodes, jobSize.nodes + spares) - jobSize.nodes;
  machines.resize(jobOf(jobSize.plan), idle);
}

/** Takes the nodes in that are back, as soon as the checkpoint of this step is written. */
export function* growAfterSaving(run: PretrainingRun): Generator<SceneItem> {
  const jobSize = jobSizeToGrowTo(run);
  if (jobSize === undefined) return;
  if (run.pending !== undefined) yield* elapse(run, run.pending.doneMs, "saving");
  // Where an older one was still being written, there is none of this step.
  if (run.saved[0]?.step === run.step) yield* grow(run, jobSize);
}

/** A restart that is planned, so nothing is lost. */
function* grow(run: PretrainingRun, jobSize: JobSize): Generator<SceneItem> {
  const { step: stoppedStep, nowMs: stoppedMs } = run;
  const symptom = "nodes-returned";
  const news = { type: "run-interrupted", step: run.step, symptom, elastic: true } as const;
  yield { atMs: run.nowMs, news };
  const text = "Restarting with the nodes that are back";
  yield { atMs: run.nowMs, news: { type: "phase-started", phase: "preparing", text } };
  const resize = resizeTo(run, jobSize, undefined);
  const from = run.saved[0] as Progress;
  const spread = exp(PLANNED_SPREAD * normal(run.scarcity));
  const seconds = run.plan.setup.recoverySeconds * PLANNED_SHARE * spread;
  const restartMs = Math.round(seconds * 1000);
  post(run, ...restartMessages(run, { isPlanned: true, restartMs, from, resize }));
  yield* elapse(run, stoppedMs + restartMs, "down");
  const replaced = resize.moves.map(([, machine]) => machine);
  yield* goOn(run, { from, stoppedMs, stoppedStep, replaced, resize });
  const training = "Training";
  yield { atMs: run.nowMs, news: { type: "phase-started", phase: "training", text: training } };
}
