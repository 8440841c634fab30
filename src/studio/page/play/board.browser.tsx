/** The whole instrument: its sound and all its controls. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { backend } from "../backend.browser.ts";
import type { Instrument } from "../instrument.browser.ts";
import { livelyDials } from "../live-play.browser.ts";
import { basicDials, type Dial, isWhole, type Setting } from "../setting.ts";
import { InstrumentForm } from "./instrument-form.browser.tsx";
import { Keyboard } from "./keyboard.browser.tsx";
import { Live } from "./live.browser.tsx";
import { Presets } from "./presets.browser.tsx";
import { Scope } from "./scope.browser.tsx";
import { SeedRow } from "./seed-row.browser.tsx";
import { Shaping } from "./shaping.browser.tsx";
import { Stage } from "./stage.browser.tsx";
import { Strings } from "./strings.browser.tsx";
import { Takes } from "./takes.browser.tsx";
import { Variations } from "./variations.browser.tsx";
import { XyPad } from "./xy-pad.browser.tsx";

const MODES: readonly { readonly mode: Setting["mode"]; readonly label: string }[] = [
  { mode: "gesture", label: "One gesture" },
  { mode: "phrase", label: "A phrase" },
  { mode: "sequence", label: "A sequence" },
  { mode: "sustain", label: "Held" },
  { mode: "walk", label: "Drifting" },
];

export function Board({ instrument }: { readonly instrument: Instrument }): JSX.Element {
  const { mode, seed } = instrument.setting.value;
  const dials = dialsOf(instrument);
  const isLive = instrument.live.state.value === "on";
  useEffect(() => instrument.enter(), [instrument]);
  return (
    <div class="board">
      {isLive && !matchMedia("(prefers-reduced-motion: reduce)").matches ? (
        <Scope live={instrument.live} />
      ) : (
        <Stage label={`The sound of seed ${seed}, as a picture of its pitches over time`} />
      )}
      <div class="hands">
        <div class="chips">
          <Live instrument={instrument} onRecorded={instrument.keepPlayed} />
          {!isLive && <Modes instrument={instrument} />}
        </div>
        <SeedRow instrument={instrument} dials={dials} />
      </div>
      {!isLive && !isWhole(mode) && <LengthRow instrument={instrument} />}
      {!isLive && <Shaping instrument={instrument} />}
      {instrument.view.value?.dials.length === 0 && (
        <p class="find">
          <button
            type="button"
            class="button"
            onClick={() =>
              instrument.isMeasuring.value
                ? instrument.stopMeasuring()
                : void instrument.findControls()
            }
          >
            {instrument.isMeasuring.value ? "Measuring… stop" : "Find its controls"}
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
      <Presets instrument={instrument} />
      {!isLive && <Variations instrument={instrument} />}
      <Takes instrument={instrument} />
      {!backend().isAlone && <InstrumentForm instrument={instrument} />}
    </div>
  );
}

function dialsOf(instrument: Instrument): Dial[] {
  const measured = instrument.view.value?.dials ?? [];
  if (instrument.live.state.value === "on") return livelyDials(measured);
  return [...measured, ...basicDials(instrument.setting.value)];
}

function Modes({ instrument }: { readonly instrument: Instrument }): JSX.Element {
  const { mode: now, shape } = instrument.setting.value;
  return (
    <fieldset class="chips plain">
      <legend class="unseen">What is made</legend>
      {MODES.map(({ mode, label }) => (
        <button
          key={mode}
          type="button"
          class={`button ${mode === now ? "on" : ""}`}
          aria-pressed={mode === now}
          disabled={mode === "walk" && shape.from !== undefined}
          onClick={() => instrument.move({ mode }, "mode")}
        >
          {label}
        </button>
      ))}
    </fieldset>
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
