/** The frame of the studio: places to go to, the place itself, and the deck that plays. */

import { type Signal, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { DeckBar } from "./deck-bar.browser.tsx";
import { livePlay } from "./live-play.browser.ts";
import { isConnected, useChannel } from "./news.browser.ts";
import { Icon } from "./parts/icons.browser.tsx";
import { Toasts } from "./parts/toasts.browser.tsx";
import { hashOf, PLACES, type Place, type PlaceName, placeOf, placeTitles } from "./place.ts";
import { LibraryPlace } from "./places/library.browser.tsx";
import { PlayPlace } from "./places/play.browser.tsx";
import { RehearsePlace } from "./places/rehearse.browser.tsx";
import { SoundsPlace } from "./places/sounds.browser.tsx";
import { TrainPlace } from "./places/train.browser.tsx";
import { nextTheme, showTheme } from "./theme.browser.ts";

const place: Signal<Place> = signal(placeOf(location.hash));

const views: {
  readonly [P in PlaceName]: (props: { readonly of: string | undefined }) => JSX.Element;
} = {
  sounds: SoundsPlace,
  train: TrainPlace,
  play: PlayPlace,
  library: LibraryPlace,
  rehearse: RehearsePlace,
};

export function Shell(): JSX.Element {
  const { name, of } = place.value;
  const shelves = useChannel("shelves");
  const isLive = livePlay.state.value === "on";
  const isTraining = shelves?.runs.some(({ isOurs }) => isOurs) ?? false;
  useEffect(() => {
    showTheme();
    const follow = (): void => {
      place.value = placeOf(location.hash);
      scrollTo(0, 0);
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => {
    document.title = `${placeTitles[name]} · étude`;
  }, [name]);
  const View = views[name];
  return (
    <div class="shell">
      {isConnected.value === false && (
        <p class="lost" role="alert">
          The program of the studio does not answer. Start it again with “etude studio”: this page
          then goes on.
        </p>
      )}
      <div class="rail">
        <a class="wordmark" href="#/sounds" aria-label="étude">
          étude
        </a>
        <nav aria-label="Places">
          {PLACES.map((one) => (
            <a
              key={one}
              href={hashOf({ name: one, of: undefined })}
              aria-current={one === name ? "page" : undefined}
              class={(one === "train" && isTraining) || (one === "play" && isLive) ? "busy" : ""}
            >
              <Icon name={one} />
              {placeTitles[one]}
            </a>
          ))}
        </nav>
        <button
          type="button"
          class="button quiet round theme"
          aria-label="Light or dark"
          title="Light or dark"
          onClick={nextTheme}
        >
          <Icon name="theme" />
        </button>
      </div>
      <main class={`place ${name}`} key={`${name} ${of ?? ""}`}>
        <View of={of} />
      </main>
      <DeckBar />
      <Toasts />
    </div>
  );
}
