/** The frame that every view of the console is drawn in: width, margin, labels, title. */

import { type Colours, coloursFor } from "../draw/colours.ts";
import { displayWidth, padEnd, padStart, plainText, truncate, wrap } from "../draw/width.ts";
import { asciiText } from "../numbers.ts";
import { isSimulated, type View } from "./view.ts";

export interface FrameOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** Most lines that the view may take. */
  readonly height: number;
  readonly colour: boolean;
  /** Blocks and curves; otherwise ASCII, but for names that are not. */
  readonly unicode: boolean;
  /** How long the run has been going now, in milliseconds; the newest event may be older. */
  readonly atMs: number;
}

/** A frame ready to draw in: where text begins, how wide it may be, and with which colours. */
export interface Frame extends FrameOptions {
  readonly colours: Colours;
  readonly margin: string;
  /** Columns between the margins. */
  readonly content: number;
  /** Columns of sentences beside a label. */
  readonly text: number;
  readonly label: number;
}

/** Lines that are kept or left out together. */
export interface Block {
  /** 0 stays longest. */
  readonly importance: number;
  readonly lines: readonly string[];
}

/** Sentences are no wider than people can read across; bars, curves and paths are. */
const TEXT_MAX = 84;
const WIDE_FROM = 56;

/** A line as it may be written: within the terminal, in the characters that it knows. */
export function finished(line: string, { width, unicode }: FrameOptions): string {
  const cut = truncate(line.trimEnd(), width);
  return unicode ? cut : asciiText(cut);
}

export function frameOf(options: FrameOptions): Frame {
  const wide = options.width >= WIDE_FROM;
  const margin = wide ? "  " : "";
  const label = wide ? 12 : 11;
  const content = Math.max(1, options.width - 2 * margin.length);
  return {
    ...options,
    colours: coloursFor(options.colour),
    margin,
    content,
    text: Math.max(1, Math.min(TEXT_MAX, content - label)),
    label,
  };
}

/** "label       text", the label quiet. */
export function row(label: string, text: string, frame: Frame): string {
  return `${frame.margin}${frame.colours.quiet(padEnd(label, frame.label))}${text}`;
}

/** Text beside a label (painted already), broken into lines of the room that is there. */
export function paragraph(label: string, text: string, frame: Frame): string[] {
  return wrap(text, frame.text).map(
    (line, index) => `${frame.margin}${padEnd(index === 0 ? label : "", frame.label)}${line}`,
  );
}

/** The run's name; the label of a simulated run comes first, so that it is never truncated. */
export function titleLine(view: View, frame: Frame): string {
  const { colours, content, margin } = frame;
  const badge = isSimulated(view) ? `${colours.badge(" SIMULATED ")} ` : "";
  const title = truncate(
    plainText(view.run.started?.title ?? "étude") || "étude",
    Math.max(1, content - displayWidth(badge)),
  );
  const left = `${badge}${colours.strong(title)}`;
  const device = plainText(view.run.started?.device ?? "");
  const room = content - displayWidth(left) - 3;
  if (displayWidth(device) > room || device === "") return `${margin}${left}`;
  return `${margin}${left}${colours.quiet(padStart(device, room + 3))}`;
}
