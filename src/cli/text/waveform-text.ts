/** Waveforms as text, one per line, with the names of their files. */

import { coloursFor } from "../../show/draw/colours.ts";
import { displayWidth, padEnd, padStart, plainText, truncatePath } from "../../show/draw/width.ts";
import { formatSoundLength } from "../../show/numbers.ts";
import { narrowed, peakOf, type Waveform } from "../../sound/audio/waveform.ts";

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
  const lengths = rows.map(({ durationSeconds }) => formatSoundLength(durationSeconds));
  const nameWidth = Math.max(0, ...names.map(displayWidth));
  const lengthWidth = Math.max(0, ...lengths.map(displayWidth));
  const waveWidth = width - nameWidth - lengthWidth - 2;
  return rows.map(({ waveform }, i) => {
    const wave = accent(waveformLine(waveform, { width: waveWidth, unicode: options.unicode }));
    return `${padEnd(names[i] ?? "", nameWidth)} ${wave} ${padStart(lengths[i] ?? "", lengthWidth)}`;
  });
}

const BLOCKS = " ▁▂▃▄▅▆▇█";
const ASCII_LEVELS = " _.-~=+*#";

/**
 * One line, exactly `width` columns. Each is as high as the loudest sample in it, beside the
 * loudest of the whole sound; only silence is empty.
 */
export function waveformLine(
  waveform: Waveform,
  { width, unicode }: { readonly width: number; readonly unicode: boolean },
): string {
  const levels = unicode ? BLOCKS : ASCII_LEVELS;
  const peak = peakOf(waveform);
  const { lows, highs } = narrowed(waveform, width);
  let line = "";
  for (const [i, low] of lows.entries()) {
    const share = peak === 0 ? 0 : Math.max(-low, highs[i] ?? 0, 0) / peak;
    line += levels[Math.ceil(share * (levels.length - 1))] ?? "";
  }
  return line.padEnd(width);
}
