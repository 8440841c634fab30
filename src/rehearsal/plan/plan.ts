/**
 * Computes the plan of a run from its description: duration, cost, memory.
 *
 * Utilisation is by the causal convention (see `flops.ts`), against the dense peak of the
 * precision that the matmuls run in.
 */

import { countParameters } from "../catalog/architecture.ts";
import { DAY_SECONDS } from "../engine/units.ts";
import { requestWarnings } from "./check-request.ts";
import { CHECKPOINT_BYTES_PER_PARAMETER } from "./checkpoint.ts";
import { complete } from "./complete.ts";
import { flopsPerToken } from "./flops.ts";
import { atPace, differences, type Pace, paceWarnings } from "./measured-pace.ts";
import { type Memory, memoryOf } from "./memory.ts";
import { facilityWatts } from "./power.ts";
import { type Reliability, reliabilityOf } from "./reliability.ts";
import type { PlanRequest } from "./request.ts";
import { nodeCount, type Setup, tokensPerStep } from "./setup.ts";
import { kindOf, SPREADS, type SpreadKind } from "./spread.ts";
import { type StepTime, stepTime } from "./step-time.ts";

/** Model FLOPs utilisation of the plain estimate beside the plan: the usual guess. */
const BASELINE_MFU = 0.4;

/**
 * What one node writes to shared storage, and what the storage takes in all, bytes per second.
 * BLOOM wrote 1.3 GB/s per node; the rest is assumed: a large file system seldom gives everybody so much.
 */
const NODE_WRITE_RATE = 8e8;
const STORAGE_WRITE_RATE = 1e12;

/** Opening the files, and the metadata at the end. Assumed. */
export const WRITE_START_SECONDS = 3;

/** A planned run. Units stand in the names; shares are 0 to 1. */
export interface Plan {
  readonly setup: Setup;
  /** Of a model in the catalogue; undefined for a described shape. */
  readonly modelName: string | undefined;
  readonly assumed: readonly string[];
  /** Names of the fields that are taken over from the measured run. */
  readonly asMeasured: readonly string[];
  readonly warnings: readonly string[];
  readonly parameters: number;
  readonly activeParameters: number;
  readonly flopsPerToken: number;
  readonly steps: number;
  readonly step: StepTime;
  readonly memory: Memory;
  readonly stepSeconds: number;
  readonly tokensPerSecond: number;
  readonly tokensPerSecondPerGpu: number;
  readonly tflopsPerGpu: number;
  readonly mfu: number;
  /** The same step with the whole score matrix counted (PaLM, torchtitan). */
  readonly mfuFullAttention: number;
  /** Training without interruptions. */
  readonly days: number;
  /** With saving, failures and recovery. */
  readonly calendarDays: number;
  readonly gpuHours: number;
  readonly memoryGiBPerGpu: number;
  readonly checkpointBytes: number;
  readonly checkpointWriteSeconds: number;
  readonly reliability: Reliability;
  readonly expectedInterruptions: number;
  /** Mean power of the facility, in megawatts. */
  readonly powerMW: number;
  /** Over the calendar days; of training alone where they never end. */
  readonly energyMWh: number;
  readonly baseline: { readonly mfu: number; readonly stepSeconds: number; readonly days: number };
  readonly likely: Likely;
  /** Of the stack; undefined where nothing was measured. */
  readonly pace: Pace | undefined;
}

