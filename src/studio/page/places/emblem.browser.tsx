/** A picture that is the same for the same model, so that two of one name can be told apart. */

import type { JSX } from "preact";
import { seededRandom, uniform } from "../../../random.ts";
import { Canvas } from "../parts/canvas.browser.tsx";

const STRINGS = 9;
const POINTS = 120;

export function Emblem({ id }: { readonly id: string }): JSX.Element {
  return (
    <Canvas
      class="emblem"
      draw={({ pen, width, height, colour }) => {
        const random = seededRandom(Number.parseInt(id.slice(0, 8), 16));
        const hot = Math.floor(uniform(random, 0, STRINGS));
        for (let i = 0; i < STRINGS; i += 1) {
          const waves = Array.from({ length: 3 }, (_, k) => ({
            turns: (k + 1) * uniform(random, 0.5, 2.4),
            phase: uniform(random, 0, 7),
            size: uniform(random, 0.1, 1) / (k + 1),
          }));
          pen.beginPath();
          for (let point = 0; point <= POINTS; point += 1) {
            const x = point / POINTS;
            const swing = waves.reduce(
              (sum, { turns, phase, size }) =>
                sum + size * Math.sin(2 * Math.PI * turns * x + phase),
              0,
            );
            // A string is fixed at both ends.
            const y = (i + 1) / (STRINGS + 1) + (0.09 * swing * Math.sin(Math.PI * x)) / 1.4;
            pen.lineTo(x * width, y * height);
          }
          pen.strokeStyle = colour(i === hot ? "--hot" : "--ink");
          pen.lineWidth = i === hot ? 2.5 : 1.1;
          pen.stroke();
        }
      }}
    />
  );
}
