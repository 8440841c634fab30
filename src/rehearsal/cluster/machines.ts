/**
 * Power and temperature of every GPU at any moment, without a memory for each.
 *
 * What all of them do together (train, wait, save) is one number with inertia; what makes one
 * differ from the next (its silicon, its place in the box, its rack) follows from its number. So
 * 16,384 GPUs cost nothing until one is queried.
 */

import type { ClusterActivity, GpuStatus, NodeStatus } from "../../events/cluster.ts";
import { fixedNormal, fixedShare, wander } from "../engine/chance.ts";
import { DRAW } from "../engine/draws.ts";
import { exp, rounded } from "../engine/portable-math.ts";
import { MEBIBYTE } from "../engine/units.ts";
import { warmthAt } from "../engine/wall-clock.ts";
import { gpuShare, hostWatts } from "../plan/power.ts";
import type { Setup } from "../plan/setup.ts";
import type { Activity } from "./activity.ts";
import { FULL_LOAD, type Load, type MachineState, powerShare } from "./states.ts";
import { type Telemetry, telemetryOf } from "./telemetry.ts";

export type { Load, MachineState };

/** What the driver says in each state: a GPU that waits inside a kernel says 1. */
const STATE_UTILISATION: { readonly [S in MachineState]: number } = {
  training: 0.985,
  validating: 0.97,
  saving: 0.9,
  stalled: 1,
  hanging: 1,
  down: 0,
};

// Temperatures and spreads are assumed, so that a healthy card is at 60 to 75 degrees under load.
/** Heat sinks and the air in the box follow the power with this time constant. */
const WARMING_MS = 40_000;

/** Of the air in front: its mean, what places differ by, and what a day does. */
const INLET_C = 26;
const INLET_SPREAD_C = 1.1;
const DAY_SWING_C = 1.2;
/** From the front of the box to its exhaust. */
const EXHAUST_C = 6;
/** Above its inlet, at the power it is built for. */
const RISE_C = 39;
const WANDER_MS = 240_000;
/** Deviations of a healthy chip: of its temperature, and of its power as a share. */
export const WANDER_C = 0.5;
export const RIPPLE_SHARE = 0.012;
/** Two GPUs of one kind differ in power at the same work. */
const SILICON_SHARE = 0.025;

/** What an incident does to a GPU or, without `gpu`, to a node; without `node`, to all. */
export interface Trouble {
  readonly node?: number | undefined;
  readonly gpu?: number | undefined;
  /** Degrees above the usual, as far as it has warmed up or cooled down. */
  readonly heatC: number;
  /** Power times this. */
  readonly power: number;
  /** The same, as far as temperatures have followed. */
  readonly warmPower: number;
  readonly memory: number;
  /** It is the one that the others wait for, so it does not wait. */
  readonly isWaitedFor: boolean;
  /** How far temperatures have followed, 0 to 1. */
  readonly warmed: number;
}

export interface Machines {
  /** Lets time pass up to `atMs` in a state; times must not go back. @param load By default full. */
  advance(atMs: number, state: MachineState, load?: Load): void;
  /** They come from another job: as warm as training makes them. */
  warmUp(): void;
  /**
   * From now on they do another job, which may need fewer of them; advance to the moment before.
   *
   * @param idleNodes Nodes beside those of the job that wait under power.
   */
  resize(job: Job, idleNodes: number): void;
  /** Since the start, without the building. */
  readonly energyJoules: number;
  readonly peakMemoryBytes: number;
  /** @param hardware The machine that stands in this slot. @default the slot's first one */
  node(slot: number, moment: Moment, hardware?: number): NodeStatus;
  /** One that is under power and does nothing. */
  idleNode(hardware: number, atMs: number): NodeStatus;
  means(moment: Moment): Means;
}

/** Over all GPUs; of those in the job what they do. */
interface Means {
  readonly utilisation: number;
  readonly temperatureC: number;
  readonly activity?: ClusterActivity;
}

export interface Moment {
  readonly atMs: number;
  readonly state: MachineState;
  readonly troubles: readonly Trouble[];
  /** @default full */
  readonly load?: Load;
}

/** What the machines are, and what they are given to do. */
export interface Job {
  readonly setup: Pick<Setup, "gpu" | "gpuCount" | "pipelineParallel">;
  /** Of an undisturbed step, 0 to 1. */
  readonly mfu: number;
  /** On the fullest GPU, in bytes. */
  readonly memoryBytes: number;
  /** Of an undisturbed step. @default usual for its `mfu` */
  readonly activity?: Activity;
}

