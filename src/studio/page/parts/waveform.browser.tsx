/** The outline of a sound, filled as far as it has been heard. */

import type { JSX } from "preact";
import { type Brush, Canvas } from "./canvas.browser.tsx";

export interface Outline {
  /** Lowest and highest sample of each column, 1 being `scale`. */
  readonly lows: ArrayLike<number>;
  readonly highs: ArrayLike<number>;
  readonly scale: number;
}

export interface WaveformProps {
  readonly outline: Outline;
  /** Share that has been heard; read while drawing. */
  readonly heard?: () => number;
  readonly colour?: string;
  readonly label?: string;
}

export function Waveform({ outline, heard, colour, label }: WaveformProps): JSX.Element {
  return (
    <Canvas
      class="waveform"
      {...(label !== undefined && { label })}
      draw={(brush) => drawOutline(brush, outline, { heard: heard?.() ?? 0, colour })}
    />
  );
}

export function drawOutline(
  { pen, width, height, colour: colourOf }: Brush,
  { lows, highs, scale }: Outline,
  { heard, colour = "--ink" }: { readonly heard: number; readonly colour?: string | undefined },
): void {
  const middle = height / 2;
  const columns = Math.max(1, lows.length);
  const y = (value: number): number => middle - (value / scale) * (middle - 1);
  const shape = new Path2D();
  for (let i = 0; i < lows.length; i += 1) {
    const [x, top, bottom] = [(i / columns) * width, y(highs[i] ?? 0), y(lows[i] ?? 0)];
    shape.rect(x, top - 0.5, Math.max(1, width / columns - 0.4), Math.max(1, bottom - top + 1));
  }
  pen.fillStyle = colourOf(colour);
  pen.globalAlpha = heard > 0 ? 0.35 : 1;
  pen.fill(shape);
  pen.globalAlpha = 1;
  if (heard <= 0) return;
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, heard * width, height);
  pen.clip();
  pen.fillStyle = colourOf("--hot");
  pen.fill(shape);
  pen.restore();
}
