/** Fits text into the available columns: items that do not fit are dropped whole, or wrapped. */

import { displayWidth, wrap } from "../../show/draw/width.ts";

/** One figure with its name, in fewer and fewer words. */
export interface Figure {
  readonly full: string;
  readonly brief: string;
  readonly briefest: string;
  /** 0 stays longest. */
  readonly importance: number;
}

type Form = "full" | "brief" | "briefest";

const SEPARATORS = { full: " | ", brief: "  ", briefest: "  " } as const;

/**
 * One row of figures, in their order, none of them cut. Without a width all of them in full.
 * Otherwise in brief, or, where the `needed` most important ones do not fit like that, as brief as
 * can be: as many of them as there is room for, the least important left out first.
 */
export function fittedFigures(
  figures: readonly Figure[],
  { width, needed }: { readonly width: number | undefined; readonly needed: number },
): string {
  if (width === undefined) return joined(figures, "full");
  const ranked = [...figures].sort((a, b) => a.importance - b.importance);
  const fits = (some: readonly Figure[], form: Form): boolean =>
    displayWidth(joined(some, form)) <= width;
  const form = fits(ranked.slice(0, needed), "brief") ? "brief" : "briefest";
  let count = 1;
  while (count < ranked.length && fits(ranked.slice(0, count + 1), form)) count += 1;
  const kept = new Set(ranked.slice(0, count));
  return joined(
    figures.filter((figure) => kept.has(figure)),
    form,
  );
}

function joined(figures: readonly Figure[], form: Form): string {
  return figures.map((figure) => figure[form]).join(SEPARATORS[form]);
}

/** Where a text may be broken best: behind a comma and its like, and between columns. */
const BETWEEN_PARTS = /(?<=[,;:]) | {2,}/;

/**
 * Plain text in rows of at most `width` columns: broken between its parts where these fit a row,
 * so that a figure stays with its name; otherwise between words, and only a word that is wider
 * than a row is broken inside. Text that fits comes back unchanged.
 */
export function rowsOfText(text: string, width: number): string[] {
  if (displayWidth(text) <= width) return [text];
  const rows: string[] = [];
  const fitsLast = (part: string): boolean =>
    rows.length > 0 && displayWidth(`${rows.at(-1)} ${part}`) <= width;
  const add = (part: string): void => {
    if (fitsLast(part)) rows.push(`${rows.pop()} ${part}`);
    else rows.push(part);
  };
  for (const part of text.split(BETWEEN_PARTS)) {
    if (displayWidth(part) <= width) {
      add(part);
      continue;
    }
    for (const word of part.split(" ").flatMap((one) => piecesOf(one, width))) add(word);
  }
  return rows;
}

/** A word that is too wide for a row, in rows: a path is broken behind its separators. */
function piecesOf(word: string, width: number): string[] {
  if (displayWidth(word) <= width) return [word];
  const pieces: string[] = [];
  for (const segment of word.split(/(?<=\/)/).flatMap((one) => wrap(one, width))) {
    const joined = `${pieces.at(-1) ?? ""}${segment}`;
    if (pieces.length > 0 && displayWidth(joined) <= width) pieces.pop();
    pieces.push(displayWidth(joined) <= width ? joined : segment);
  }
  return pieces;
}
