/** What every pane is drawn with. */

import { type Colours, coloursFor } from "../../show/draw/colours.ts";
import { displayWidth, truncate } from "../../show/draw/width.ts";
import { asciiText } from "../../show/numbers.ts";
import type { Size } from "./layout.ts";

export interface PaneStyle {
  readonly colour: boolean;
  /** Blocks, curves and rules; otherwise ASCII. */
  readonly unicode: boolean;
}

export interface PaneFrame extends Size, PaneStyle {
  readonly colours: Colours;
  /** Columns between the margins, one at each side. */
  readonly content: number;
}

export function paneFrame(size: Size, style: PaneStyle): PaneFrame {
  const { width, height } = size;
  const { colour, unicode } = style;
  const content = Math.max(1, width - 2);
  return { width, height, colour, unicode, colours: coloursFor(colour), content };
}

/** Exactly `width` columns: cut or filled up. */
export function cell(line: string, width: number, { unicode }: PaneStyle): string {
  const text = unicode ? line : asciiText(line);
  const wide = displayWidth(text);
  if (wide <= width) return text + " ".repeat(width - wide);
  const cut = truncate(text, width);
  const exact = cut + " ".repeat(width - displayWidth(cut));
  return unicode ? exact : asciiText(exact);
}
