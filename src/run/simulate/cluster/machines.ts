/**
 * Power and temperature of every GPU at any moment, without a memory for each.
 *
 * What all of them do together (train, wait, save) is one number with inertia; what makes one
 * differ from the next (its silicon, its place in the box, its rack) follows from its number.
 * So 16,384 GPUs cost nothing until somebody looks at one.
 */

import type { ClusterStatus, GpuStatus, NodeStatus } from "../../../events/cluster.ts";
import { fixedNormal, wander } from "../engine/chance.ts";
import { exp, rounded, sineOfTurns } from "../engine/portable-math.ts";
import { memoryOf } from "../plan/memory.ts";
import { gpuShare, hostWatts } from "../plan/power.ts";
import { nodeCount, type Setup } from "../plan/setup.ts";

export type MachineState = ClusterStatus["state"];

/** Share of the power of training that each state takes, between idle (0) and training (1). */
const STATE_SHARES: { readonly [S in MachineState]: number } = {
  training: 1,
  validating: 0.86,
  saving: 0.45,
  stalled: 0.12,
  // Every GPU spins in a kernel that waits: busy by its own word, and nearly cold.
  hanging: 0.07,
  down: 0,
};

/** What the driver says in each state: a GPU that waits inside a kernel says 1. */
const STATE_UTILISATION: { readonly [S in MachineState]: number } = {
  training: 0.985,
  validating: 0.97,
  saving: 0.9,
  stalled: 1,
  hanging: 1,
  down: 0,
};

/** Heat sinks and the air in the box follow the power with this time constant. */
const WARMING_MS = 40_000;
const DAY_MS = 86_400_000;
const MEBIBYTE = 2 ** 20;

const INLET_C = 26;
const INLET_SPREAD_C = 1.1;
const DAY_SWING_C = 1.2;
/** From the front of the box to its exhaust. */
const EXHAUST_C = 6;
/** Above its inlet, at the power it is built for. */
const RISE_C = 39;
const WANDER_C = 0.5;
const WANDER_MS = 240_000;
const RIPPLE_SHARE = 0.012;
/** Two GPUs of one kind differ in power at the same work. */
const SILICON_SHARE = 0.025;

/** What an incident does to a GPU or, without `gpu`, to a node; without `node`, to all. */
export interface Trouble {
  readonly node?: number | undefined;
  readonly gpu?: number | undefined;
  readonly heatC: number;
  readonly power: number;
  readonly memory: number;
}

export interface Machines {
  /**
   * Lets time pass up to `atMs` in a state; times must not go back.
   *
   * @param times What all GPUs draw, as a factor: below 1 under a lowered limit. @default 1
   */
  advance(atMs: number, state: MachineState, times?: number): void;
  /** Since the start, without the building. */
  readonly energyJoules: number;
  readonly peakMemoryBytes: number;
  node(index: number, moment: Moment): NodeStatus;
  /** Means over all GPUs. */
  means(moment: Moment): { readonly utilisation: number; readonly temperatureC: number };
}

export interface Moment {
  readonly atMs: number;
  readonly state: MachineState;
  readonly troubles: readonly Trouble[];
}

export function machinesOf(setup: Setup, mfu: number, seed: number): Machines {
  const { gpu, gpuCount } = setup;
  const training = gpuShare(mfu);
  const span = gpu.powerWatts - gpu.idleWatts;
  const hosts = hostWatts(setup);
  const planned = memoryOf(setup).total;
  let energyJoules = 0;
  let lastMs = 0;
  /** Share between idle and the limit that the temperatures have followed so far. */
  let warm = 0;

  const build: Build = { setup, training, seed, planned, identities: new Map() };

  return {
    get energyJoules() {
      return energyJoules;
    },
    peakMemoryBytes: Math.floor(planned / MEBIBYTE) * MEBIBYTE,
    advance(atMs, state, times = 1) {
      const share = training * STATE_SHARES[state];
      const passedMs = atMs - lastMs;
      if (passedMs <= 0) return;
      const watts = gpuCount * (gpu.idleWatts + span * share) * times + hosts;
      energyJoules += (watts * passedMs) / 1000;
      warm =
        share + (warm - share) * (passedMs > 40 * WARMING_MS ? 0 : exp(-passedMs / WARMING_MS));
      lastMs = atMs;
    },
    node(index, moment) {
      const first = index * gpu.gpusPerNode;
      const count = Math.min(gpu.gpusPerNode, gpuCount - first);
      const gpuMoment = { ...moment, warm };
      const gpus: GpuStatus[] = [];
      for (let i = 0; i < Math.max(1, count); i += 1) {
        gpus.push(gpuStatus(build, first + i, gpuMoment));
      }
      return { node: index, gpus };
    },
    means({ atMs, state }) {
      const day = DAY_SWING_C * sineOfTurns(atMs / DAY_MS);
      const rise = (RISE_C * (gpu.idleWatts + span * warm)) / gpu.powerWatts;
      return {
        utilisation: STATE_UTILISATION[state],
        temperatureC: rounded(INLET_C + EXHAUST_C / 2 + day + rise, 1),
      };
    },
  };
}

