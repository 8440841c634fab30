/**
 * The table of a sweep: one row for each combination of settings, the best first.
 *
 * Pure, and the same for the same results, in whichever order and from whichever workers they came;
 * who did the work, and how long it took, is listed apart.
 */

import type { Failure, RunResult } from "./lease.ts";
import { type AxisValue, type PlannedRun, runsOfRung, type SweepPlan } from "./plan.ts";

/** How a job ended, as the coordinator keeps it. Plain JSON. */
export type Outcome =
  | { readonly state: "done"; readonly result: RunResult }
  | { readonly state: "aside"; readonly failures: readonly Failure[] };

/** By the id of the job. */
export type Outcomes = ReadonlyMap<string, Outcome>;

export interface Row {
  /** From 1, in the order of merit; points that have no result yet come last, without one. */
  readonly rank: number | null;
  /** Index of the point in the plan. */
  readonly point: number;
  readonly values: { readonly [axis: string]: AxisValue };
  /** Epochs of the longest runs that there are of it. */
  readonly epochs: number;
  /** Runs of that length: those that are done, that were set aside, and all. */
  readonly done: number;
  readonly aside: number;
  readonly runs: number;
  /** Mean and deviation over the runs of the best validation loss; null where there is none. */
  readonly validation: number | null;
  readonly deviation: number | null;
  /** Mean loss before the first step. */
  readonly start: number | null;
  /** Not computed by one and the same runtime, so it may differ by rounding from a run that was. */
  readonly isMixed: boolean;
}

/** A run of the table, by itself. */
export interface RunRow {
  readonly id: string;
  readonly point: number;
  readonly seed: number;
  readonly fold: number | null;
  readonly epochs: number;
  readonly state: Outcome["state"] | "open";
  readonly step: number | null;
  readonly bestEpoch: number | null;
  readonly startLoss: number | null;
  readonly validationLoss: number | null;
  /** Of the model's numbers. */
  readonly model: string | null;
}

/** All of a sweep that its results decide. */
export interface SweepTable {
  readonly rows: readonly Row[];
  readonly runs: readonly RunRow[];
  /** The run with the best model of the best row. */
  readonly best: RunRow | null;
}

/**
 * Plans the rungs of a sweep as its results come.
 *
 * @returns What gives the rungs so far: those before the last are complete.
 */
export function rungPlanner(plan: SweepPlan): (outcomes: Outcomes) => Promise<PlannedRun[][]> {
  const planned = new Map<string, PlannedRun[]>();
  const runsOf = async (rung: number, points: readonly number[]): Promise<PlannedRun[]> => {
    const key = `${rung}: ${points.join()}`;
    const runs = planned.get(key) ?? (await runsOfRung(plan, rung, points));
    planned.set(key, runs);
    return runs;
  };
  return async (outcomes) => {
    const rungs: PlannedRun[][] = [];
    let points: readonly number[] = plan.points.map((_, i) => i);
    for (const rung of plan.lengths.keys()) {
      const runs = await runsOf(rung, points);
      rungs.push(runs);
      if (runs.some(({ job }) => !outcomes.has(job.id))) break;
      points = survivors(runs, outcomes);
      if (points.length === 0) break;
    }
    return rungs;
  };
}

/** The better half of the points of a rung, rounded up, in the order of the plan. */
function survivors(runs: readonly PlannedRun[], outcomes: Outcomes): number[] {
  const points = byPoint(runs);
  const merits = [...points].map(([point, own]) => ({
    point,
    validation: meanOf(lossesOf(own, outcomes)),
  }));
  return merits
    .filter(({ validation }) => validation !== null)
    .toSorted(byMerit)
    .slice(0, Math.ceil(points.size / 2))
    .map(({ point }) => point)
    .toSorted((a, b) => a - b);
}

function byPoint(runs: readonly PlannedRun[]): Map<number, PlannedRun[]> {
  const points = new Map<number, PlannedRun[]>();
  for (const run of runs) {
    const own = points.get(run.point);
    if (own === undefined) points.set(run.point, [run]);
    else own.push(run);
  }
  return points;
}

function byMerit(
  a: { readonly point: number; readonly validation: number | null },
  b: { readonly point: number; readonly validation: number | null },
): number {
  const infinite = Number.POSITIVE_INFINITY;
  const difference = (a.validation ?? infinite) - (b.validation ?? infinite);
  return difference || a.point - b.point;
}

