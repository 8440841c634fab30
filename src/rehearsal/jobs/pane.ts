/**
 * One job in its part of the screen: a title rule, figures, curve, machines, newest messages.
 *
 * Pure, and exact: as many lines as the pane is high, each as wide as the pane.
 */

import { displayWidth, truncate } from "../../show/draw/width.ts";
import { formatMoment } from "../../show/numbers.ts";
import { gridLines } from "../console/grid.ts";
import { DAY_MS } from "../engine/units.ts";
import { chartLines } from "./chart.ts";
import {
  barLine,
  goodputLine,
  gpusLine,
  rateLine,
  resultLine,
  scaleOf,
  speedLine,
  stateLine,
} from "./figures.ts";
import type { JobState } from "./job-state.ts";
import { type Message, worthShowing } from "./messages.ts";
import { cell, type PaneFrame } from "./pane-frame.ts";
import { doingOf, shortTitle, titleOf } from "./state-words.ts";

type Part = "bar" | "state" | "result" | "speed" | "gpus" | "rate" | "goodput";
type Growing = "message" | "chart" | "grid" | "gap";

/** What each further line of a pane is for, the most important first. */
const WANTED: readonly (Part | Growing)[] = [
  ...(["bar", "result", "state", "speed", "message", "gpus", "rate", "message"] as const),
  ...(["goodput", "message", "gap", "message", "chart", "chart", "chart"] as const),
  ...(["message", "grid", "grid", "gap", "message", "chart", "chart"] as const),
];

/** Beyond that list. */
const WANTED_MORE: readonly Growing[] = ["grid", "chart", "message", "message", "message"];
const CHART_ROWS_MAX = 12;
/** Fewer rows of a chart say no more than the curve beside the loss. */
const CHART_ROWS_MIN = 3;

export function paneLines(state: JobState, frame: PaneFrame): string[] {
  const { width, height } = frame;
  const parts = {
    bar: [barLine(state, frame)],
    state: [stateLine(state, frame)],
    speed: speedLine(state, frame),
    gpus: gpusLine(state, frame),
    rate: rateLine(state, frame),
    goodput: goodputLine(state, frame),
  };
  const grid = gridOf(state, frame);
  const rows = shared(height - 1, {
    hasSteps: state.view.run.lastStep !== undefined,
    has: (part) => part === "result" || parts[part].length > 0,
    messages: state.messages.length,
    grid: grid.length,
  });
  const has = (part: Part): boolean => rows.parts.has(part);
  const lines = [
    ...(has("state") ? parts.state : []),
    ...(has("bar") ? parts.bar : []),
    ...gap(rows.gaps > 0),
    ...(has("result") ? resultLine(state, frame, rows.chart === 0) : []),
    ...chartOf(state, frame, rows.chart),
    ...(["rate", "speed", "goodput", "gpus"] as const).flatMap((part) =>
      has(part) ? parts[part] : [],
    ),
    ...grid.slice(0, rows.grid),
    ...gap(rows.gaps > 1 && rows.messages > 0),
    ...worthShowing(state.messages, rows.messages).map((message) => {
      return messageLine(message, state, frame);
    }),
  ].map((line) => (line === "" ? "" : ` ${line}`));
  return [titleLine(state, frame), ...lines, ...Array<string>(height).fill("")]
    .slice(0, height)
    .map((line, index) => (index === 0 ? line : cell(line, width, frame)));
}

function gap(isThere: boolean): string[] {
  return isThere ? [""] : [];
}

interface Supply {
  readonly hasSteps: boolean;
  readonly has: (part: Part) => boolean;
  readonly messages: number;
  readonly grid: number;
}

interface Rows {
  readonly parts: ReadonlySet<Part>;
  readonly messages: number;
  readonly chart: number;
  readonly grid: number;
  readonly gaps: number;
}

