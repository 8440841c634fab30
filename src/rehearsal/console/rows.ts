/** A log line above a live view: time and level are shortened before the text is. */

import { type FrameOptions, finished } from "../../show/console/frame.ts";
import { coloursFor } from "../../show/draw/colours.ts";
import { displayWidth } from "../../show/draw/width.ts";
import { rowsOfText } from "./fitting.ts";
import type { Line } from "./lines.ts";

export interface ConsoleLine extends Pick<Line, "level" | "isGood"> {
  /** "2026-11-02 21:00:05" */
  readonly moment: string;
  /** Plain; gets the columns that are left for it. */
  readonly text: (width: number) => string;
}

/** The date says little above a live view, and the text a lot. */
const DATE_FROM = 140;
const LEVEL_FROM = 100;
const TIME_FROM = 50;
const TEXT_WIDTH_MIN = 8;

const TONES = { INFO: "good", WARNING: "warning", ERROR: "bad" } as const;

/** One row, and others below the text of the first where it is long. */
export function rowsOfLine(line: ConsoleLine, options: FrameOptions): string[] {
  const { level, moment, text, isGood = false } = line;
  const { width, unicode } = options;
  const colours = coloursFor(options.colour);
  const time = timeOf(moment, width);
  const levelText = width < LEVEL_FROM ? level.slice(0, 1) : level.padEnd(7);
  const prefix = `${time === "" ? "" : `${colours.quiet(time)} `}${colours[TONES[level]](levelText)} `;
  const indent = displayWidth(prefix);
  const room = Math.max(TEXT_WIDTH_MIN, width - indent);
  const mark = isGood && unicode ? "✓ " : "";
  const paint = isGood ? colours.good : (row: string): string => row;
  return rowsOfText(`${mark}${text(room)}`, room).map((row, index) =>
    finished(`${index === 0 ? prefix : " ".repeat(indent)}${paint(row)}`, options),
  );
}

function timeOf(moment: string, width: number): string {
  if (width < TIME_FROM) return "";
  return width < DATE_FROM ? moment.slice(-"21:00:05".length) : `[${moment}]`;
}
