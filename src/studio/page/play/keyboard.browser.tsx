/** Pads and a keyboard: on the screen, on the keys of the computer, and by MIDI. */

import { type Signal, signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { POSITION_MOST } from "../../../sound/model/position-range.ts";
import type { Track } from "../deck.browser.ts";
import type { Hands } from "../hands.browser.ts";
import { type Keys, openKeys } from "../keys.browser.ts";
import { listenToMidi, midiInputs } from "../midi.browser.ts";
import { troubleOf } from "../server.browser.ts";
import { type Dial, type Setting, seedBeside } from "../setting.ts";

/** Where pads lie on the keys of a computer, by position and whatever is printed on them. */
const PAD_CODES =
  "Digit1 Digit2 Digit3 Digit4 KeyQ KeyW KeyE KeyR KeyA KeyS KeyD KeyF KeyZ KeyX KeyC KeyV".split(
    " ",
  );
/** A piano under two rows of keys. */
const NOTE_CODES =
  "KeyA KeyW KeyS KeyE KeyD KeyF KeyT KeyG KeyY KeyH KeyU KeyJ KeyK KeyO KeyL KeyP".split(" ");
const FIRST_NOTE = 60;
const NOTES = 25;
const PADS = 16;
/** Where drum machines begin. */
const FIRST_PAD = 36;
const VELOCITY = 0.8;

type Layout = "pads" | "keys";
const LAYOUTS: readonly Layout[] = ["pads", "keys"];

const down: Signal<ReadonlySet<number>> = signal(new Set());

interface KeyboardProps {
  readonly instrument: Hands;
  readonly dials: readonly Dial[];
  /** @default either, as one chooses */
  readonly only?: Layout;
}

export function Keyboard({ instrument, dials, only }: KeyboardProps): JSX.Element {
  const layout = useSignal<Layout>(only ?? "pads");
  useEffect(() => {
    if (only !== undefined) layout.value = only;
  }, [only]);
  const keys = useMemo(() => keysFor(instrument, layout), [instrument]);
  useComputerKeys(keys, layout);
  useEffect(() => () => keys.releaseAll(), [keys]);
  return (
    <section class="keyboard" aria-label="Keys">
      <div class="chips">
        {(only === undefined ? LAYOUTS : []).map((one) => (
          <button
            key={one}
            type="button"
            class={`button ${layout.value === one ? "on" : ""}`}
            aria-pressed={layout.value === one}
            onClick={() => {
              layout.value = one;
            }}
          >
            {one === "pads" ? "Pads: sixteen sounds" : "Keys: this sound"}
          </button>
        ))}
        <MidiButton keys={keys} instrument={instrument} dials={dials} />
      </div>
      {layout.value === "pads" ? <Pads keys={keys} /> : <Piano keys={keys} />}
    </section>
  );
}

/** While the instrument is live, the player sounds; else drafts do, where there is who makes them. */
function keysFor(instrument: Hands, layout: Signal<Layout>): Keys {
  const { live } = instrument;
  const draftOf = instrument.draftOf?.bind(instrument);
  if (draftOf === undefined) return liveKeys(instrument);
  const lively = liveKeys(instrument);
  const drafts = draftKeys({ instrument, layout, draftOf });
  return {
    ...drafts,
    press: (key, velocity) => (live.state.peek() === "on" ? lively : drafts).press(key, velocity),
    release: (key) => {
      lively.release(key);
      drafts.release(key);
    },
    sustain: (isDown) => {
      lively.sustain(isDown);
      drafts.sustain(isDown);
    },
    bend: (semitones) => {
      lively.bend(semitones);
      drafts.bend(semitones);
    },
  };
}

/** The first of them wakes the player. */
function liveKeys(instrument: Hands): Keys {
  const { live } = instrument;
  const held = new Set<number>();
  return {
    press: async (key, velocity) => {
      held.add(key);
      if (live.state.peek() === "off") await instrument.wake();
      // Let go while it woke up.
      if (held.has(key)) live.press(key, velocity);
    },
    release: (key) => {
      held.delete(key);
      live.release(key);
    },
    sustain: (isDown) => live.sustain(isDown),
    bend: (semitones) => live.bend(semitones),
    prepare: async () => undefined,
    releaseAll: () => {
      held.clear();
      live.quiet();
    },
  };
}

interface DraftParts {
  readonly instrument: Hands;
  readonly layout: Signal<Layout>;
  draftOf(setting: Setting): Track;
}

function draftKeys({ instrument, layout, draftOf }: DraftParts): Keys {
  return openKeys(
    (key) => {
      const setting = instrument.setting.peek();
      if (layout.peek() === "keys") {
        // A model with pitch plays the note itself; of others the sound is transposed.
        return instrument.view.peek()?.hasPitch
          ? { track: draftOf({ ...setting, note: key }), semitones: 0 }
          : { track: draftOf(setting), semitones: key - FIRST_NOTE };
      }
      const seed = seedBeside(setting.seed, (((key - FIRST_PAD) % PADS) + PADS) % PADS);
      return { track: draftOf({ ...setting, seed }), semitones: 0 };
    },
    () => layout.peek() === "keys",
  );
}

function press(keys: Keys, key: number, velocity: number): void {
  down.value = new Set([...down.peek(), key]);
  keys.press(key, velocity).catch(() => release(keys, key));
}

function release(keys: Keys, key: number): void {
  down.value = new Set([...down.peek()].filter((one) => one !== key));
  keys.release(key);
}

function Pads({ keys }: { readonly keys: Keys }): JSX.Element {
  return (
    <div class="pads">
      {PAD_CODES.map((code, i) => (
        <KeyButton
          key={code}
          keys={keys}
          note={FIRST_PAD + i}
          name={`Pad ${i + 1}`}
          hint={printed(code)}
        />
      ))}
    </div>
  );
}

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

function Piano({ keys }: { readonly keys: Keys }): JSX.Element {
  return (
    <div class="piano">
      {Array.from({ length: NOTES }, (_, i) => {
        const name = NAMES[i % 12] ?? "";
        return (
          <KeyButton
            key={i}
            keys={keys}
            note={FIRST_NOTE + i}
            name={`${name} ${4 + Math.floor(i / 12)}`}
            hint={printed(NOTE_CODES[i])}
            isBlack={name.includes("♯")}
          />
        );
      })}
    </div>
  );
}

interface KeyButtonProps {
  readonly keys: Keys;
  readonly note: number;
  readonly name: string;
  readonly hint: string;
  readonly isBlack?: boolean;
}

/** Struck lower, it sounds louder. */
function KeyButton({ keys, note, name, hint, isBlack = false }: KeyButtonProps): JSX.Element {
  const strike = (event: PointerEvent & { readonly currentTarget: HTMLButtonElement }): void => {
    event.currentTarget.setPointerCapture(event.pointerId);
    const share = event.offsetY / Math.max(1, event.currentTarget.clientHeight);
    press(keys, note, 0.35 + 0.65 * Math.max(0, Math.min(1, share)));
  };
  return (
    <button
      type="button"
      class={`key ${isBlack ? "black" : ""} ${down.value.has(note) ? "down" : ""}`}
      aria-label={name}
      onPointerDown={strike}
      onPointerUp={() => release(keys, note)}
      onPointerCancel={() => release(keys, note)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        if (!event.repeat) press(keys, note, VELOCITY);
      }}
      onKeyUp={(event) => {
        if (event.key === "Enter" || event.key === " ") release(keys, note);
      }}
    >
      <small aria-hidden="true">{hint}</small>
    </button>
  );
}