/** Gives the rows away, one after the other; what a pane has nothing for is passed over. */
function shared(rowsTotal: number, supply: Supply): Rows {
  const parts = new Set<Part>();
  const grown = { message: 0, chart: 0, grid: 0, gap: 0 };
  const most = {
    message: supply.messages,
    chart: supply.hasSteps ? CHART_ROWS_MAX : 0,
    grid: supply.grid,
    gap: 2,
  };
  let left = rowsTotal;
  const give = (wanted: Part | Growing): void => {
    if (left === 0) return;
    if (wanted === "message" || wanted === "chart" || wanted === "grid" || wanted === "gap") {
      if (grown[wanted] === most[wanted]) return;
      grown[wanted] += 1;
    } else {
      if (wanted === "result" ? !supply.hasSteps : !supply.has(wanted)) return;
      parts.add(wanted);
    }
    left -= 1;
  };
  for (const wanted of WANTED) give(wanted);
  for (let before = -1; before !== left; ) {
    before = left;
    for (const wanted of WANTED_MORE) give(wanted);
  }
  const chart = grown.chart < CHART_ROWS_MIN ? 0 : grown.chart;
  const messages = grown.message + grown.chart - chart;
  return { parts, messages, chart, grid: grown.grid, gaps: grown.gap };
}

function chartOf(state: JobState, frame: PaneFrame, height: number): string[] {
  if (height === 0) return [];
  const { content: width, unicode, colours } = frame;
  const options = { width, height, unicode, scale: scaleOf(state) };
  return chartLines(state.history.results, options).map(colours.accent);
}

/** Node by node, a line each: that is what is compact. */
function gridOf({ view }: JobState, { content, colours, unicode }: PaneFrame): string[] {
  const { clusterStatus } = view.run;
  if (clusterStatus === undefined) return [];
  return gridLines(clusterStatus, { width: Math.min(content, GRID_WIDTH_MAX), colours, unicode });
}

/** From here on the grid has several lines a node. */
const GRID_WIDTH_MAX = 99;

const SIGNS = {
  INFO: { unicode: " ", ascii: " ", tone: "quiet" },
  WARNING: { unicode: "▲", ascii: "!", tone: "warning" },
  ERROR: { unicode: "×", ascii: "x", tone: "bad" },
} as const;

/** Seconds are shown where there is room for them. */
const SECONDS_FROM = 48;
/** "13:32:28 × down at step 9 395", or with the date where it is no longer of today. */
function messageLine(message: Message, { view }: JobState, frame: PaneFrame): string {
  const { level, parts, wallMs } = message;
  const { colours, unicode, content } = frame;
  const nowMs = (view.run.started?.wallMs ?? 0) + view.run.atMs;
  const moment = formatMoment(wallMs);
  const width = content < SECONDS_FROM ? 5 : 8;
  const isOld = Math.floor(nowMs / DAY_MS) !== Math.floor(wallMs / DAY_MS);
  const time = isOld ? moment.slice(5, 10) : moment.slice(11, 11 + width);
  const { tone, ...signs } = SIGNS[level];
  const sign = colours[tone](signs[unicode ? "unicode" : "ascii"]);
  const room = content - width - 3;
  const text = messageText(parts, room);
  const said = level === "INFO" ? text : colours[tone](text);
  return `${colours.quiet(time.padEnd(width))} ${sign} ${said}`;
}

/** The first part in any case, and of the others as many as fit. */
function messageText(parts: Message["parts"], width: number): string {
  const texts = parts.map((_, i) => parts.slice(0, i + 1).join(" · "));
  return texts.findLast((text) => displayWidth(text) <= width) ?? parts[0];
}

const RULES = { unicode: "─", ascii: "-" } as const;

/** "─ 1 Llama-3.1-8B on 64 H100 ──────── SIMULATED "; the badge is never cut. */
function titleLine(state: JobState, frame: PaneFrame): string {
  const { width, colours, unicode } = frame;
  const rule = (columns: number): string =>
    colours.quiet(RULES[unicode ? "unicode" : "ascii"].repeat(Math.max(0, columns)));
  const badge = colours.badge(" SIMULATED ");
  const number = colours[doingOf(state).tone](colours.strong(String(state.job)));
  const lead = `${rule(1)} ${number} `;
  const room = Math.max(1, width - displayWidth(lead) - displayWidth(badge));
  const long = titleOf(state);
  const title = truncate(displayWidth(long) <= room ? long : shortTitle(long), room);
  const rest = room - displayWidth(title);
  const between = rest === 0 ? "" : ` ${rule(rest - 1)}`;
  return cell(`${lead}${colours.strong(title)}${between}${badge}`, width, frame);
}
