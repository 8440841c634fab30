/** The sounds of this session: played again, compared with the current one, restored. */

import type { JSX } from "preact";
import { vocabulary } from "../../../sound/latent/controls/vocabulary.ts";
import { compareWith, onDeck, play } from "../deck.browser.ts";
import type { Instrument, Take } from "../instrument.browser.ts";

export function Takes({ instrument }: { readonly instrument: Instrument }): JSX.Element | null {
  const takes = instrument.takes.value;
  if (takes.length === 0) return null;
  return (
    <section class="takes" aria-labelledby="takes-title">
      <h2 id="takes-title">Takes</h2>
      <ol>
        {takes.map((take) => (
          <TakeRow key={take.id} take={take} instrument={instrument} />
        ))}
      </ol>
    </section>
  );
}

/** Characters have no descriptor to be alike in. */
function isDescribed(name: string): boolean {
  return vocabulary.some((control) => control.name === name);
}

function TakeRow({
  take,
  instrument,
}: {
  readonly take: Take;
  readonly instrument: Instrument;
}): JSX.Element {
  const { track, setting } = take;
  const dials = (instrument.view.value?.dials ?? []).filter(({ name }) => isDescribed(name));
  const deck = onDeck.value;
  const side = deck?.a.track.key === track.key ? "A" : deck?.b?.track.key === track.key ? "B" : "";
  return (
    <li class={side === "" ? "" : "on"}>
      <button type="button" class="name" onClick={() => void play(track)}>
        <b class="side">{side}</b>
        {track.title}
      </button>
      <button
        type="button"
        class="button quiet"
        title="Hear it at the same place and as loud; B changes sides"
        disabled={side === "A"}
        onClick={() => void compareWith(track)}
      >
        Compare
      </button>
      <button
        type="button"
        class="button quiet"
        onClick={() => instrument.move(setting, `take ${take.id}`)}
      >
        Go back
      </button>
      <button
        type="button"
        class="button quiet"
        title="Make sounds that begin as this one does; Wander says how far they go from it"
        onClick={() => void instrument.startFrom(track.title, () => track.load())}
      >
        Start here
      </button>
      <button
        type="button"
        class="button quiet"
        disabled={take.isKept.value}
        onClick={() => void instrument.keep(take)}
      >
        {take.isKept.value ? "Kept" : "Keep"}
      </button>
      {dials.length > 0 && (
        <select
          class="quiet"
          aria-label={`Make the sound like ${track.title}, as`}
          value=""
          onChange={({ currentTarget }) => {
            const dial = dials.find(({ name }) => name === currentTarget.value);
            currentTarget.value = "";
            if (dial) void instrument.matchTo(dial, take);
          }}
        >
          <option value="">Match…</option>
          {dials.map(({ name, high, low, label }) => (
            <option key={name} value={name}>
              {label} like this ({low} or {high})
            </option>
          ))}
        </select>
      )}
    </li>
  );
}