interface Build {
  readonly setup: Setup;
  /** Share of the way from idle to the limit that training takes. */
  readonly training: number;
  readonly seed: number;
  /** Memory of the fullest GPU, in bytes. */
  readonly planned: number;
  /** Those that somebody has looked at. */
  readonly identities: Map<number, Identity>;
}

/** What makes a GPU differ from the next, for good. */
interface Identity {
  /** Its power at the same work, as a factor. */
  readonly silicon: number;
  /** Of the air that reaches it. */
  readonly inletC: number;
  /** Reserved memory does not flicker: it differs by pipeline stage and by little else. */
  readonly memoryBytes: number;
}

interface GpuMoment extends Moment {
  readonly warm: number;
}

function gpuStatus(build: Build, index: number, moment: GpuMoment): GpuStatus {
  const { setup, training, seed } = build;
  const { atMs, state, warm, troubles } = moment;
  const { gpu } = setup;
  const { silicon, inletC, memoryBytes } = identityOf(build, index);
  const trouble = troubles.length === 0 ? undefined : troubleOf(troubles, gpu.gpusPerNode, index);
  const times = silicon * (trouble?.power ?? 1);
  const span = gpu.powerWatts - gpu.idleWatts;
  const unrest = wander(seed + 2, index, atMs / WANDER_MS);
  const watts = (gpu.idleWatts + span * training * STATE_SHARES[state]) * times;
  const warmWatts = (gpu.idleWatts + span * warm) * times;
  const riseC = (RISE_C * Math.min(gpu.powerWatts, warmWatts)) / gpu.powerWatts;
  const dayC = DAY_SWING_C * sineOfTurns(atMs / DAY_MS);
  const isDown = state === "down";
  const busy = Math.min(1, STATE_UTILISATION[state] + 0.006 * unrest);
  const memory = Math.min(memoryBytes * (trouble?.memory ?? 1), gpu.memoryGb * 1e9);
  return {
    utilisation: isDown ? 0 : rounded(busy, 2),
    temperatureC: rounded(inletC + dayC + riseC + WANDER_C * unrest + (trouble?.heatC ?? 0), 1),
    powerWatts: Math.round(Math.min(gpu.powerWatts, watts * (1 + RIPPLE_SHARE * unrest))),
    memoryBytes: isDown ? 0 : Math.floor(memory / MEBIBYTE) * MEBIBYTE,
  };
}

function identityOf({ setup, seed, planned, identities }: Build, index: number): Identity {
  const known = identities.get(index);
  if (known !== undefined) return known;
  const { gpusPerNode } = setup.gpu;
  const { gpuCount, pipelineParallel } = setup;
  const place = (index % gpusPerNode) / Math.max(1, gpusPerNode - 1);
  const rackC = INLET_SPREAD_C * fixedNormal(seed, Math.floor(index / gpusPerNode), 12);
  const stage = Math.floor((index * pipelineParallel) / gpuCount) / pipelineParallel;
  const own = 1 - 0.002 * Math.abs(fixedNormal(seed, index, 13));
  const identity = {
    silicon: 1 + SILICON_SHARE * fixedNormal(seed, index, 11),
    inletC: INLET_C + EXHAUST_C * place + rackC,
    memoryBytes: planned * (1 - 0.1 * stage) * own,
  };
  identities.set(index, identity);
  return identity;
}

/** The nodes worth showing: the first ones, and those in trouble. */
export function nodesShown(
  setup: Setup,
  troubles: readonly Trouble[],
  firstNodes: number,
): number[] {
  const all = nodeCount(setup);
  const shown = new Set(Array.from({ length: Math.min(all, firstNodes) }, (_, i) => i));
  for (const { node } of troubles) if (node !== undefined) shown.add(node);
  return [...shown].sort((a, b) => a - b);
}

function troubleOf(
  troubles: readonly Trouble[],
  gpusPerNode: number,
  index: number,
): Trouble | undefined {
  const node = Math.floor(index / gpusPerNode);
  const gpu = index % gpusPerNode;
  return troubles.find(
    (trouble) =>
      (trouble.node === undefined || trouble.node === node) &&
      (trouble.gpu === undefined || trouble.gpu === gpu),
  );
}
