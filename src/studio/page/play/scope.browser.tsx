/** The spectrum of what is heard now, low notes on the left. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { LivePlay } from "../live-play.browser.ts";
import { type Brush, Canvas } from "../parts/canvas.browser.tsx";

const LOW_HZ = 40;
const HIGH_HZ = 16_000;
const BARS = 96;
const FLOOR_DB = -100;
const RANGE_DB = 75;

export function Scope({ live }: { readonly live: LivePlay }): JSX.Element {
  const levels = useMemo(() => signal<readonly number[]>([]), []);
  const isOn = live.state.value === "on";
  useEffect(() => {
    const output = live.output;
    if (!isOn || output === undefined) return undefined;
    const analyser = new AnalyserNode(output.context, { fftSize: 4096 });
    output.connect(analyser);
    const bins = new Float32Array(analyser.frequencyBinCount);
    let frame = 0;
    const look = (): void => {
      analyser.getFloatFrequencyData(bins);
      levels.value = barsOf(bins, output.context.sampleRate / 2);
      frame = requestAnimationFrame(look);
    };
    look();
    return () => {
      cancelAnimationFrame(frame);
      levels.value = [];
    };
  }, [isOn]);
  return (
    <div class="stage">
      <Canvas draw={(brush) => drawBars(brush, levels.value)} />
    </div>
  );
}

/** 0 to 1, of bands that are equally wide to the ear. */
function barsOf(bins: Float32Array, highestHz: number): number[] {
  const binOf = (bar: number): number =>
    Math.floor(((LOW_HZ * (HIGH_HZ / LOW_HZ) ** (bar / BARS)) / highestHz) * bins.length);
  return Array.from({ length: BARS }, (_, bar) => {
    const band = bins.subarray(binOf(bar), Math.max(binOf(bar) + 1, binOf(bar + 1)));
    return Math.max(0, Math.min(1, (Math.max(...band) - FLOOR_DB) / RANGE_DB));
  });
}

function drawBars({ pen, width, height, colour }: Brush, levels: readonly number[]): void {
  const step = width / BARS;
  for (let bar = 0; bar < BARS; bar += 1) {
    const level = levels[bar] ?? 0;
    const tall = Math.max(2, 0.92 * level * height);
    pen.fillStyle = colour(level > 0.75 ? "--stage-white" : "--stage-hot");
    pen.globalAlpha = 0.35 + 0.65 * level;
    pen.fillRect(bar * step + 1, (height - tall) / 2, Math.max(1, step - 2), tall);
  }
  pen.globalAlpha = 1;
}
