/** A sweep as text: its table with a small chart, what each worker does, and a line for each run. */

import { beforeRun, type RunState } from "../../events/run-state.ts";
import { taskLoss } from "../../events/task-loss.ts";
import type { AxisValue, SweepPlan } from "../../queue/plan.ts";
import type { SweepState } from "../../queue/sweep-state.ts";
import type { Row, RunRow } from "../../queue/table.ts";
import type { Colours } from "../../show/draw/colours.ts";
import { sparkline } from "../../show/draw/curve.ts";
import { padEnd, padStart, plainText, truncate } from "../../show/draw/width.ts";
import { asciiText, formatLoss, formatNumber, formatQuantity } from "../../show/numbers.ts";

export interface SweepTextOptions {
  readonly width: number;
  /** Most lines. */
  readonly height: number;
  readonly unicode: boolean;
  readonly colours: Colours;
}

/** What is known of the runs at work, by job. */
export type LiveRuns = ReadonlyMap<string, RunState>;

/** Everything that fits; the best rows first. */
export function sweepLines(state: SweepState, live: LiveRuns, options: SweepTextOptions): string[] {
  const { height, width, unicode } = options;
  const workers = workerLines(state, live, options);
  const head = [headline(state), ""];
  const room = Math.max(3, height - head.length - workers.length - 1);
  const table = tableLines(state, options).slice(0, room);
  const lines = [...head, ...table, ...(workers.length > 0 ? ["", ...workers] : [])];
  return lines.slice(0, height).map((line) => truncate(unicode ? line : asciiText(line), width));
}

export function headline({ plan, table, open }: SweepState): string {
  const { points, seeds, folds, lengths } = plan;
  const parts = [
    formatQuantity(points.length, "setting"),
    ...(seeds.length > 1 ? [formatQuantity(seeds.length, "seed")] : []),
    ...(folds === null ? [] : [formatQuantity(folds, "fold")]),
  ];
  const done = table.runs.filter(({ state }) => state === "done").length;
  const aside = table.runs.filter(({ state }) => state === "aside").length;
  const counts = [
    `${formatQuantity(done, "run")} done`,
    ...(open.length > 0 ? [`${open.length} to do`] : []),
    ...(aside > 0 ? [`${aside} set aside`] : []),
    ...(lengths.length > 1 ? [`epochs ${lengths.join(" > ")}`] : []),
  ];
  return `${plainText(plan.name)}: ${parts.join(" × ")} · ${counts.join(" · ")}`;
}

const CHART_WIDTH = 20;

/** @returns A head and a line for each row. */
export function tableLines(
  { plan, table }: Pick<SweepState, "plan" | "table">,
  { unicode, colours }: Pick<SweepTextOptions, "unicode" | "colours">,
): string[] {
  const isHalved = plan.lengths.length > 1;
  const head = ["", ...plan.axes, ...(isHalved ? ["epochs"] : []), "runs", "validation", ""];
  const losses = table.rows.flatMap(({ validation }) => validation ?? []);
  const scale = { best: Math.min(...losses), worst: Math.max(...losses) };
  const rows = table.rows.map((row) => [
    row.rank === null ? "" : String(row.rank),
    ...plan.axes.map((axis) => valueText(row.values[axis])),
    ...(isHalved ? [String(row.epochs)] : []),
    runsText(row),
    lossText(row),
    bar(row, scale, unicode),
  ]);
  const widths = head.map((cell, i) =>
    Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === cells.length - 1 ? cell : padStart(cell, widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  const isFirst = (i: number): boolean => table.rows[i]?.rank === 1;
  return [
    colours.quiet(line(head)),
    ...rows.map((row, i) => (isFirst(i) ? colours.good(line(row)) : line(row))),
    ...(table.rows.some(({ isMixed }) => isMixed) ? [MIXED] : []),
  ];
}

const MIXED = "* computed by another runtime than most, so it may differ from them by rounding";

function runsText({ done, runs, aside }: Row): string {
  return `${done}/${runs}${aside > 0 ? `, ${aside} aside` : ""}`;
}

function lossText({ validation, deviation, isMixed }: Row): string {
  if (validation === null) return "";
  const spread = deviation === null ? "" : ` ± ${formatNumber(deviation)}`;
  return `${formatLoss(validation)}${spread}${isMixed ? "*" : ""}`;
}

/** The longer the better: the best has the whole width, the worst a point. */
function bar(
  { validation }: Row,
  { best, worst }: { readonly best: number; readonly worst: number },
  unicode: boolean,
): string {
  if (validation === null) return "";
  const share = worst > best ? (worst - validation) / (worst - best) : 1;
  return (unicode ? "█" : "#").repeat(1 + Math.round(share * (CHART_WIDTH - 1)));
}

function workerLines(
  { plan, leases, open }: SweepState,
  live: LiveRuns,
  { unicode, colours }: SweepTextOptions,
): string[] {
  return open.flatMap(({ job, point, seed, fold }) => {
    const lease = leases.get(job.id);
    if (lease?.state !== "held") return [];
    const run = live.get(job.id) ?? beforeRun;
    const losses = run.epochs.map(({ validationLosses }) => taskLoss(validationLosses));
    const epoch = run.epochs.at(-1)?.epoch ?? 0;
    const name = padEnd(truncate(plainText(lease.holder?.name ?? "?"), 14), 14);
    const which = [pointText(plan, point), ...placeOf(plan, seed, fold)].join(", ");
    const chart = sparkline(losses, { width: CHART_WIDTH, unicode }).trimEnd();
    const done = `epoch ${epoch}/${job.lengths.at(-1)}`;
    return [`${colours.quiet(name)}  ${padEnd(done, 14)}  ${which}  ${colours.accent(chart)}`];
  });
}

function pointText({ points, axes }: SweepPlan, point: number): string {
  const values = points[point]?.values ?? {};
  return axes.map((axis) => `${axis} ${valueText(values[axis])}`).join(", ");
}

function placeOf({ seeds, folds }: SweepPlan, seed: number, fold: number | null): string[] {
  return [
    ...(seeds.length > 1 ? [`seed ${seed}`] : []),
    ...(folds !== null && fold !== null ? [`fold ${fold + 1}`] : []),
  ];
}

function valueText(value: AxisValue | undefined): string {
  return value === undefined ? "" : String(value);
}

/** A run that has ended, as a line of a log. */
export function runLine(
  { plan, table, outcomes }: SweepState,
  run: RunRow,
  count: { readonly done: number; readonly total: number },
): string {
  const { point, seed, fold, validationLoss, id } = run;
  const which = [pointText(plan, point), ...placeOf(plan, seed, fold)].filter(
    (text) => text !== "",
  );
  const about = which.length === 0 ? "" : ` ${which.join(", ")}:`;
  const outcome = outcomes.get(id);
  const what =
    outcome?.state === "aside"
      ? `set aside after ${outcome.failures.length} failures: ${plainText(outcome.failures.at(-1)?.reason ?? "")}`
      : `validation ${formatLoss(validationLoss ?? Number.NaN)}`;
  const others = table.runs.flatMap((other) => other.validationLoss ?? []);
  const best =
    validationLoss !== null && validationLoss <= Math.min(...others) ? ", the lowest so far" : "";
  return `${count.done}/${count.total}${about} ${what}${best}`;
}
