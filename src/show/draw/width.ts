/**
 * Text measured in terminal columns.
 *
 * A wide character takes two columns, a combining mark and a colour code none.
 * Everything here counts what a terminal shows, never what a string holds.
 */

import stringWidth from "string-width";

const ESCAPE = "\u001b";
const COLOUR_CODE = new RegExp(`(${ESCAPE}\\[[0-9;]*m)`);
const ESCAPE_SEQUENCE = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^\u0007${ESCAPE}]*(?:\u0007|${ESCAPE}\\\\)?|[@-Z\\\\^_])`,
  "g",
);
/** Control characters, and the marks that turn the direction of everything after them. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

const COLOUR_CODES = new RegExp(COLOUR_CODE, "g");
/**
 * Characters of one column that never join with their neighbours: Latin ones, the narrow space of
 * large numbers, and what our views are drawn with: lines, blocks, shapes, Braille.
 */
const SINGLE_COLUMNS =
  /^[ -~\u00a0-\u00ac\u00ae-\u00ff\u2013\u2014\u2026\u202f\u2500-\u25fc\u2800-\u28ff]*$/;

/** How many columns a terminal needs to show `text`; colour codes need none. */
export function displayWidth(text: string): number {
  const bare = text.includes(ESCAPE) ? text.replace(COLOUR_CODES, "") : text;
  // Nearly all that we draw, many thousand times a minute; looking at graphemes takes 100 times as long.
  return SINGLE_COLUMNS.test(bare) ? bare.length : stringWidth(text);
}

/**
 * Text from outside (file names, titles, messages) made safe for one line of a terminal:
 * no escape sequences, no control characters, no line breaks.
 */
export function plainText(text: string): string {
  return text.replace(ESCAPE_SEQUENCE, "").replace(UNSAFE, " ").trim();
}

/** Cuts the end off `text` and marks the cut with "…"; text that fits comes back unchanged. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return "";
  const parts = text.split(COLOUR_CODE);
  let room = width - 1;
  let out = "";
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) {
      out += part;
      continue;
    }
    const head = headOf(part, room);
    out += head;
    room -= displayWidth(head);
    if (head.length < part.length) return `${out}…${parts.length > 1 ? `${ESCAPE}[0m` : ""}`;
  }
  return out;
}

/** Cuts the middle out of a path: the file's own name says most, then where it begins. */
export function truncatePath(path: string, width: number): string {
  if (displayWidth(path) <= width) return path;
  if (width <= 0) return "";
  const room = width - 1;
  const beforeEnd = path.length - 2;
  const separator = Math.max(path.lastIndexOf("/", beforeEnd), path.lastIndexOf("\\", beforeEnd));
  const tail = path.slice(Math.max(0, separator));
  const tailWidth = displayWidth(tail);
  if (tailWidth <= room) return `${headOf(path, room - tailWidth)}…${tail}`;
  const kept = tailOf(path, Math.ceil(room / 2));
  return `${headOf(tail.replace(/^[/\\]/, ""), room - displayWidth(kept))}…${kept}`;
}

/** Filled with spaces at the end; text that is wider stays as it is. */
export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** Filled with spaces at the start; text that is wider stays as it is. */
export function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - displayWidth(text))) + text;
}

/**
 * Breaks plain text (no colour codes) between words into lines of at most `width` columns;
 * a word that is wider than a line is broken inside.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").filter((part) => part !== "")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (displayWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (displayWidth(line) > width) {
      const head = headOf(line, width);
      if (head === "") return lines;
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** As many whole items as fit on each line, separated by " · ", on at most `linesMax` lines. */
export function flow(
  items: readonly string[],
  { width, linesMax }: { readonly width: number; readonly linesMax: number },
): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + 3 + displayWidth(item) <= width) {
      lines[lines.length - 1] = `${last} · ${item}`;
    } else if (lines.length < linesMax && displayWidth(item) <= width) {
      lines.push(item);
    }
  }
  return lines;
}

/** The longest beginning that needs at most `width` columns. */
function headOf(text: string, width: number): string {
  let used = 0;
  let end = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    used += displayWidth(segment);
    if (used > width) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/** The longest end that needs at most `width` columns. */
function tailOf(text: string, width: number): string {
  let used = 0;
  let start = text.length;
  for (const { segment, index } of [...graphemes.segment(text)].reverse()) {
    used += displayWidth(segment);
    if (used > width) break;
    start = index;
  }
  return text.slice(start);
}
