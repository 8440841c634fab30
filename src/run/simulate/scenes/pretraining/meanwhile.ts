/** Time that passes in one state of the machines, and what is told meanwhile. */

import type { ClusterStatus } from "../../../../events/cluster.ts";
import { type MachineState, nodesShown, type Trouble } from "../../cluster/machines.ts";
import { rounded } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import { goodputOf, hardwareIn, isReduced, keep, type PretrainingRun } from "./run.ts";

const STATUS_EVERY_MS = 60_000;
const NODES_SHOWN = 4;

/** Lets time pass until `untilMs`: messages, checkpoints that get written, samples of the machines. */
export function* meanwhile(
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
      const message = run.messages.shift();
      if (message !== undefined) yield { atMs: run.nowMs, news: message.news };
    } else if (savedMs === nextMs) yield* checkpointWritten(run);
    else yield statusItem(run, state);
  }
  pass(run, untilMs, state);
}

function pass(run: PretrainingRun, atMs: number, state: MachineState): void {
  run.nowMs = Math.max(run.nowMs, atMs);
  run.machines.advance(run.nowMs, state, run.incidents.load());
}

function* checkpointWritten(run: PretrainingRun): Generator<SceneItem> {
  const { pending } = run;
  if (pending === undefined) return;
  const { startedMs, doneMs, ...progress } = pending;
  run.pending = undefined;
  keep(run, progress);
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

function statusItem(run: PretrainingRun, state: MachineState): SceneItem {
  const { nowMs, machines, world, incidents } = run;
  run.statusDueMs = nowMs + STATUS_EVERY_MS;
  const troubles: readonly Trouble[] = incidents.troubles(nowMs);
  const moment = { atMs: nowMs, state, troubles, load: incidents.load() };
  const energyJoules = Math.round(machines.energyJoules);
  const passedMs = nowMs - run.statusMs;
  const watts = passedMs === 0 ? 0 : ((energyJoules - run.statusEnergyJoules) * 1000) / passedMs;
  run.statusEnergyJoules = energyJoules;
  run.statusMs = nowMs;
  const { setup } = world.plan;
  const nodes = nodesShown(setup, troubles, NODES_SHOWN)
    // What was wrong with a node that has left is not over yet.
    .filter((slot) => slot < world.nodes)
    .map((slot) => machines.node(slot, moment, hardwareIn(run, slot)));
  const idle = run.idle.slice(0, isReduced(run) ? NODES_SHOWN : 0);
  // What has stopped the run has left it with its node.
  const isHere = ({ stopMs }: { readonly stopMs: number | undefined }) =>
    stopMs === undefined || stopMs > nowMs || !isReduced(run);
  const ill = new Set(
    incidents.active.filter(isHere).flatMap(({ node }) => (node === undefined ? [] : [node])),
  );
  const news: ClusterStatus = {
    type: "cluster-status",
    step: run.step,
    state,
    nodesHealthy: world.nodes - ill.size,
    spareNodes: run.spares,
    ...machines.means(moment),
    powerWatts: rounded(watts, 1),
    energyJoules,
    goodput: rounded(goodputOf(run), 4),
    nodes: [...nodes, ...idle.map((machine) => machines.idleNode(machine, nowMs))],
    memoryBytesTotal: setup.gpu.memoryGb * 1e9,
    ...(isReduced(run) && {
      worldSize: setup.gpuCount,
      dataParallel: setup.dataParallel,
      nodesInRepair: run.repairs.map(({ machine }) => machine),
    }),
  };
  return { atMs: nowMs, news };
}
