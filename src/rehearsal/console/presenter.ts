/** The console view of a simulated run. Its first and last line say that it is simulated. */

import type { RunEvent, RunStarted } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import { type FrameOptions, finished, frameOf } from "../../show/console/frame.ts";
import { fitted } from "../../show/console/live.ts";
import type { Presenter } from "../../show/console/presenter.ts";
import type { SummaryOptions } from "../../show/console/summary.ts";
import { emptyView, type View, viewAfter } from "../../show/console/view.ts";
import { coloursFor } from "../../show/draw/colours.ts";
import { plainText, truncate } from "../../show/draw/width.ts";
import { type LineBudget, lineBudget } from "../../show/line-budget.ts";
import {
  asciiText,
  formatCount,
  formatDuration,
  formatMoment,
  formatShort,
} from "../../show/numbers.ts";
import { helpBlocks, simulatedBlocks, titleLines } from "./blocks.ts";
import { summaryBox } from "./box.ts";
import { rowsOfText } from "./fitting.ts";
import { gridLines } from "./grid.ts";
import { historyAfter, noHistory } from "./history.ts";
import { chapterOf, type Line, linesOf } from "./lines.ts";
import { rowsOfLine } from "./rows.ts";
import { stepText } from "./step-line.ts";
import { thinning } from "./thinning.ts";

const STEPS_PER_LINE = 10;
const GRIDS_MAX_STEPS = 10_000;
const STEPS_PER_GRID = 100;
/**
 * Lines of routine above a live view. No scene at its own speed has as many: what is left out is
 * left out where it could not be read.
 */
const ROUTINE_PER_SECOND_MAX = 12;
const PROGRESS_PARTS = 10;

export interface SimulatedPresenterOptions {
  readonly clock: Pick<Clock, "nowMs">;
  /** The line below the view. @default how to stop it in a terminal */
  readonly help?: string;
  /** Counts the lines of a log, or above a live view. @default nothing comes at once */
  readonly budget?: LineBudget;
}

export function simulatedPresenter({
  clock,
  help = "Ctrl-C stops the simulation",
  budget = lineBudget(0),
}: SimulatedPresenterOptions): Presenter {
  let view: View = emptyView;
  let history = noHistory;
  let gridStep = Number.NEGATIVE_INFINITY;
  const routine = thinning({ perSecondMax: ROUTINE_PER_SECOND_MAX });

  /** Nothing comes after the last event that would bring what is held back. */
  const counted = (lines: readonly string[], event: RunEvent): string[] => {
    if (event.type !== "run-ended") return [...budget.take(lines)];
    if (event.outcome === "cancelled") budget.drop();
    return [...budget.take(lines), ...budget.take([])];
  };

  const gridIsDue = (step: number): boolean => {
    const few = (view.run.plan?.stepsTotal ?? 0) <= GRIDS_MAX_STEPS;
    if (Math.abs(step - gridStep) < (few ? 1 : STEPS_PER_GRID)) return false;
    gridStep = step;
    return true;
  };

  return {
    get view() {
      return view;
    },
    know(event) {
      view = viewAfter(view, event);
      history = historyAfter(history, event);
    },
    logLines(event, columns) {
      if (event.type === "cluster-status" && !gridIsDue(event.step)) return counted([], event);
      return counted(logLinesOf(event, view, columns), event);
    },
    adviceLine: (advice) => `next: ${advice}`,
    lastingLines(event, options) {
      const kind = routineKind(event);
      const lines = lastingLinesOf(event, view, options);
      // What comes at once was asked for.
      const isAsked = kind === undefined || budget.isInstant;
      const isTold = lines.length > 0 && (isAsked || routine.isTold(kind, clock.nowMs()));
      return counted(isTold ? lines : [], event);
    },
    liveLines(options) {
      const frame = frameOf(options);
      const blocks = [...simulatedBlocks(view, history, frame), ...helpBlocks(help, frame)];
      return fitted(blocks, options.height).map((line) => finished(line, options));
    },
    closingLines: (options) => closingLines(view, options),
  };
}

function logLinesOf(event: RunEvent, view: View, columns: number): string[] {
  switch (event.type) {
    case "run-started":
      return headerLines(event);
    case "run-ended":
      return footerLines(view);
    case "cluster-status": {
      const options = { width: columns - 2, colours: coloursFor(false), unicode: false };
      return gridLines(event, options).map((line) => `  ${line}`);
    }
    default: {
      const box = event.type === "run-summarised" ? ["", ...summaryBox(event, columns), ""] : [];
      const lines = eventLines(event, view).map((line) => asciiText(logLine(line, event, view)));
      return [...ruleLines(event, view, columns), ...box, ...lines];
    }
  }
}

