/** Play: the instrument. */

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Shelves } from "../../contract.ts";
import { Instrument } from "../instrument.browser.ts";
import { useChannel } from "../news.browser.ts";
import { Empty } from "../parts/empty.browser.tsx";
import { Icon } from "../parts/icons.browser.tsx";
import { TroubleBox } from "../parts/trouble.browser.tsx";
import { hashOf } from "../place.ts";
import { Board } from "../play/board.browser.tsx";

export function PlayPlace({ of }: { readonly of: string | undefined }): JSX.Element {
  const shelves = useChannel("shelves");
  if (shelves === undefined) return <p class="soft">Looking…</p>;
  const voices = voicesOf(shelves);
  const chosen = of ?? voices[0]?.voice;
  if (chosen === undefined) {
    return (
      <>
        <header>
          <h1>Play</h1>
        </header>
        <Empty title="Nothing to play yet">
          <p>A model is played here, with hands on its controls and on keys.</p>
          <a class="button hot" href="#/train">
            Train one
          </a>
        </Empty>
      </>
    );
  }
  return <Voice key={chosen} voice={chosen} voices={voices} />;
}

export interface VoiceChoice {
  readonly voice: string;
  readonly name: string;
}

/** Models of the library, and runs whose model did not come there. */
function voicesOf({ models, runs }: Shelves): VoiceChoice[] {
  return [
    ...models.map(({ id, name }) => ({ voice: `model:${id}`, name })),
    ...runs
      .filter(({ state }) => state !== "not-begun")
      .map(({ id, name, state }) => ({
        voice: `run:${id}`,
        name: `${name} (${state === "at-work" ? "learning" : "run"})`,
      })),
  ];
}

function Voice({
  voice,
  voices,
}: {
  readonly voice: string;
  readonly voices: readonly VoiceChoice[];
}): JSX.Element {
  const instrument = useMemo(() => new Instrument(voice), [voice]);
  const view = instrument.view.value;
  return (
    <>
      <header>
        <h1>{view?.name ?? "…"}</h1>
        <label class="field">
          <span class="unseen">Model</span>
          <select
            value={voice}
            onChange={({ currentTarget }) => {
              location.hash = hashOf({ name: "play", of: currentTarget.value });
            }}
          >
            {voices.map((one) => (
              <option key={one.voice} value={one.voice}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
      </header>
      <TroubleBox trouble={instrument.trouble.value} />
      {view === undefined && instrument.trouble.value === undefined && (
        <p class="soft" role="status">
          <Icon name="play" /> Waking it up…
        </p>
      )}
      {view && <Board instrument={instrument} />}
    </>
  );
}
