/** Dials drawn as strings: the bead on each is a native range input. */

import type { JSX } from "preact";
import { POSITION_MOST } from "../../../sound/model/position-range.ts";
import type { Hands } from "../hands.browser.ts";
import type { Dial } from "../setting.ts";

export function Strings({
  instrument,
  dials,
}: {
  readonly instrument: Hands;
  readonly dials: readonly Dial[];
}): JSX.Element {
  const { positions } = instrument.setting.value;
  return (
    <div class="strings">
      {dials.map((dial) => (
        <OneString
          key={dial.name}
          dial={dial}
          position={positions[dial.name] ?? 0}
          onMove={(position) =>
            instrument.move(
              { positions: { ...instrument.setting.peek().positions, [dial.name]: position } },
              dial.name,
            )
          }
        />
      ))}
    </div>
  );
}

interface StringProps {
  readonly dial: Dial;
  readonly position: number;
  onMove(position: number): void;
}

function OneString({ dial, position, onMove }: StringProps): JSX.Element {
  const { name, label, low, high, safe, evidence } = dial;
  const isBeyond = position < safe.least || position > safe.most;
  const share = (position + POSITION_MOST) / (2 * POSITION_MOST);
  const percent = (mark: number): string =>
    `${(100 * (mark + POSITION_MOST)) / (2 * POSITION_MOST)}%`;
  return (
    <label
      class={`string ${isBeyond ? "beyond" : ""} ${position === 0 ? "" : "moved"}`}
      title={evidence}
    >
      <span class="end">{high}</span>
      <span class="way">
        <i
          class="safe"
          style={{ bottom: percent(safe.least), top: `calc(100% - ${percent(safe.most)})` }}
        />
        <i class="bead" style={{ bottom: `${100 * share}%` }} />
        <input
          type="range"
          min={-POSITION_MOST}
          max={POSITION_MOST}
          step="1"
          value={position}
          aria-label={label}
          aria-valuetext={`${position}${position === 0 ? "" : position > 0 ? `, ${high}` : `, ${low}`}${isBeyond ? ", beyond what the recordings do" : ""}`}
          data-dial={name}
          onInput={({ currentTarget }) => onMove(currentTarget.valueAsNumber)}
          onDblClick={() => onMove(0)}
        />
      </span>
      <span class="end">{low}</span>
      <span class="label">{label}</span>
      <output class="number">{position > 0 ? `+${position}` : position}</output>
    </label>
  );
}