export function machinesOf(job: Job, seed: number): Machines {
  const { gpu } = job.setup;
  const span = gpu.powerWatts - gpu.idleWatts;
  let build = buildOf(job, seed);
  let idleGpus = 0;
  /** Of everything but the GPUs of the job. */
  let restWatts = hostWatts(job.setup);
  let peakBytes = job.memoryBytes;
  let energyJoules = 0;
  let lastMs = 0;
  /** Share between idle and the limit that the temperatures have followed so far. */
  let warm = 0;
  /** The same of how busy the memory is. */
  let memoryWarm = 0;

  return {
    get energyJoules() {
      return energyJoules;
    },
    get peakMemoryBytes() {
      return Math.floor(peakBytes / MEBIBYTE) * MEBIBYTE;
    },
    advance(atMs, state, load = FULL_LOAD) {
      const { times, busy } = load;
      const passedMs = atMs - lastMs;
      if (passedMs <= 0) return;
      const watts = (gpu.idleWatts + span * build.training * powerShare(state, busy)) * times;
      energyJoules += ((build.setup.gpuCount * watts + restWatts) * passedMs) / 1000;
      const share = (watts - gpu.idleWatts) / span;
      const left = passedMs > 40 * WARMING_MS ? 0 : exp(-passedMs / WARMING_MS);
      warm = share + (warm - share) * left;
      const memory = build.telemetry?.memoryActive({ state, load, warmth: 0 }) ?? 0;
      memoryWarm = memory + (memoryWarm - memory) * left;
      lastMs = atMs;
    },
    warmUp() {
      warm = build.training;
      memoryWarm = build.telemetry?.memoryActive({ state: "training", warmth: 0 }) ?? 0;
    },
    resize(next, idleNodes) {
      build = buildOf(next, seed);
      idleGpus = idleNodes * gpu.gpusPerNode;
      const hosts = hostWatts(next.setup) + hostWatts({ gpu, gpuCount: idleGpus });
      restWatts = hosts + idleGpus * gpu.idleWatts;
      peakBytes = Math.max(peakBytes, next.memoryBytes);
    },
    node(slot, moment, hardware = slot) {
      const { gpusPerNode } = gpu;
      const count = Math.min(gpusPerNode, build.setup.gpuCount - slot * gpusPerNode);
      const gpuMoment = { ...moment, warm };
      const gpus: GpuStatus[] = [];
      for (let i = 0; i < Math.max(1, count); i += 1) {
        const place = { slot: slot * gpusPerNode + i, hardware: hardware * gpusPerNode + i };
        gpus.push(gpuStatus(build, place, gpuMoment));
      }
      return { node: hardware, gpus };
    },
    idleNode(hardware, atMs) {
      const moment = { atMs, state: "down", troubles: [], warm: 0 } as const;
      const first = hardware * gpu.gpusPerNode;
      const gpus = Array.from({ length: gpu.gpusPerNode }, (_, i) =>
        gpuStatus(build, { slot: 0, hardware: first + i }, moment),
      );
      return { node: hardware, idle: true, gpus };
    },
    means: (moment) => meansOf(build, moment, { warm, memoryWarm, idleGpus }),
  };
}

interface Common {
  readonly warm: number;
  readonly memoryWarm: number;
  readonly idleGpus: number;
}

function meansOf(build: Build, { atMs, state, load }: Moment, common: Common): Means {
  const { gpu, gpuCount } = build.setup;
  const { warm, memoryWarm, idleGpus } = common;
  const warmth = warmthAt(build.seed, atMs);
  const inJob = idleGpus === 0 ? 1 : gpuCount / (gpuCount + idleGpus);
  const span = gpu.powerWatts - gpu.idleWatts;
  const rise = (RISE_C * (gpu.idleWatts + span * warm * inJob)) / gpu.powerWatts;
  const utilisation = STATE_UTILISATION[state];
  const activity = build.telemetry?.ofAll({ state, load, warmth }, memoryWarm);
  return {
    utilisation: idleGpus === 0 ? utilisation : rounded(utilisation * inJob, 4),
    temperatureC: rounded(INLET_C + EXHAUST_C / 2 + DAY_SWING_C * warmth + rise, 1),
    ...(activity && { activity }),
  };
}

function buildOf({ setup, mfu, memoryBytes: planned, activity }: Job, seed: number): Build {
  const { gpu, gpuCount } = setup;
  const telemetry = telemetryOf({ gpu, gpuCount, mfu, activity });
  return { setup, training: gpuShare(mfu), seed, planned, identities: new Map(), telemetry };
}

