/** The form of a new training: recordings, length, preset. */

import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { formatDuration, formatQuantity, formatSoundLength } from "../../../show/numbers.ts";
import type { DatasetCard, RunCard, TrainWish } from "../../contract.ts";
import { useChannel } from "../news.browser.ts";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { hashOf } from "../place.ts";
import { send } from "../server.browser.ts";

type Preset = NonNullable<TrainWish["preset"]>;

const PRESETS: { readonly [P in Preset]: { readonly title: string; readonly text: string } } = {
  auto: { title: "Let étude choose", text: "by how many sounds there are" },
  conservative: {
    title: "Careful",
    text: "for few sounds: holds back, so that it does not repeat them",
  },
  balanced: { title: "Balanced", text: "for some dozens of sounds" },
  aggressive: { title: "Bold", text: "for hundreds of sounds: learns fast and long" },
};

type Device = NonNullable<TrainWish["device"]> | "auto";

const DEVICES: { readonly [D in Device]: string } = {
  auto: "The faster one",
  processor: "Processor",
  gpu: "Graphics (GPU)",
};

const DEVICE_WORDS: { readonly [D in Device]: string } = {
  auto: "If there is a GPU, it is tried for some seconds, and taken where it is right and faster.",
  processor: "Always right, and the same digits whenever the run is repeated.",
  gpu: "Taken where it is right, even if it is slower; if there is none, the processor computes.",
};

/** What the dial can be turned to. */
const MINUTES = [0.25, 0.5, 1, 2, 3, 5, 10, 15, 30, 60, 120, 240, 480] as const;
const USUAL = 5;

const starting = attempts();

export interface NewRunProps {
  readonly datasets: readonly DatasetCard[];
  readonly chosen: string | undefined;
  readonly going: RunCard | undefined;
}

export function NewRun({ datasets, chosen, going }: NewRunProps): JSX.Element {
  const dataset = useSignal(
    datasets.some(({ name }) => name === chosen) ? chosen : datasets[0]?.name,
  );
  const preset = useSignal<Preset>("auto");
  const device = useSignal<Device>("auto");
  const dial = useSignal<number>(USUAL);
  const name = useSignal("");
  const start = (): void => {
    const wish: TrainWish = {
      dataset: dataset.value ?? "",
      preset: preset.value,
      minutes: MINUTES[dial.value] ?? 5,
      ...(device.value !== "auto" && { device: device.value }),
      ...(name.value.trim() !== "" && { name: name.value.trim() }),
    };
    void starting.attempt(async () => {
      const { id } = await send<{ readonly id: string }>("POST", "runs", wish);
      location.hash = hashOf({ name: "train", of: id });
    });
  };
  return (
    <form
      class="new-run"
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <div class="choices">
        <fieldset>
          <legend>Learn from</legend>
          <div class="chips">
            {datasets.map((one) => (
              <label key={one.name} class="pick">
                <input
                  type="radio"
                  name="dataset"
                  checked={dataset.value === one.name}
                  onChange={() => {
                    dataset.value = one.name;
                  }}
                />
                <span>{one.name}</span>
              </label>
            ))}
          </div>
          <CorpusLine name={dataset.value} />
        </fieldset>
        <fieldset>
          <legend>How</legend>
          <div class="presets">
            {(Object.keys(PRESETS) as Preset[]).map((one) => (
              <label key={one} class="pick tall">
                <input
                  type="radio"
                  name="preset"
                  checked={preset.value === one}
                  onChange={() => {
                    preset.value = one;
                  }}
                />
                <span>
                  <strong>{PRESETS[one].title}</strong>
                  <small>{PRESETS[one].text}</small>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend>On what</legend>
          <div class="chips">
            {(Object.keys(DEVICES) as Device[]).map((one) => (
              <label key={one} class="pick">
                <input
                  type="radio"
                  name="device"
                  checked={device.value === one}
                  onChange={() => {
                    device.value = one;
                  }}
                />
                <span>{DEVICES[one]}</span>
              </label>
            ))}
          </div>
          <p class="soft small">{DEVICE_WORDS[device.value]}</p>
        </fieldset>
        <label class="field name">
          Name of the model
          <input
            value={name.value}
            placeholder={dataset.value ?? ""}
            maxLength={100}
            autocomplete="off"
            onInput={({ currentTarget }) => {
              name.value = currentTarget.value;
            }}
          />
        </label>
      </div>
      <Launch dial={dial} going={going} canStart={dataset.value !== undefined} />
    </form>
  );
}

interface LaunchProps {
  /** Position among `MINUTES`. */
  readonly dial: Signal<number>;
  readonly going: RunCard | undefined;
  readonly canStart: boolean;
}

function Launch({ dial, going, canStart }: LaunchProps): JSX.Element {
  const minutes = MINUTES[dial.value] ?? 5;
  return (
    <div class="launch">
      <button
        type="submit"
        class="big"
        disabled={starting.isBusy.value || going !== undefined || !canStart}
      >
        <span>{starting.isBusy.value ? "Beginning…" : "Train"}</span>
        <small class="number">for {formatDuration(60_000 * minutes)}</small>
      </button>
      <label class="how-long">
        <span class="unseen">How long</span>
        <input
          type="range"
          min="0"
          max={MINUTES.length - 1}
          step="1"
          value={dial.value}
          aria-valuetext={formatDuration(60_000 * minutes)}
          onInput={({ currentTarget }) => {
            dial.value = currentTarget.valueAsNumber;
          }}
        />
      </label>
      <p class="soft small">You hear it after seconds, may stop at any time, and go on later.</p>
      {going && (
        <p>
          <a href={hashOf({ name: "train", of: going.id })}>“{going.name}”</a> is learning now: one
          at a time.
        </p>
      )}
      <TroubleBox trouble={starting.trouble.value} />
    </div>
  );
}

function CorpusLine({ name }: { readonly name: string | undefined }): JSX.Element | null {
  const view = useChannel(name === undefined ? undefined : `corpus:${name}`);
  if (view?.summary === undefined) {
    return <p class="soft small">{view?.progress ? "Listening to them…" : ""}</p>;
  }
  const { counts, totalSeconds } = view.summary;
  return (
    <p class="soft small">
      {formatQuantity(counts.used, "sound")}, {formatSoundLength(totalSeconds)}
      {counts.used < 5 && counts.used > 0 && ": few, so expect it to repeat them"}
    </p>
  );
}
