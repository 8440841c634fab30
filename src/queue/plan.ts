/**
 * The plan of a sweep: which settings are tried, how often, how long, and in which order.
 *
 * Pure: the same options and seed make the same plan, and a plan and the results so far make the same
 * next jobs, whichever workers did the work, and in whichever order.
 */

import { below, type Random, seededRandom, uniform } from "../random.ts";
import type { RuntimeKind } from "../sound/tensor/runtime.ts";
import type { SettingOverrides } from "../sound/train/settings.ts";
import { jobId, jobOf, type SweepJob } from "./job.ts";

export type AxisValue = string | number | boolean;

/** A setting that the sweep varies: values, or a range to draw from. */
export type Axis = { readonly name: string } & (
  | { readonly values: readonly AxisValue[] }
  | {
      readonly low: number;
      readonly high: number;
      readonly isWhole: boolean;
      /** Drawn evenly by its logarithm, where both ends are above 0. */
      readonly isLogarithmic: boolean;
    }
);

/** One of the combinations of settings. */
export interface Point {
  /** What people see, by axis. */
  readonly values: { readonly [axis: string]: AxisValue };
  readonly overrides: SettingOverrides;
}

/** What a corpus is, wherever it lies: a change of any file makes it another. */
export interface CorpusIdentity {
  /** Of the list of its files: their paths in the folder, their lengths and hashes. */
  readonly sha256: string;
  readonly files: number;
  readonly bytes: number;
}

/** sweep.json: written once, before the first run. Plain JSON. */
export interface SweepPlan {
  readonly format: "etude-sweep";
  readonly version: 1;
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly program: string;
  /** Of the models, for people. */
  readonly name: string;
  /** Absolute, on the machine that planned. */
  readonly corpusFolder: string;
  readonly corpus: CorpusIdentity;
  /** Axes with more than one value, in the order given. */
  readonly axes: readonly string[];
  readonly points: readonly Point[];
  readonly seeds: readonly number[];
  /** Parts of a cross-validation, or null for none. */
  readonly folds: number | null;
  /** Decides what is drawn, and how files are dealt into folds. */
  readonly seed: number;
  /** Epochs of a run, rung by rung; one entry where nothing is halved. */
  readonly lengths: readonly number[];
  readonly device: RuntimeKind;
  readonly threads: number;
  /** What a run will take at most, as estimated. */
  readonly memoryBytes: number;
  readonly checkpointSeconds: number;
}

/** Every combination, the last axis varying fastest. */
export function gridPoints(axes: readonly Axis[]): Point["values"][] {
  return axes.reduce<Point["values"][]>(
    (points, axis) =>
      points.flatMap((values) =>
        valuesOf(axis).map((value) => ({ ...values, [axis.name]: value })),
      ),
    [{}],
  );
}

/** As often a combination may be drawn that is there already. */
const DRAWS_PER_POINT = 50;

/** At most `count` different combinations, drawn one after the other: more keep the first ones. */
export function randomPoints(
  axes: readonly Axis[],
  { count, seed }: { readonly count: number; readonly seed: number },
): Point["values"][] {
  const random = seededRandom(seed);
  const drawn = new Map<string, Point["values"]>();
  for (let i = 0; i < count * DRAWS_PER_POINT && drawn.size < count; i += 1) {
    const values = Object.fromEntries(axes.map((axis) => [axis.name, drawFrom(axis, random)]));
    const text = JSON.stringify(values);
    if (!drawn.has(text)) drawn.set(text, values);
  }
  return [...drawn.values()];
}

function valuesOf(axis: Axis): readonly AxisValue[] {
  if ("values" in axis) return axis.values;
  throw new TypeError(`The range of ${axis.name} has no values of its own: draw from it`);
}

function drawFrom(axis: Axis, random: Random): AxisValue {
  if ("values" in axis) return axis.values[below(random, axis.values.length)] as AxisValue;
  const { low, high, isWhole, isLogarithmic } = axis;
  // Of whole numbers the last has as much room as the others.
  const end = isWhole ? high + 1 : high;
  const value = isLogarithmic
    ? Math.exp(uniform(random, Math.log(low), Math.log(end)))
    : uniform(random, low, end);
  const readable = isWhole ? Math.floor(value) : Number(value.toPrecision(3));
  return Math.min(high, Math.max(low, readable));
}

/**
 * Epochs rung by rung: the last rung is the whole length, each before it half of the next, for as
 * long as there are points to halve and epochs to halve.
 */
export function halvingLengths(pointCount: number, epochs: number): number[] {
  const lengths = [epochs];
  for (let left = pointCount; left > 2; left = Math.ceil(left / 2)) {
    const shorter = Math.floor((lengths[0] ?? 1) / 2);
    if (shorter < 1) break;
    lengths.unshift(shorter);
  }
  return lengths;
}

/** A job, and where it stands in the sweep. */
export interface PlannedRun {
  readonly job: SweepJob;
  /** Index among the points of the plan. */
  readonly point: number;
  readonly seed: number;
  readonly fold: number | null;
  readonly rung: number;
  /** Of the run of the rung before that it goes on from. */
  readonly continues?: string;
}

/**
 * The runs of one rung, in the order in which they are begun.
 *
 * @param points Indices of the points that are still in it.
 */
export async function runsOfRung(
  plan: SweepPlan,
  rung: number,
  points: readonly number[],
): Promise<PlannedRun[]> {
  const { sweep, ...about } = { sweep: plan.id, ...aboutOf(plan) };
  const folds = plan.folds === null ? [null] : Array.from({ length: plan.folds }, (_, i) => i);
  const runs: PlannedRun[] = [];
  for (const point of points) {
    for (const seed of plan.seeds) {
      for (const fold of folds) {
        const work = workOf(plan, { point, seed, fold }, rung);
        const id = await jobId(work);
        const before = rung > 0 && (await jobId(workOf(plan, { point, seed, fold }, rung - 1)));
        const job = jobOf(id, work, { sweep, ...about });
        runs.push({ job, point, seed, fold, rung, ...(before && { continues: before }) });
      }
    }
  }
  return runs;
}

function aboutOf({ name, memoryBytes, checkpointSeconds }: SweepPlan) {
  return { name, memoryBytes, checkpointSeconds };
}

function workOf(
  plan: SweepPlan,
  { point, seed, fold }: Pick<PlannedRun, "point" | "seed" | "fold">,
  rung: number,
) {
  const { program, corpus, device, threads, folds } = plan;
  const { overrides } = plan.points[point] ?? { overrides: {} };
  return {
    program,
    corpus: corpus.sha256,
    overrides: {
      ...overrides,
      seed,
      ...(fold !== null &&
        folds !== null && { fold: { index: fold, count: folds, seed: plan.seed } }),
    },
    lengths: plan.lengths.slice(0, rung + 1),
    device,
    threads,
  };
}