interface Build {
  readonly setup: Job["setup"];
  /** Share of the way from idle to the limit that training takes. */
  readonly training: number;
  readonly seed: number;
  /** Memory of the fullest GPU, in bytes. */
  readonly planned: number;
  /** Those that have been queried. */
  readonly identities: Map<number, Identity>;
  readonly telemetry: Telemetry | undefined;
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

/** A GPU by its place in the job and by what it is; both counted over all nodes. */
interface Place {
  readonly slot: number;
  readonly hardware: number;
}

function gpuStatus(build: Build, place: Place, moment: GpuMoment): GpuStatus {
  const { setup, training, seed } = build;
  const { atMs, state, warm, troubles, load = FULL_LOAD } = moment;
  const { gpu } = setup;
  const { silicon, inletC, memoryBytes } = identityOf(build, place);
  const trouble = troubleOf(troubles, gpu.gpusPerNode, place.slot);
  const span = gpu.powerWatts - gpu.idleWatts;
  const unrest = wander(seed + 2, place.hardware, atMs / WANDER_MS);
  const waiting = powerShare(state, load.busy);
  const own = trouble.isWaitedFor ? powerShare(state, 1) : waiting;
  const watts = (gpu.idleWatts + span * training * own) * silicon * trouble.power;
  const ownWarm = waiting > 0 ? warm * (1 + (own / waiting - 1) * trouble.warmed) : warm;
  const warmWatts = (gpu.idleWatts + span * ownWarm) * silicon * trouble.warmPower;
  const riseC = (RISE_C * Math.min(gpu.powerWatts, warmWatts)) / gpu.powerWatts;
  const warmth = warmthAt(seed, atMs);
  const isDown = state === "down";
  const busy = Math.min(1, STATE_UTILISATION[state] + 0.006 * unrest);
  const memory = Math.min(memoryBytes * trouble.memory, gpu.memoryGb * 1e9);
  return {
    utilisation: isDown ? 0 : rounded(busy, 2),
    temperatureC: rounded(
      inletC + DAY_SWING_C * warmth + riseC + WANDER_C * unrest + trouble.heatC,
      1,
    ),
    powerWatts: Math.round(Math.min(gpu.powerWatts, watts * (1 + RIPPLE_SHARE * unrest))),
    memoryBytes: isDown ? 0 : Math.floor(memory / MEBIBYTE) * MEBIBYTE,
    ...build.telemetry?.of({ silicon, unrest, ...trouble }, { state, load, warmth }),
  };
}

function identityOf({ setup, seed, planned, identities }: Build, place: Place): Identity {
  const { slot, hardware } = place;
  const known = identities.get(hardware);
  if (known !== undefined) return known;
  const { gpusPerNode } = setup.gpu;
  const { gpuCount, pipelineParallel } = setup;
  const inBox = (hardware % gpusPerNode) / Math.max(1, gpusPerNode - 1);
  const rackC = INLET_SPREAD_C * fixedNormal(seed, Math.floor(hardware / gpusPerNode), DRAW.inlet);
  const stage = Math.floor((slot * pipelineParallel) / gpuCount) / pipelineParallel;
  const own = 1 - 0.002 * Math.abs(fixedNormal(seed, hardware, DRAW.clock));
  const identity = {
    silicon: 1 + SILICON_SHARE * fixedNormal(seed, hardware, DRAW.silicon),
    inletC: INLET_C + EXHAUST_C * inBox + rackC,
    memoryBytes: planned * (1 - 0.1 * stage) * own,
  };
  identities.set(hardware, identity);
  return identity;
}

/**
 * The nodes that samples report, the same for the whole run: the first ones, and as many scattered
 * over the others. A set that changed with what goes wrong would point at it.
 *
 * @param count At most so many, at least 2. @default 8
 */
export function reportedNodesOf(seed: number, nodes: number, count = 8): number[] {
  const all = Array.from({ length: Math.min(nodes, count) }, (_, i) => i);
  if (nodes <= count) return all;
  const first = Math.ceil(count / 2);
  const stride = (nodes - first) / (count - first);
  return all.map((i) =>
    i < first ? i : first + Math.floor(stride * (i - first + fixedShare(seed, i, DRAW.toldNode))),
  );
}

type OwnTrouble = Omit<Trouble, "node" | "gpu">;

const NO_TROUBLE: OwnTrouble = {
  heatC: 0,
  power: 1,
  warmPower: 1,
  memory: 1,
  isWaitedFor: false,
  warmed: 0,
};

/** What all troubles together do to a GPU. */
function troubleOf(troubles: readonly Trouble[], gpusPerNode: number, slot: number): OwnTrouble {
  if (troubles.length === 0) return NO_TROUBLE;
  const node = Math.floor(slot / gpusPerNode);
  const gpu = slot % gpusPerNode;
  const mine = troubles.filter(
    (trouble) =>
      (trouble.node === undefined || trouble.node === node) &&
      (trouble.gpu === undefined || trouble.gpu === gpu),
  );
  return mine.reduce<OwnTrouble>(
    (all, one) => ({
      heatC: all.heatC + one.heatC,
      power: all.power * one.power,
      // What all of them draw is in their common warmth already.
      warmPower: all.warmPower * (one.node === undefined ? 1 : one.warmPower),
      memory: all.memory * one.memory,
      isWaitedFor: all.isWaitedFor || one.isWaitedFor,
      warmed: Math.max(all.warmed, one.warmed),
    }),
    NO_TROUBLE,
  );
}
