/** The verdicts of `etude quality` as lines. */

import { coloursFor } from "../../show/draw/colours.ts";
import { plainText } from "../../show/draw/width.ts";
import { formatQuantity } from "../../show/numbers.ts";
import type { JudgedFile, UnreadFile } from "../../sound/work/judged-file.ts";

/** "red     take.wav: 3 clicks, the first at 1.20 s; ..." */
export function qualityLine(
  file: JudgedFile | UnreadFile,
  { colour }: { readonly colour: boolean },
): string {
  const path = plainText(file.path);
  const { good, warning, bad, strong } = coloursFor(colour);
  if ("failure" in file) {
    return `${strong("unread".padEnd(WIDTH))} ${path}: ${plainText(file.failure.message)}`;
  }
  const paint = { green: good, yellow: warning, red: bad }[file.rating];
  const reasons = file.findings.map(({ message }) => message).join("; ");
  return `${paint(file.rating.padEnd(WIDTH))} ${path}${reasons === "" ? "" : `: ${reasons}`}`;
}

/** As wide as the longest verdict. */
const WIDTH = 6;

/** "341 files: 322 green, 14 yellow, 5 red" */
export function qualitySummary(files: readonly (JudgedFile | UnreadFile)[]): string {
  const number = (rating: string): number =>
    files.filter((file) => "rating" in file && file.rating === rating).length;
  const unread = files.filter((file) => "failure" in file).length;
  const parts = ["green", "yellow", "red"].map((rating) => `${number(rating)} ${rating}`);
  if (unread > 0) parts.push(`${unread} not readable`);
  return `${formatQuantity(files.length, "file")}: ${parts.join(", ")}`;
}
