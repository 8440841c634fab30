/** The sounds of this session: heard again, compared with the one that plays, gone back to. */

import type { JSX } from "preact";
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

function TakeRow({
  take,
  instrument,
}: {
  readonly take: Take;
  readonly instrument: Instrument;
}): JSX.Element {
  const { track, setting } = take;
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
        disabled={take.isKept.value}
        onClick={() => void instrument.keep(take)}
      >
        {take.isKept.value ? "Kept" : "Keep"}
      </button>
    </li>
  );
}