/** @param rungs See `rungPlanner`. */
export function tableOf(
  plan: SweepPlan,
  rungs: readonly (readonly PlannedRun[])[],
  outcomes: Outcomes,
): SweepTable {
  const runtime = usualRuntime(outcomes);
  const grouped = rungs.map(byPoint);
  const rows = plan.points.map((point, index): Row & { readonly rung: number } => {
    const rung = grouped.findLastIndex((points) => points.has(index));
    const runs = grouped[rung]?.get(index) ?? [];
    const losses = lossesOf(runs, outcomes);
    const results = runs.map(({ job }) => outcomes.get(job.id));
    return {
      rank: null,
      rung,
      point: index,
      values: point.values,
      epochs: plan.lengths[rung] ?? 0,
      done: results.filter((found) => found?.state === "done").length,
      aside: results.filter((found) => found?.state === "aside").length,
      runs: runs.length,
      validation: meanOf(losses),
      deviation: deviationOf(losses),
      start: meanOf(startsOf(runs, outcomes)),
      isMixed: results.some((found) => isOther(found, runtime)),
    };
  });
  const ranked = rows
    .toSorted((a, b) => b.rung - a.rung || byMerit(a, b))
    .map(({ rung: _, ...row }, i) => ({ ...row, rank: row.validation === null ? null : i + 1 }));
  const sorted = [...ranked.filter(hasRank), ...ranked.filter((row) => !hasRank(row))];
  const placed = sorted.map((row, i) => (hasRank(row) ? { ...row, rank: i + 1 } : row));
  const runs = rungs.flat().map((run) => runRow(plan, run, outcomes.get(run.job.id)));
  return { rows: placed, runs, best: bestOf(placed[0], runs) };
}

function hasRank({ rank }: Row): boolean {
  return rank !== null;
}

function bestOf(first: Row | undefined, runs: readonly RunRow[]): RunRow | null {
  if (first?.rank !== 1) return null;
  const own = runs.filter(
    ({ point, epochs, validationLoss }) =>
      point === first.point && epochs === first.epochs && validationLoss !== null,
  );
  return own.toSorted((a, b) => (a.validationLoss ?? 0) - (b.validationLoss ?? 0)).at(0) ?? null;
}

function runRow(plan: SweepPlan, run: PlannedRun, outcome: Outcome | undefined): RunRow {
  const { job, point, seed, fold, rung } = run;
  const result = outcome?.state === "done" ? outcome.result : undefined;
  return {
    id: job.id,
    point,
    seed,
    fold,
    epochs: plan.lengths[rung] ?? 0,
    state: outcome?.state ?? "open",
    step: result?.step ?? null,
    bestEpoch: result?.bestEpoch ?? null,
    startLoss: result?.startLoss ?? null,
    validationLoss: result?.validationLoss ?? null,
    model: result?.model ?? null,
  };
}

function resultsOf(runs: readonly PlannedRun[], outcomes: Outcomes): RunResult[] {
  return runs.flatMap(({ job }) => {
    const outcome = outcomes.get(job.id);
    return outcome?.state === "done" ? [outcome.result] : [];
  });
}

function lossesOf(runs: readonly PlannedRun[], outcomes: Outcomes): number[] {
  return resultsOf(runs, outcomes).flatMap(({ validationLoss }) => validationLoss ?? []);
}

function startsOf(runs: readonly PlannedRun[], outcomes: Outcomes): number[] {
  return resultsOf(runs, outcomes).flatMap(({ startLoss }) => startLoss ?? []);
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample, so by one less than there are; null of fewer than two. */
function deviationOf(values: readonly number[]): number | null {
  const mean = meanOf(values);
  if (mean === null || values.length < 2) return null;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** What most runs were computed by. */
function usualRuntime(outcomes: Outcomes): string | undefined {
  const counts = new Map<string, number>();
  for (const outcome of outcomes.values()) {
    if (outcome.state !== "done") continue;
    const [runtime, ...others] = outcome.result.work.runtimes;
    if (runtime === undefined || others.length > 0) continue;
    counts.set(runtime, (counts.get(runtime) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return most?.[0];
}

function isOther(outcome: Outcome | undefined, usual: string | undefined): boolean {
  return outcome?.state === "done" && outcome.result.work.runtimes.some((one) => one !== usual);
}

/** The table for spreadsheets: one line a run, the axes as columns. */
export function csvOf(plan: SweepPlan, { rows, runs }: SweepTable): string {
  const ranks = new Map(rows.map(({ point, rank }) => [point, rank]));
  const axes = [...new Set(plan.points.flatMap(({ values }) => Object.keys(values)))];
  const head = [
    ...["rank", ...axes, "seed", "fold", "epochs", "state", "step", "best_epoch"],
    ...["start_loss", "validation_loss", "model"],
  ];
  const lines = runs.map((run) => [
    ranks.get(run.point) ?? "",
    ...axes.map((axis) => plan.points[run.point]?.values[axis] ?? ""),
    ...[run.seed, run.fold ?? "", run.epochs, run.state, run.step ?? "", run.bestEpoch ?? ""],
    ...[run.startLoss ?? "", run.validationLoss ?? "", run.model ?? ""],
  ]);
  return [head, ...lines].map((line) => `${line.map(cell).join(",")}\n`).join("");
}

function cell(value: AxisValue): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
