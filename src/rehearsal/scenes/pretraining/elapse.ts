/**
 * Lets simulated time pass in one state of the machines, and yields the status events of that
 * time.
 */

import type { ClusterStatus } from "../../../events/cluster.ts";
import type { MachineState, Moment, Trouble } from "../../cluster/machines.ts";
import { rounded } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import type { Active } from "../../incidents/active-incident.ts";
import { illnesses, messageSigns, statusSigns, writingSigns } from "../../incidents/symptoms.ts";
import type { Hidden } from "../../incidents/watch.ts";
import { goodputOf, hardwareIn, isReduced, keep, type PretrainingRun } from "./pretraining-run.ts";

const STATUS_EVERY_MS = 60_000;
const IDLE_NODES_TOLD = 4;

/** Lets time pass until `untilMs`; yields due messages, finished checkpoints and status samples. */
export function* elapse(
  run: PretrainingRun,
  untilMs: number,
  state: MachineState,
): Generator<SceneItem> {
  for (;;) {
    const messageMs = run.messages[0]?.atMs ?? Number.POSITIVE_INFINITY;
    const savedMs = run.pending?.doneMs ?? Number.POSITIVE_INFINITY;
    const nextMs = Math.min(messageMs, savedMs, run.statusDueMs);
    if (nextMs > untilMs) break;
    pass(run, nextMs, state);
    if (messageMs === nextMs) {
      const news = run.messages.shift()?.news;
      if (news === undefined) continue;
      yield* seen(run, ({ place }) => messageSigns(place, news));
      yield { atMs: run.nowMs, news };
    } else if (savedMs === nextMs) yield* checkpointWritten(run);
    else yield* statusTold(run, state);
  }
  pass(run, untilMs, state);
}

/** Ground truth of incidents that the next event shows for the first time. */
export function* seen(
  run: PretrainingRun,
  signsOf: (one: Hidden) => readonly string[],
): Generator<SceneItem> {
  for (const truth of run.watch.see(run.nowMs, signsOf)) yield { atMs: run.nowMs, truth };
}

function pass(run: PretrainingRun, atMs: number, state: MachineState): void {
  run.nowMs = Math.max(run.nowMs, atMs);
  run.machines.advance(run.nowMs, state, run.incidents.load(run.nowMs));
}

function* checkpointWritten(run: PretrainingRun): Generator<SceneItem> {
  const { pending } = run;
  if (pending === undefined) return;
  const { startedMs, doneMs, ...progress } = pending;
  run.pending = undefined;
  keep(run, progress);
  const metric = "checkpoint-saved.durationMs";
  yield* seen(run, ({ incident }) => writingSigns(incident, pending, metric));
  yield {
    atMs: run.nowMs,
    news: {
      type: "checkpoint-saved",
      step: progress.step,
      epoch: 1,
      path: checkpointPath(run, progress.step),
      bytes: run.plan.checkpointBytes,
      durationMs: doneMs - startedMs,
      reason: "interval",
    },
  };
}

export function checkpointPath({ folder }: PretrainingRun, step: number): string {
  return `${folder}/step-${String(step).padStart(8, "0")}`;
}

function* statusTold(run: PretrainingRun, state: MachineState): Generator<SceneItem> {
  const { nowMs, machines, jobSize, incidents } = run;
  run.statusDueMs = nowMs + STATUS_EVERY_MS;
  const troubles: readonly Trouble[] = incidents.troubles(nowMs);
  const moment = { atMs: nowMs, state, troubles, load: incidents.load(nowMs) };
  const energyJoules = Math.round(machines.energyJoules);
  const passedMs = nowMs - run.statusMs;
  const watts = passedMs === 0 ? 0 : ((energyJoules - run.statusEnergyJoules) * 1000) / passedMs;
  run.statusEnergyJoules = energyJoules;
  run.statusMs = nowMs;
  const { setup } = jobSize.plan;
  const slots = run.reportedNodes.filter((slot) => slot < jobSize.nodes);
  const nodesAt = (when: Moment) =>
    slots.map((slot) => machines.node(slot, when, hardwareIn(run, slot)));
  const idle = run.idle.slice(0, isReduced(run) ? IDLE_NODES_TOLD : 0);
  // What has stopped the run has left it with its node.
  const isHere = ({ stopMs }: { readonly stopMs: number | undefined }) =>
    stopMs === undefined || stopMs > nowMs || !isReduced(run);
  const ill = illnesses(incidents.since(nowMs), nowMs).filter(isHere);
  const news: ClusterStatus = {
    type: "cluster-status",
    step: run.step,
    state,
    nodesHealthy: jobSize.nodes - new Set(ill.map(({ node }) => node)).size,
    spareNodes: run.spares,
    ...machines.means(moment),
    powerWatts: rounded(watts, 1),
    energyJoules,
    goodput: rounded(goodputOf(run), 4),
    nodes: [...nodesAt(moment), ...idle.map((machine) => machines.idleNode(machine, nowMs))],
    memoryBytesTotal: setup.gpu.memoryGb * 1e9,
    ...(isReduced(run) && {
      worldSize: setup.gpuCount,
      dataParallel: setup.dataParallel,
      nodesInRepair: run.repairs.map(({ machine }) => machine),
    }),
  };
  const writing = state === "saving" && !run.savesWhileTraining ? run.pending : undefined;
  const nodesWithout = (one: Active) =>
    nodesAt({
      ...moment,
      troubles: incidents.troubles(nowMs, one),
      load: incidents.load(nowMs, one),
    });
  const status = { atMs: nowMs, news, passedMs, ill, nodesWithout, writing };
  yield* seen(run, ({ incident }) => statusSigns(incident, status));
  yield { atMs: nowMs, news };
}