/** Where published runs of this kind would put the figures: 8 of 10 lie between low and high. */
export interface Likely {
  readonly kind: SpreadKind;
  readonly publishedRuns: number;
  readonly stepSeconds: Range;
  readonly mfu: Range;
  /** Training without interruptions. */
  readonly days: Range;
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * Plans a run: how long it takes, what it needs, and which choices were made for it.
 *
 * @param pace Of the stack that is to run it, where a run of it was measured.
 * @throws UserError "bad-plan" where the given parts contradict each other, "does-not-fit" where no
 *   choice of the open parts fits into memory.
 * @example
 * const plan = planRun(readRequest({ model: "Llama-3.1-8B", gpu: "H100", gpuCount: 64 }));
 * console.log(plan.days, plan.memoryGiBPerGpu);
 */
export function planRun(request: PlanRequest, pace?: Pace): Plan {
  const { setup, assumed, warnings } = complete(request);
  const { shape, gpuCount } = setup;
  const counts = countParameters(shape);
  const isAlike = pace !== undefined && differences({ setup, assumed }, pace).length === 0;
  const paced = pace === undefined ? [] : paceWarnings({ setup, assumed }, pace);
  const step = pace ? atPace(stepTime(setup), pace) : stepTime(setup);
  const memory = memoryOf(setup);
  const perStep = tokensPerStep(setup);
  const tokenFlops = flopsPerToken(shape, setup.sequence);
  const peak = peakFlops(setup);
  const tokensPerSecond = perStep / step.total;
  const mfu = (tokensPerSecond * tokenFlops) / (gpuCount * peak);
  const steps = Math.ceil(setup.tokens / perStep);
  const days = (steps * step.total) / DAY_SECONDS;
  const reliability = reliabilityOf(setup, days * DAY_SECONDS);
  const calendarDays = days / reliability.goodput;
  const checkpointBytes = CHECKPOINT_BYTES_PER_PARAMETER * counts.total;
  const watts = facilityWatts(setup, mfu);
  const baselineSeconds = (perStep * tokenFlops) / (gpuCount * peak * BASELINE_MFU);
  return {
    setup,
    modelName: request.modelName,
    assumed,
    asMeasured: [],
    warnings: [...requestWarnings(request), ...warnings, ...lostWarning(reliability), ...paced],
    parameters: counts.total,
    activeParameters: counts.active,
    flopsPerToken: tokenFlops,
    steps,
    step,
    memory,
    stepSeconds: step.total,
    tokensPerSecond,
    tokensPerSecondPerGpu: tokensPerSecond / gpuCount,
    tflopsPerGpu: (tokensPerSecond * tokenFlops) / gpuCount / 1e12,
    mfu,
    mfuFullAttention:
      (tokensPerSecond * flopsPerToken(shape, setup.sequence, "full-attention")) /
      (gpuCount * peak),
    days,
    calendarDays,
    gpuHours: days * 24 * gpuCount,
    memoryGiBPerGpu: memory.total / 2 ** 30,
    checkpointBytes,
    checkpointWriteSeconds: WRITE_START_SECONDS + checkpointBytes / writeRate(setup),
    reliability,
    expectedInterruptions: (calendarDays * DAY_SECONDS) / reliability.meanTimeToInterruptSeconds,
    powerMW: watts / 1e6,
    energyMWh: (watts / 1e6) * (Number.isFinite(calendarDays) ? calendarDays : days) * 24,
    baseline: {
      mfu: BASELINE_MFU,
      stepSeconds: baselineSeconds,
      days: (steps * baselineSeconds) / DAY_SECONDS,
    },
    likely: likelyOf(isAlike ? "measured" : kindOf(setup), { stepSeconds: step.total, mfu, days }),
    pace,
  };
}

function likelyOf(
  kind: SpreadKind,
  { stepSeconds, mfu, days }: Pick<Plan, "stepSeconds" | "mfu" | "days">,
): Likely {
  const { runs, low, high } = SPREADS[kind];
  return {
    kind,
    publishedRuns: runs,
    stepSeconds: { low: stepSeconds * low, high: stepSeconds * high },
    mfu: { low: mfu / high, high: mfu / low },
    days: { low: days * low, high: days * high },
  };
}

/** Dense peak of one accelerator in the run's precision, floating-point operations per second. */
export function peakFlops({ gpu, precision }: Setup): number {
  return (gpu.peakTflops[precision] ?? 0) * 1e12;
}

export function writeRate(setup: Setup): number {
  return Math.min(STORAGE_WRITE_RATE, nodeCount(setup) * NODE_WRITE_RATE);
}

function lostWarning({ goodput }: Reliability): string[] {
  if (goodput > 0) return [];
  return [
    "Failures come faster than the run recovers: it never ends (energy is of training alone)",
  ];
}