function printed(code: string | undefined): string {
  return code?.replace(/^(Key|Digit)/, "") ?? "";
}

function useComputerKeys(keys: Keys, layout: Signal<Layout>): void {
  useEffect(() => {
    const noteOf = ({ code }: KeyboardEvent): number | undefined => {
      const isPads = layout.peek() === "pads";
      const i = (isPads ? PAD_CODES : NOTE_CODES).indexOf(code);
      return i < 0 ? undefined : i + (isPads ? FIRST_PAD : FIRST_NOTE);
    };
    const isTyping = ({ target }: KeyboardEvent): boolean =>
      target instanceof Element &&
      target.closest("input:not([type=range]), select, textarea") !== null;
    const onDown = (event: KeyboardEvent): void => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      const note = noteOf(event);
      if (note !== undefined) press(keys, note, VELOCITY);
    };
    const onUp = (event: KeyboardEvent): void => {
      const note = noteOf(event);
      if (note !== undefined) release(keys, note);
    };
    addEventListener("keydown", onDown);
    addEventListener("keyup", onUp);
    return () => {
      removeEventListener("keydown", onDown);
      removeEventListener("keyup", onUp);
    };
  }, [keys]);
}

interface MidiProps {
  readonly keys: Keys;
  readonly instrument: Hands;
  readonly dials: readonly Dial[];
}

/** Connects a MIDI keyboard; then a dial learns the knob that is turned next. */
function MidiButton({ keys, instrument, dials }: MidiProps): JSX.Element | null {
  const isOn = useSignal(false);
  const trouble = useSignal<string | undefined>(undefined);
  const learning = useSignal<string | undefined>(undefined);
  const knobs = useMemo(() => new Map<number, string>(), []);
  useEffect(() => {
    if (!isOn.value) return undefined;
    const listening = listenToMidi({
      press: (key, velocity) => press(keys, key, velocity),
      release: (key) => release(keys, key),
      sustain: keys.sustain,
      bend: keys.bend,
      turn: (knob, share) => {
        if (learning.peek() !== undefined) {
          knobs.set(knob, learning.peek() ?? "");
          learning.value = undefined;
        }
        const name = knobs.get(knob);
        if (name === undefined) return;
        const position = Math.round((2 * share - 1) * POSITION_MOST);
        const { positions } = instrument.setting.peek();
        instrument.move({ positions: { ...positions, [name]: position } }, name);
      },
    });
    listening.catch((failure: unknown) => {
      isOn.value = false;
      trouble.value = troubleOf(failure).message;
    });
    return () => void listening.then((stop) => stop()).catch(() => undefined);
  }, [isOn.value]);
  if (midiInputs.value === undefined) return null;
  if (!isOn.value) {
    return (
      <button
        type="button"
        class="button"
        title={trouble.value}
        onClick={() => {
          isOn.value = true;
        }}
      >
        Connect MIDI
      </button>
    );
  }
  return (
    <>
      <span class="chip good">
        {midiInputs.value.length === 0
          ? "MIDI: nothing is plugged in yet"
          : midiInputs.value.join(", ")}
      </span>
      <label class="learn">
        <span class="unseen">Let a dial learn a knob</span>
        <select
          value={learning.value ?? ""}
          onChange={({ currentTarget }) => {
            learning.value = currentTarget.value === "" ? undefined : currentTarget.value;
          }}
        >
          <option value="">learn a knob…</option>
          {dials.map(({ name, label }) => (
            <option key={name} value={name}>
              {label}: turn a knob now
            </option>
          ))}
        </select>
      </label>
    </>
  );
}
