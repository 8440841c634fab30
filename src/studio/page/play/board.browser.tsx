/** All of the instrument: what is heard, and everything that one touches. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { browserClock } from "../../../host.browser.ts";
import { seededRandom } from "../../../random.ts";
import type { Instrument } from "../instrument.browser.ts";
import { liveDials } from "../live-play.browser.ts";
import { Icon } from "../parts/icons.browser.tsx";
import { basicDials, type Dial, POSITION_MOST, type Setting } from "../setting.ts";
import { Keyboard } from "./keyboard.browser.tsx";
import { Live } from "./live.browser.tsx";
import { Stage } from "./stage.browser.tsx";
import { Strings } from "./strings.browser.tsx";
import { Takes } from "./takes.browser.tsx";
import { XyPad } from "./xy-pad.browser.tsx";

const MODES: readonly { readonly mode: Setting["mode"]; readonly label: string }[] = [
  { mode: "gesture", label: "One gesture" },
  { mode: "sequence", label: "A sequence" },
  { mode: "sustain", label: "Held" },
  { mode: "walk", label: "Drifting" },
];

export function Board({ instrument }: { readonly instrument: Instrument }): JSX.Element {
  const { mode, seed } = instrument.setting.value;
  const dials = dialsOf(instrument);
  useEffect(() => instrument.sound(), [instrument]);
  useEffect(() => () => void instrument.live.end(), [instrument]);
  return (
    <div class="board">
      <Stage label={`The sound of seed ${seed}, as a picture of its pitches over time`} />
      <Live instrument={instrument} />
      <div class="hands">
        <Modes instrument={instrument} />
        <SeedRow instrument={instrument} dials={dials} />
      </div>
      {mode !== "gesture" && <LengthRow instrument={instrument} />}
      {instrument.view.value?.dials.length === 0 && (
        <p class="find">
          <button
            type="button"
            class="button"
            disabled={instrument.isMeasuring.value}
            onClick={() => void instrument.findControls()}
          >
            {instrument.isMeasuring.value ? "Measuring… this takes a while" : "Find its controls"}
          </button>{" "}
          <span class="soft small">
            Brightness, attack, length and others, each measured on this model before it is offered.
          </span>
        </p>
      )}
      {dials.length > 0 && (
        <div class="touch">
          <Strings instrument={instrument} dials={dials} />
          <XyPad instrument={instrument} dials={dials} />
        </div>
      )}
      <Keyboard instrument={instrument} dials={dials} />
      <Takes instrument={instrument} />
    </div>
  );
}

function dialsOf(instrument: Instrument): Dial[] {
  const measured = instrument.view.value?.dials ?? [];
  if (instrument.live.state.value === "on") {
    return [...(measured.length > 0 ? measured : liveDials), ...basicDials("walk")];
  }
  return [...measured, ...basicDials(instrument.setting.value.mode)];
}

function Modes({ instrument }: { readonly instrument: Instrument }): JSX.Element {
  const now = instrument.setting.value.mode;
  return (
    <fieldset class="chips plain">
      <legend class="unseen">What is made</legend>
      {MODES.map(({ mode, label }) => (
        <button
          key={mode}
          type="button"
          class={`button ${mode === now ? "on" : ""}`}
          aria-pressed={mode === now}
          onClick={() => instrument.move({ mode }, "mode")}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}

interface SeedRowProps {
  readonly instrument: Instrument;
  readonly dials: readonly Dial[];
}

function SeedRow({ instrument, dials }: SeedRowProps): JSX.Element {
  const { seed, positions } = instrument.setting.value;
  const isCentred = Object.values(positions).every((position) => position === 0);
  return (
    <div class="chips seed">
      <label class="seed-field">
        Seed
        <input
          type="number"
          min="0"
          max="4294967295"
          value={seed}
          onChange={({ currentTarget }) => {
            const value = currentTarget.valueAsNumber;
            if (Number.isInteger(value) && value >= 0 && value < 2 ** 32)
              instrument.move({ seed: value }, "seed");
          }}
        />
      </label>
      <button
        type="button"
        class="button hot"
        onClick={() => instrument.move({ seed: browserClock.wallMs() % 2 ** 32 }, "dice")}
      >
        <Icon name="dice" /> Another
      </button>
      {dials.length > 0 && (
        <>
          <button
            type="button"
            class="button"
            onClick={() => instrument.move({ positions: randomPositions(dials) }, "random")}
          >
            Randomise
          </button>
          <button
            type="button"
            class="button"
            disabled={isCentred}
            onClick={() => instrument.move({ positions: {} }, "centre")}
          >
            <Icon name="centre" /> Centre
          </button>
        </>
      )}
      <button
        type="button"
        class="button round"
        aria-label="Undo"
        disabled={!instrument.canUndo.value}
        onClick={instrument.undo}
      >
        <Icon name="undo" />
      </button>
      <button
        type="button"
        class="button round"
        aria-label="Redo"
        disabled={!instrument.canRedo.value}
        onClick={instrument.redo}
      >
        <Icon name="redo" />
      </button>
      {instrument.isMaking.value && (
        <span class="soft small" role="status">
          making…
        </span>
      )}
    </div>
  );
}

/** Within what the recordings do. */
function randomPositions(dials: readonly Dial[]): Setting["positions"] {
  const random = seededRandom(browserClock.wallMs() % 2 ** 32);
  return Object.fromEntries(
    dials.map(({ name, safe }) => {
      const [least, most] = [
        Math.max(-POSITION_MOST, safe.least),
        Math.min(POSITION_MOST, safe.most),
      ];
      return [name, Math.round(least + random.next() * (most - least))];
    }),
  );
}

function LengthRow({ instrument }: { readonly instrument: Instrument }): JSX.Element {
  const { seconds } = instrument.setting.value;
  return (
    <label class="length">
      <span>{seconds} s long</span>
      <input
        type="range"
        min="1"
        max="30"
        step="1"
        value={seconds}
        aria-label="Length in seconds"
        onInput={({ currentTarget }) =>
          instrument.move({ seconds: currentTarget.valueAsNumber }, "length")
        }
      />
    </label>
  );
}
