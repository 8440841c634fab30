/** Two dials in one XY pad. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { POSITION_MOST } from "../../../sound/model/position-range.ts";
import type { Hands } from "../hands.browser.ts";
import { type Brush, Canvas } from "../parts/canvas.browser.tsx";
import type { Dial } from "../setting.ts";

export function XyPad({
  instrument,
  dials,
}: {
  readonly instrument: Hands;
  readonly dials: readonly Dial[];
}): JSX.Element | null {
  const names = useSignal<readonly [string | undefined, string | undefined]>([
    undefined,
    undefined,
  ]);
  const x = dials.find(({ name }) => name === names.value[0]) ?? dials[0];
  const y = dials.find(({ name }) => name === names.value[1]) ?? dials.find((dial) => dial !== x);
  if (x === undefined || y === undefined) return null;
  const at = (dial: Dial): number => instrument.setting.value.positions[dial.name] ?? 0;
  const move = (right: number, up: number): void => {
    const { positions } = instrument.setting.peek();
    instrument.move(
      { positions: { ...positions, [x.name]: clamped(right), [y.name]: clamped(up) } },
      `${x.name} ${y.name}`,
    );
  };
  const touch = ({
    currentTarget,
    offsetX,
    offsetY,
  }: PointerEvent & { readonly currentTarget: HTMLCanvasElement }): void => {
    const { clientWidth, clientHeight } = currentTarget;
    const place = (share: number): number => Math.round((2 * share - 1) * POSITION_MOST);
    move(place(offsetX / clientWidth), place(1 - offsetY / clientHeight));
  };
  return (
    <div class="xy">
      {/* The two strings of these dials are the way by keyboard. */}
      <Canvas
        class="pad"
        label={`${x.label} ${at(x)}, ${y.label} ${at(y)}`}
        draw={(brush) => drawPad(brush, { x: at(x), y: at(y), labels: [x, y] })}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          touch(event);
        }}
        onPointerMove={(event) => {
          if (event.buttons > 0) touch(event);
        }}
      />
      <div class="axes">
        {([x, y] as const).map((chosen, i) => (
          <label key={i === 0 ? "x" : "y"} class="field">
            {i === 0 ? "across" : "up"}
            <select
              value={chosen.name}
              onChange={({ currentTarget }) => {
                names.value =
                  i === 0 ? [currentTarget.value, y.name] : [x.name, currentTarget.value];
              }}
            >
              {dials.map(({ name, label }) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
    </div>
  );
}

function clamped(position: number): number {
  return Math.max(-POSITION_MOST, Math.min(POSITION_MOST, position));
}

interface PadPicture {
  readonly x: number;
  readonly y: number;
  readonly labels: readonly [Dial, Dial];
}

function drawPad({ pen, width, height, colour }: Brush, { x, y, labels }: PadPicture): void {
  const place = (position: number, size: number): number =>
    ((position + POSITION_MOST) / (2 * POSITION_MOST)) * size;
  pen.fillStyle = colour("--line");
  for (let i = -POSITION_MOST; i <= POSITION_MOST; i += 2) {
    for (let j = -POSITION_MOST; j <= POSITION_MOST; j += 2) {
      const isMiddle = i === 0 || j === 0;
      pen.beginPath();
      pen.arc(place(i, width), height - place(j, height), isMiddle ? 2 : 1.2, 0, 7);
      pen.fill();
    }
  }
  const [cx, cy] = [place(x, width), height - place(y, height)];
  const glow = pen.createRadialGradient(cx, cy, 0, cx, cy, width * 0.32);
  glow.addColorStop(0, colour("--hot"));
  // Of the same colour: towards black transparency the glow would be grey.
  glow.addColorStop(1, `color-mix(in srgb, ${colour("--hot")} 0%, transparent)`);
  pen.globalAlpha = 0.35;
  pen.fillStyle = glow;
  pen.fillRect(0, 0, width, height);
  pen.globalAlpha = 1;
  pen.fillStyle = colour("--hot");
  pen.beginPath();
  pen.arc(cx, cy, 13, 0, 7);
  pen.fill();
  drawEnds({ pen, width, height, colour }, labels);
}

function drawEnds(
  { pen, width, height, colour }: Brush,
  [across, up]: readonly [Dial, Dial],
): void {
  pen.fillStyle = colour("--soft");
  pen.font = `italic 15px "Instrument Serif", serif`;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.fillText(across.low, 10, height / 2 + 14);
  pen.textAlign = "right";
  pen.fillText(across.high, width - 10, height / 2 + 14);
  pen.textAlign = "center";
  pen.fillText(up.high, width / 2, 16);
  pen.fillText(up.low, width / 2, height - 16);
}