function lastingLinesOf(event: RunEvent, view: View, options: FrameOptions): string[] {
  switch (event.type) {
    case "run-ended":
    case "phase-progress":
      return [];
    case "run-started":
      return headerLines(event)
        .flatMap((line) => rowsOfText(line, options.width))
        .map((line) => finished(line, options));
    default: {
      const rule = ruleLines(event, view, options.width).map(coloursFor(options.colour).accent);
      const box = event.type === "run-summarised" ? summaryBox(event, options.width) : [];
      const moment = momentOf(event, view);
      const lines = eventLines(event, view).flatMap(({ text, fittedText = () => text, ...line }) =>
        rowsOfLine({ ...line, moment, text: fittedText }, options),
      );
      return [...rule, ...box, ...lines];
    }
  }
}

interface FittedLine extends Line {
  /** The same in so many columns, where it is not only broken into rows. */
  readonly fittedText?: (width: number) => string;
}

function eventLines(event: RunEvent, view: View): FittedLine[] {
  if (event.type === "step-done") {
    const isTold = event.step % STEPS_PER_LINE === 0 || event.step === 1 || event.skipped;
    if (!isTold) return [];
    const fittedText = (width: number): string => stepText(event, view, width);
    return [{ level: "INFO", text: stepText(event, view), fittedText }];
  }
  if (event.type === "phase-progress") {
    const part = Math.max(1, Math.floor(event.total / PROGRESS_PARTS));
    if (event.done === 0 || (event.done % part !== 0 && event.done !== event.total)) return [];
    const share = Math.floor((event.done / event.total) * 100);
    const full = Math.floor((30 * event.done) / event.total);
    const bar = `[${"=".repeat(full)}${" ".repeat(30 - full)}]`;
    const rate = event.tokensPerSecond;
    const speed = rate === undefined ? "" : `  ${formatShort(rate)} tok/s`;
    return [{ level: "INFO", text: `${bar} ${share}%${speed}` }];
  }
  return linesOf(event, view);
}

/**
 * What comes again and again, and may be left out where there is a view to see it in.
 *
 * @returns What it is counted with; undefined for everything that is always shown.
 */
function routineKind(event: RunEvent): string | undefined {
  switch (event.type) {
    case "step-done":
      return event.skipped ? undefined : event.type;
    case "cluster-message":
      return event.level !== "info" || RARE_CODES.has(event.code) ? undefined : event.source;
    case "checkpoint-saved":
    case "evaluation-done":
      return event.type;
    default:
      return undefined;
  }
}

/** Told once or twice in a run, and nothing after them can be understood without. */
const RARE_CODES: ReadonlySet<string> = new Set(["rank-ready", "node-returned", "resharding"]);

const RULE_COLUMNS_MAX = 80;

/** "======== Validation ========", across the terminal. */
function ruleLines(event: RunEvent, view: View, columns: number): string[] {
  const chapter = chapterOf(event, view);
  if (chapter === undefined) return [];
  const title = ` ${truncate(chapter, Math.max(1, columns - 6))} `;
  const sides = Math.max(2, Math.floor((Math.min(columns, RULE_COLUMNS_MAX) - title.length) / 2));
  return ["", `${"=".repeat(sides)}${title}${"=".repeat(sides)}`];
}

function logLine({ level, text }: Line, event: RunEvent, view: View): string {
  return `[${momentOf(event, view)}] ${level.padEnd(7)} ${text}`;
}

function momentOf({ atMs }: RunEvent, view: View): string {
  return formatMoment((view.run.started?.wallMs ?? 0) + atMs);
}

function headerLines({ title, program, seed, device }: RunStarted): string[] {
  return [
    `SIMULATED RUN: nothing here is measured (${plainText(program)}, seed ${seed})`,
    `${plainText(title)}: ${plainText(device)}`,
  ].map(asciiText);
}

function footerLines(view: View): string[] {
  return [asciiText(`SIMULATED RUN ${endText(view)}`)];
}

function endText({ run }: View): string {
  const { ended, plan } = run;
  const words = { finished: "finished", cancelled: "stopped", failed: "failed" };
  const of = plan === undefined ? "" : ` of ${formatCount(plan.stepsTotal)}`;
  const step = ended?.step ?? run.stepsDone;
  const took = formatDuration(ended?.elapsedMs ?? run.atMs);
  // A scene without steps has no plan either.
  const steps =
    plan === undefined && step === 0 && ended?.outcome === "finished"
      ? ""
      : `step ${formatCount(step)}${of}, `;
  return `${ended === undefined ? "left" : words[ended.outcome]}: ${steps}${took} of simulated time`;
}

function closingLines(view: View, options: SummaryOptions): string[] {
  const frame = frameOf(options);
  const paint = view.run.ended?.outcome === "finished" ? frame.colours.good : frame.colours.warning;
  const text = rowsOfText(endText(view), frame.content);
  const rows = text.map((row) => `${frame.margin}${paint(row)}`);
  return ["", ...titleLines(view, frame), ...rows, ""].map((line) => finished(line, options));
}
