/**
 * GPU counters that say more than utilisation: clock, tensor cores, memory, links.
 *
 * The cycles that a step needs of the tensor cores are what they are. So the share of them falls
 * where a GPU waits, and does not fall where its clock does: the one that runs slow is the one
 * that never waits.
 */

import type { ClusterActivity, GpuStatus } from "../../events/cluster.ts";
import type { Gpu } from "../catalog/gpus.ts";
import { rounded } from "../engine/portable-math.ts";
import { gpuShare } from "../plan/power.ts";
import { type Activity, usualActivity } from "./activity.ts";
import { type Clocks, clocksOf, clockUnder, steppedMhz } from "./clocks.ts";
import { FULL_LOAD, type Load, type MachineState, powerShare } from "./states.ts";

/** Work for the model in each state, as a share of that in training. */
const WORK: { readonly [S in MachineState]: number } = {
  training: 1,
  // Only forward, and without an optimiser.
  validating: 0.9,
  saving: 0,
  stalled: 0,
  hanging: 0,
  down: 0,
};

/** Weights and moments go through PCI Express, which the memory hardly notices. Assumed. */
const COPYING_MEMORY = 0.015;

/** Of a memory that never rests, above its chip. Assumed. */
const MEMORY_RISE_C = 25;

/** How much the power that a GPU asks for differs by its silicon, moment and time of day. Assumed. */
const SILICON_TIMES = 4;
const UNREST_SHARE = 0.03;
const DAY_SHARE = 0.027;

export interface TelemetryParts {
  readonly gpu: Gpu;
  readonly gpuCount: number;
  /** Of an undisturbed step, 0 to 1. */
  readonly mfu: number;
  /** Of the same step. @default usual for so much of the peak */
  readonly activity?: Activity | undefined;
}

/** What all of them do. */
export interface Doing {
  readonly state: MachineState;
  readonly load?: Load | undefined;
  /** Of the day, -1 to 1. */
  readonly warmth: number;
}

/** What makes one of them another. */
export interface Own {
  /** Its power at the same work, as a factor. */
  readonly silicon: number;
  /** A value that wanders around 0. */
  readonly unrest: number;
  /** It is the one that the others wait for, so it does not wait. */
  readonly isWaitedFor: boolean;
  /** What it may draw, as a factor; that of all included. */
  readonly power: number;
}

export interface Telemetry {
  of(own: Own, doing: Doing): Required<Pick<GpuStatus, "clockMhz" | "tensorActive">>;
  /** @param memoryWarm Share of the cycles that the warmth of the memory has followed. */
  ofAll(doing: Doing, memoryWarm: number): ClusterActivity;
  memoryActive(doing: Doing): number;
}

/** Undefined for makers that have no such telemetry. */
export function telemetryOf(parts: TelemetryParts): Telemetry | undefined {
  const clocks = clocksOf(parts.gpu);
  return clocks && telemetryWith(clocks, parts);
}

function telemetryWith(clocks: Clocks, { gpu, gpuCount, mfu, activity }: TelemetryParts) {
  const { tensor, memory, linkGbPerSecond } = activity ?? usualActivity(gpu, gpuCount, mfu);
  /** Of its limit, for training at the highest clock. */
  const training = (gpuShare(mfu) * gpu.tdpWatts) / gpu.powerWatts;

  const tensorActive = (state: MachineState, busy: number, clockMhz: number) =>
    Math.min(1, (WORK[state] * tensor * busy * clocks.rated) / clockMhz);

  const together = ({ state, load = FULL_LOAD, warmth }: Doing) => {
    const demand = training * powerShare(state, load.busy) * (1 + DAY_SHARE * warmth);
    const clockMhz = clockUnder(clocks, demand);
    const slower = load.times === 1 ? 1 : clockUnder(clocks, demand / load.times) / clockMhz;
    const pace = WORK[state] * load.busy * slower;
    return {
      pace,
      tensor: tensorActive(state, load.busy, clockMhz),
      memory: state === "saving" ? COPYING_MEMORY : memory * pace,
    };
  };

  const telemetry: Telemetry = {
    of({ silicon, unrest, isWaitedFor, power }, { state, load = FULL_LOAD, warmth }) {
      if (state === "down") return { clockMhz: clocks.idle, tensorActive: 0 };
      const busy = isWaitedFor ? 1 : load.busy;
      const own = SILICON_TIMES * (silicon - 1) + UNREST_SHARE * unrest + DAY_SHARE * warmth;
      const demand = training * powerShare(state, busy) * (1 + own);
      const limit = isWaitedFor ? load.times : power;
      const clockMhz = clockUnder(clocks, demand / limit) * (isWaitedFor ? load.busy : 1);
      const active = tensorActive(state, busy, clockUnder(clocks, demand));
      return { clockMhz: steppedMhz(clocks, clockMhz), tensorActive: rounded(active, 3) };
    },
    ofAll(doing, memoryWarm) {
      const all = together(doing);
      return {
        tensorActive: rounded(all.tensor, 3),
        memoryActive: rounded(all.memory, 3),
        ...(linkGbPerSecond !== undefined && {
          linkGbPerSecond: threeDigits(linkGbPerSecond * all.pace),
        }),
        ...(clocks.stacked && { memoryRiseC: rounded(MEMORY_RISE_C * memoryWarm, 1) }),
      };
    },
    memoryActive: (doing) => together(doing).memory,
  };
  return telemetry;
}

function threeDigits(x: number): number {
  return rounded(x, x >= 100 ? 0 : x >= 10 ? 1 : 2);
}
