/** The machines of a short scene, with a status sample every few steps. */

import type { ClusterStatus } from "../../events/cluster.ts";
import {
  type Job,
  type Load,
  type MachineState,
  type Machines,
  machinesOf,
  reportedNodesOf,
  type Trouble,
} from "../cluster/machines.ts";
import { rounded } from "../engine/portable-math.ts";
import { nodeCount } from "../plan/setup.ts";

export interface MachineRoom {
  readonly machines: Machines;
  readonly job: Job;
  /** Nodes that appear in status samples. */
  readonly reportedNodes: readonly number[];
  nowMs: number;
  /** Of the newest sample. */
  statusMs: number;
  statusEnergyJoules: number;
  /** Simulated time so far, in milliseconds. */
  usefulMs: number;
}

export function machineRoom(job: Job, seed: number): MachineRoom {
  const machines = machinesOf(job, seed);
  const reportedNodes = reportedNodesOf(seed, nodeCount(job.setup));
  return {
    machines,
    job,
    reportedNodes,
    nowMs: 0,
    statusMs: 0,
    statusEnergyJoules: 0,
    usefulMs: 0,
  };
}

/** What the machines are doing now; they have done it since the sample before. */
export interface Doing {
  readonly step: number;
  readonly state: MachineState;
  readonly load?: Load;
  readonly troubles?: readonly Trouble[];
  readonly spareNodes: number;
}

export function statusNews(room: MachineRoom, doing: Doing): ClusterStatus {
  const { machines, job, nowMs } = room;
  const { step, state, load = { times: 1, busy: 1 }, troubles = [], spareNodes } = doing;
  machines.advance(nowMs, state, load);
  const energyJoules = Math.round(machines.energyJoules);
  const passedMs = Math.max(1, nowMs - room.statusMs);
  const watts = ((energyJoules - room.statusEnergyJoules) * 1000) / passedMs;
  room.statusMs = nowMs;
  room.statusEnergyJoules = energyJoules;
  const moment = { atMs: nowMs, state, troubles, load };
  return {
    type: "cluster-status",
    step,
    state,
    // A hot one is looked at; only one that fails its test is taken out, and then a spare is in.
    nodesHealthy: nodeCount(job.setup),
    spareNodes,
    ...machines.means(moment),
    powerWatts: rounded(watts, 1),
    energyJoules,
    goodput: rounded(Math.min(1, room.usefulMs / Math.max(1, nowMs)), 4),
    nodes: room.reportedNodes.map((node) => machines.node(node, moment)),
    memoryBytesTotal: job.setup.gpu.memoryGb * 1e9,
  };
}
