/** The score as text: totals, a line per kind, a line per incident. */

import type { AlertScore, FalseAlarm, IncidentScore, KindScore } from "../../events/score.ts";
import { padEnd, padStart, plainText, truncate, wrap } from "../../show/draw/width.ts";
import {
  asciiText,
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  formatQuantity,
} from "../../show/numbers.ts";

export interface ScoreTextOptions {
  /** Columns that a line may take. */
  readonly width: number;
  /** False for a terminal that knows only ASCII. @default true */
  readonly unicode?: boolean;
}

/** Lines without line breaks; tables are cut at the width, texts are broken. */
export function scoreLines(score: AlertScore, options: ScoreTextOptions): readonly string[] {
  const width = Math.max(40, options.width);
  const lines = [
    ...sums(score, width),
    ...section(kindRows(score.kinds), width),
    ...section(incidentRows(score), width),
    ...section(falseRows(score), width),
    ...notes(score, width),
  ];
  return options.unicode === false ? lines.map(asciiText) : lines;
}

const LABEL = 16;

/** So many are named; JSON has all. */
const INCIDENTS_SHOWN = 60;
const FALSE_NAMED = 10;

function sums(score: AlertScore, width: number): string[] {
  const { alerts, detected, repeats, falseAlarms, misplaced, timeToDetect } = score;
  const runs = formatQuantity(score.runs, "simulated run");
  const place = misplaced === 0 ? "" : ` (${formatCount(misplaced)} of another kind or place)`;
  const perDay = score.falseAlarmsPerDay;
  return [
    ...row("Simulated", `${runs}, ${formatDuration(score.simulatedMs)}`, width),
    ...row(
      "Incidents",
      `${formatCount(score.incidents)}: ${formatCount(detected)} detected, ${formatCount(score.missed)} missed`,
      width,
    ),
    ...row(
      "Time to detect",
      timeToDetect.medianMs === null
        ? "nothing was detected"
        : `median ${duration(timeToDetect.medianMs)}, 90 % within ${duration(timeToDetect.p90Ms)}`,
      width,
    ),
    ...row(
      "Alerts",
      `${formatCount(alerts)}: ${formatCount(detected)} first, ${formatCount(repeats)} repeated, ${formatCount(falseAlarms)} false${place}`,
      width,
    ),
    ...row("False alarms", perDay === null ? "–" : `${formatNumber(perDay)} a day`, width),
    ...row(
      "Precision",
      `${share(score.precision)}, recall ${share(score.recall)} (tolerance ${formatDuration(score.toleranceMs)}, grace ${formatDuration(score.graceMs)})`,
      width,
    ),
  ];
}

function kindRows(kinds: readonly KindScore[]): string[][] {
  if (kinds.length === 0) return [];
  return [
    ["kind", "incidents", "detected", "false", "recall", "precision", "median", "p90"],
    ...kinds.map(({ kind, incidents, detected, falseAlarms, recall, precision, timeToDetect }) => [
      kind,
      formatCount(incidents),
      formatCount(detected),
      formatCount(falseAlarms),
      share(recall),
      share(precision),
      duration(timeToDetect.medianMs),
      duration(timeToDetect.p90Ms),
    ]),
  ];
}

function incidentRows({ list, runs }: AlertScore): string[][] {
  if (list.length === 0) return [];
  const cells = (one: IncidentScore): string[] => [
    one.kind,
    formatCount(one.step),
    duration(one.seenAtMs),
    one.node === null ? "–" : String(one.node),
    one.timeToDetectMs === null ? "missed" : `after ${duration(one.timeToDetectMs)}`,
    one.alert === null ? "" : String(one.alert),
    ...(runs > 1 ? [String(one.run)] : []),
  ];
  const titles = ["incident", "step", "seen at", "node", "detected", "alert"];
  const shown = list.slice(0, INCIDENTS_SHOWN).map(cells);
  return [[...titles, ...(runs > 1 ? ["run"] : [])], ...shown, ...moreRow(list, INCIDENTS_SHOWN)];
}

function moreRow(list: readonly unknown[], shown: number): string[][] {
  const more = list.length - shown;
  return more > 0 ? [[`and ${formatCount(more)} more`]] : [];
}

function falseRows({ falseList }: AlertScore): string[][] {
  if (falseList.length === 0) return [];
  const cells = (one: FalseAlarm): string[] => [
    `alert ${one.alert}`,
    duration(one.atMs),
    one.node === null ? "–" : String(one.node),
    `${one.kind ?? one.metric ?? "–"}: ${one.reason}`,
  ];
  const titles = ["false alarm", "at", "node", "names"];
  const shown = falseList.slice(0, FALSE_NAMED).map(cells);
  return [titles, ...shown, ...moreRow(falseList, FALSE_NAMED)];
}

function notes({ outside, alerts, runsWithoutEnd }: AlertScore, width: number): string[] {
  const texts = [
    ...(outside > 0
      ? [
          `${formatQuantity(outside, "alert")} of ${formatCount(alerts)} before the start or after the end of every run: times must be those of the run, since its start (atMs) or by its own calendar.`,
        ]
      : []),
    ...(runsWithoutEnd > 0
      ? [
          `${formatQuantity(runsWithoutEnd, "run")} without an end in the truth: counted up to the last incident, so false alarms a day are too many.`,
        ]
      : []),
  ];
  return texts.flatMap((text) => ["", ...wrap(text, width)]);
}

/** A table below an empty line: the first column and texts to the left, numbers to the right. */
function section(rows: readonly (readonly string[])[], width: number): string[] {
  if (rows.length === 0) return [];
  const [head = []] = rows;
  const widths = head.map((_, column) =>
    Math.max(...rows.map((cells) => padEnd(plainText(cells[column] ?? ""), 0).length)),
  );
  const isText = (column: number): boolean => column === 0 || head[column] === "names";
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        (isText(column) ? padEnd : padStart)(plainText(cell), widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return ["", ...rows.map((cells) => truncate(line(cells), width))];
}

function duration(milliseconds: number | null): string {
  return milliseconds === null ? "–" : formatDuration(milliseconds);
}

function share(value: number | null): string {
  return value === null ? "–" : formatPercent(value);
}

/** "label       text", the text broken into lines beside the label. */
function row(label: string, text: string, width: number): string[] {
  return wrap(text, width - LABEL).map(
    (line, index) => `${padEnd(index === 0 ? label : "", LABEL)}${line}`,
  );
}
