/** A simulated run in the console. That it is simulated stands in its first and last line. */

import type { RunEvent, RunStarted } from "../../../events/events.ts";
import type { Clock } from "../../../host.ts";
import { coloursFor } from "../../draw/colours.ts";
import { plainText, truncate } from "../../draw/width.ts";
import { asciiText, formatCount, formatDuration, formatMoment } from "../../numbers.ts";
import { type FrameOptions, finished, frameOf, titleLine } from "../frame.ts";
import { fitted } from "../live.ts";
import type { Look } from "../look.ts";
import type { SummaryOptions } from "../summary.ts";
import { emptyView, type View, viewAfter } from "../view.ts";
import { helpBlocks, simulatedBlocks } from "./blocks.ts";
import { summaryBox } from "./box.ts";
import { clusterAfter, emptyCluster } from "./cluster.ts";
import { gridLines } from "./grid.ts";
import { chapterOf, type Level, type Line, linesOf, stepText } from "./lines.ts";

export interface SimulatedLook extends Look {
  /** Lines told so far, in a log or above a live view. */
  readonly linesTold: number;
}

const STEPS_PER_LINE = 10;
const GRIDS_MAX_STEPS = 10_000;
const STEPS_PER_GRID = 100;
/** Above a live view, routine is told no more often than this. */
const ROUTINE_EVERY_MS = 300;
const PROGRESS_PARTS = 10;

export interface SimulatedLookOptions {
  readonly clock: Pick<Clock, "nowMs">;
  /** The line below the view. @default how to stop it in a terminal */
  readonly help?: string;
}

export function simulatedLook({
  clock,
  help = "Ctrl-C stops the simulation",
}: SimulatedLookOptions): SimulatedLook {
  let view: View = emptyView;
  let cluster = emptyCluster;
  let told = 0;
  let routineAtMs = Number.NEGATIVE_INFINITY;
  let gridStep = Number.NEGATIVE_INFINITY;

  const counted = (lines: string[]): string[] => {
    told += lines.length;
    return lines;
  };

  const isDue = (event: RunEvent): boolean => {
    if (!isRoutine(event)) return true;
    const nowMs = clock.nowMs();
    if (nowMs - routineAtMs < ROUTINE_EVERY_MS) return false;
    routineAtMs = nowMs;
    return true;
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
    get linesTold() {
      return told;
    },
    know(event) {
      view = viewAfter(view, event);
      cluster = clusterAfter(cluster, event);
    },
    logLines(event, columns) {
      if (event.type === "run-started") return counted(headerLines(event));
      if (event.type === "run-ended") return counted(footerLines(view));
      if (event.type === "cluster-status") {
        if (!gridIsDue(event.step)) return [];
        const options = { width: columns - 2, colours: coloursFor(false), unicode: false };
        return counted(gridLines(event, options).map((line) => `  ${line}`));
      }
      return counted(logLinesOf(event, view, columns));
    },
    adviceLine: (advice) => `next: ${advice}`,
    lastingLines(event, options) {
      if (event.type === "run-ended") return [];
      if (event.type === "run-started")
        return counted(headerLines(event).map((line) => finished(line, options)));
      const lines = lastingLinesOf({ event, view, options });
      return lines.length === 0 || !isDue(event) ? [] : counted(lines);
    },
    liveLines(options) {
      const frame = frameOf(options);
      const blocks = [...simulatedBlocks(view, cluster, frame), ...helpBlocks(help, frame)];
      return fitted(blocks, options.height).map((line) => finished(line, options));
    },
    closingLines: (options) => closingLines(view, options),
  };
}

function logLinesOf(event: RunEvent, view: View, columns: number): string[] {
  const box = event.type === "run-summarised" ? ["", ...summaryBox(event, columns), ""] : [];
  const lines = eventLines(event, view).map((line) => asciiText(logLine(line, event, view)));
  return [...ruleLines(event, view, columns), ...box, ...lines];
}

function lastingLinesOf(colouring: Colouring): string[] {
  const { event, view, options } = colouring;
  if (event.type === "phase-progress") return [];
  const rule = ruleLines(event, view, options.width).map(coloursFor(options.colour).accent);
  const box = event.type === "run-summarised" ? summaryBox(event, options.width) : [];
  const lines = eventLines(event, view).map((line) => colouredLine(line, colouring));
  return [...rule, ...box, ...lines];
}

function eventLines(event: RunEvent, view: View): Line[] {
  if (event.type === "step-done") {
    const isTold = event.step % STEPS_PER_LINE === 0 || event.step === 1 || event.skipped;
    return isTold ? [{ level: "INFO", text: stepText(event, view) }] : [];
  }
  if (event.type === "phase-progress") {
    const part = Math.max(1, Math.floor(event.total / PROGRESS_PARTS));
    if (event.done === 0 || (event.done % part !== 0 && event.done !== event.total)) return [];
    const share = Math.floor((event.done / event.total) * 100);
    const full = Math.floor((30 * event.done) / event.total);
    const bar = `[${"=".repeat(full)}${" ".repeat(30 - full)}]`;
    return [{ level: "INFO", text: `${bar} ${share}%` }];
  }
  return linesOf(event, view);
}

/** What comes again and again, and may be left out where there is a view to see it in. */
function isRoutine(event: RunEvent): boolean {
  if (event.type === "step-done") return !event.skipped;
  if (event.type === "cluster-message")
    return event.level === "info" && !RARE_CODES.has(event.code);
  return event.type === "checkpoint-saved" || event.type === "evaluation-done";
}

/** Told once or twice in a run, and nothing after them can be understood without. */
const RARE_CODES: ReadonlySet<string> = new Set(["rank-ready", "node-returned", "resharding"]);

const RULE_COLUMNS_MAX = 80;

/** "======== Validation ========", across the terminal. */
function ruleLines(event: RunEvent, view: View, columns: number): string[] {
  const chapter = chapterOf(event, view);
  if (chapter === undefined) return [];
  const title = ` ${truncate(chapter, Math.max(1, columns - 10))} `;
  const sides = Math.max(2, Math.floor((Math.min(columns, RULE_COLUMNS_MAX) - title.length) / 2));
  return ["", `${"=".repeat(sides)}${title}${"=".repeat(sides)}`];
}

function logLine({ level, text }: Line, event: RunEvent, view: View): string {
  return `${prefixOf(event, view)} ${level.padEnd(7)} ${text}`;
}

interface Colouring {
  readonly event: RunEvent;
  readonly view: View;
  readonly options: FrameOptions;
}

const TONES = { INFO: "good", WARNING: "warning", ERROR: "bad" } as const;
const NARROW_BELOW = 70;

function colouredLine({ level, text }: Line, { event, view, options }: Colouring): string {
  const colours = coloursFor(options.colour);
  const prefix = prefixOf(event, view);
  // The date says little on a narrow terminal, and the text a lot.
  const time = options.width < NARROW_BELOW ? prefix.slice(12, -1) : prefix;
  const line = `${colours.quiet(time)} ${colours[TONES[level]](shortLevel(level, options.width))} ${text}`;
  return finished(line, options);
}

function shortLevel(level: Level, width: number): string {
  return width < NARROW_BELOW ? level.slice(0, 1) : level.padEnd(7);
}

function prefixOf({ atMs }: RunEvent, view: View): string {
  return `[${formatMoment((view.run.started?.wallMs ?? 0) + atMs)}]`;
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
  const text = truncate(endText(view), frame.content);
  return ["", titleLine(view, frame), `${frame.margin}${paint(text)}`, ""].map((line) =>
    finished(line, options),
  );
}
