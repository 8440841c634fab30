/** A waveform a line, with the name of its file. */

import { coloursFor } from "../../show/draw/colours.ts";
import { displayWidth, padEnd, padStart, plainText, truncatePath } from "../../show/draw/width.ts";
import type { Waveform } from "../../sound/audio/waveform.ts";
import { soundLength } from "./corpus-text.ts";
import { waveformLine } from "./waveform-drawing.ts";

export interface WaveformRow {
  readonly path: string;
  readonly durationSeconds: number;
  readonly waveform: Waveform;
}

/** Lines of exactly `width` columns, from 30 on: name, waveform, length. */
export function waveformRows(
  rows: readonly WaveformRow[],
  options: { readonly width: number; readonly unicode: boolean; readonly colour: boolean },
): string[] {
  const width = Math.max(30, options.width);
  const { accent } = coloursFor(options.colour);
  const names = rows.map(({ path }) => truncatePath(plainText(path), Math.floor(width / 3)));
  const lengths = rows.map(({ durationSeconds }) => soundLength(durationSeconds));
  const nameWidth = Math.max(0, ...names.map(displayWidth));
  const lengthWidth = Math.max(0, ...lengths.map(displayWidth));
  const waveWidth = width - nameWidth - lengthWidth - 2;
  return rows.map(({ waveform }, i) => {
    const wave = accent(waveformLine(waveform, { width: waveWidth, unicode: options.unicode }));
    return `${padEnd(names[i] ?? "", nameWidth)} ${wave} ${padStart(lengths[i] ?? "", lengthWidth)}`;
  });
}
