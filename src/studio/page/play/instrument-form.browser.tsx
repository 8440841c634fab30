/** An instrument of samples out of this place in the model, for samplers. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { keyName } from "../../../sound/audio/instrument/sample-map.ts";
import type { InstrumentWish } from "../../contract.ts";
import type { Instrument } from "../instrument.browser.ts";
import { useChannel } from "../news.browser.ts";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { InstrumentList } from "../places/instrument-list.browser.tsx";
import { send } from "../server.browser.ts";
import { requestOf } from "../setting.ts";
import { Slider } from "./slider.browser.tsx";

const FIRST: Omit<InstrumentWish, "name" | "request"> = {
  ...{ lowKey: 36, highKey: 84, step: 4, velocities: 2, roundRobins: 2 },
  ...{ loops: false, secondsMax: 4 },
  formats: ["sfz", "dspreset", "multisample", "sf2"],
};

export function InstrumentForm({ instrument }: { readonly instrument: Instrument }): JSX.Element {
  const wish = useSignal(FIRST);
  const name = useSignal("");
  const doing = useMemo(() => attempts(), []);
  const cards = useChannel("instruments") ?? [];
  const { view, setting } = instrument;
  const usual = `${view.value?.name ?? "instrument"} ${setting.value.seed}`;
  const change = (part: Partial<InstrumentWish>): void => {
    wish.value = { ...wish.peek(), ...part };
  };
  const start = (): void => {
    const request = requestOf(setting.peek(), "normal");
    const asked = { ...wish.peek(), name: name.peek().trim() || usual, request };
    void doing.attempt(() => send("POST", `${instrument.path}/instruments`, asked));
  };
  const { lowKey, highKey, step, velocities, roundRobins, loops, secondsMax } = wish.value;
  const count = (Math.floor((highKey - lowKey) / step) + 1) * velocities * roundRobins;
  return (
    <details class="make-instrument">
      <summary>Make an instrument of it</summary>
      <div class="part">
        <label class="field">
          Name
          <input
            value={name.value}
            placeholder={usual}
            maxLength={100}
            onInput={({ currentTarget }) => {
              name.value = currentTarget.value;
            }}
          />
        </label>
        <Slider
          label="Lowest key"
          {...{ min: 12, max: 72, step: 1, value: lowKey, text: keyName(lowKey) }}
          onChange={(value) => change({ lowKey: value })}
        />
        <Slider
          label="Highest key"
          {...{ min: 60, max: 108, step: 1, value: highKey, text: keyName(highKey) }}
          onChange={(value) => change({ highKey: Math.max(value, lowKey) })}
        />
        <Slider
          label="Keys for each sample"
          {...{ min: 1, max: 12, step: 1, value: step, text: String(step) }}
          onChange={(value) => change({ step: value })}
        />
        <Slider
          label="Layers of loudness"
          {...{ min: 1, max: 4, step: 1, value: velocities, text: String(velocities) }}
          onChange={(value) => change({ velocities: value })}
        />
        <Slider
          label="Takes in turn"
          {...{ min: 1, max: 4, step: 1, value: roundRobins, text: String(roundRobins) }}
          onChange={(value) => change({ roundRobins: value })}
        />
        <Slider
          label="Longest note"
          {...{ min: 0.5, max: 12, step: 0.5, value: secondsMax, text: `${secondsMax} s` }}
          onChange={(value) => change({ secondsMax: value })}
        />
        <button
          type="button"
          class={`button small ${loops ? "on" : ""}`}
          aria-pressed={loops}
          onClick={() => change({ loops: !loops })}
        >
          Holds as long as a key
        </button>
      </div>
      <p class="chips">
        <button type="button" class="button hot" disabled={doing.isBusy.value} onClick={start}>
          Render {count} samples
        </button>
        <span class="soft small">
          For SFZ players, DecentSampler, Bitwig and Studio One, and as a SoundFont.
        </span>
      </p>
      <TroubleBox trouble={doing.trouble.value} />
      <InstrumentList cards={cards.filter(({ modelName }) => modelName === view.value?.name)} />
    </details>
  );
}
