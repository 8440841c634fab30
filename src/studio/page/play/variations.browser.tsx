/** Twelve neighbours of the sound, as a sheet of pictures that one plays. */

import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { audioOutput } from "../audio.browser.ts";
import { bufferOf, isPlaying, onDeck, play, stop } from "../deck.browser.ts";
import type { Instrument } from "../instrument.browser.ts";
import { Canvas } from "../parts/canvas.browser.tsx";
import type { Setting } from "../setting.ts";
import { Slider } from "./slider.browser.tsx";
import { drawSound } from "./stage.browser.tsx";

const COUNT = 12;
const USUAL = 0.4;

export function Variations({ instrument }: { readonly instrument: Instrument }): JSX.Element {
  const of = useSignal<Setting | undefined>(undefined);
  const amount = useSignal(USUAL);
  if (of.value === undefined) {
    return (
      <button
        type="button"
        class="button"
        onClick={() => {
          of.value = instrument.setting.peek();
        }}
      >
        Twelve like this
      </button>
    );
  }
  return (
    <section class="variations" aria-label="Variations">
      <div class="hands">
        <Slider
          label="How far"
          {...{ min: 0.1, max: 1, step: 0.1, value: amount.value }}
          text={amount.value < 0.35 ? "near" : amount.value < 0.75 ? "farther" : "far"}
          onChange={(value) => {
            amount.value = value;
          }}
        />
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            of.value = undefined;
          }}
        >
          Close
        </button>
      </div>
      <ol>
        {Array.from({ length: COUNT }, (_, i) => (
          <Neighbour
            key={`${i} ${amount.value}`}
            instrument={instrument}
            setting={varied(of.value as Setting, i + 1, amount.value)}
            number={i + 1}
          />
        ))}
      </ol>
    </section>
  );
}

function varied(setting: Setting, seed: number, amount: number): Setting {
  return { ...setting, shape: { ...setting.shape, variation: { seed, amount } } };
}

interface NeighbourProps {
  readonly instrument: Instrument;
  readonly setting: Setting;
  readonly number: number;
}

function Neighbour({ instrument, setting, number }: NeighbourProps): JSX.Element {
  const track = useMemo(() => instrument.draftOf(setting), []);
  const buffer: Signal<AudioBuffer | undefined> = useSignal(undefined);
  useEffect(() => {
    let isWanted = true;
    void audioOutput()
      .then(({ context }) => bufferOf(track, context))
      .then(
        (made) => {
          if (isWanted) buffer.value = made;
        },
        (failure: unknown) => instrument.onTrouble(failure),
      );
    return () => {
      isWanted = false;
    };
  }, []);
  const isOn = onDeck.value?.a.track.key === track.key;
  return (
    <li class={isOn ? "on" : ""}>
      <button
        type="button"
        class="hear"
        aria-label={`Play variation ${number}`}
        onClick={() => {
          if (isOn && isPlaying.peek()) stop();
          else void play(track);
        }}
      >
        <Canvas
          draw={(brush) => {
            if (buffer.value) drawSound(brush, buffer.value);
          }}
        />
      </button>
      <button
        type="button"
        class="button quiet small"
        aria-label={`Go on from variation ${number}`}
        onClick={() => instrument.move(setting, `variation ${number}`)}
      >
        Go on
      </button>
    </li>
  );
}
