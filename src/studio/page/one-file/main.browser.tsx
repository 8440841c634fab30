/** The page of one instrument, in one file that a browser opens without any server. */

import { type JSX, render } from "preact";
import { useEffect } from "preact/hooks";
import { livelyDials } from "../live-play.browser.ts";
import { Icon } from "../parts/icons.browser.tsx";
import { TroubleBox } from "../parts/trouble.browser.tsx";
import { Keyboard } from "../play/keyboard.browser.tsx";
import { Live } from "../play/live.browser.tsx";
import { Scope } from "../play/scope.browser.tsx";
import { SeedRow } from "../play/seed-row.browser.tsx";
import { Strings } from "../play/strings.browser.tsx";
import { XyPad } from "../play/xy-pad.browser.tsx";
import { nextTheme, showTheme } from "../theme.browser.ts";
import { carriedText } from "./carried.browser.ts";
import { LoneInstrument } from "./lone-instrument.browser.ts";

declare const PROGRAM: string;

function Page({ instrument }: { readonly instrument: LoneInstrument }): JSX.Element {
  useEffect(showTheme, []);
  const view = instrument.view.value;
  const { live } = instrument;
  const dials = livelyDials(view?.dials ?? []);
  const hasNotes = live.voice.value?.isKeyboard ?? view?.hasPitch ?? false;
  return (
    <main class="lone">
      <header>
        <h1>{view?.name}</h1>
        <button
          type="button"
          class="button quiet round"
          aria-label="Light or dark"
          onClick={nextTheme}
        >
          <Icon name="theme" />
        </button>
      </header>
      <TroubleBox trouble={instrument.trouble.value} />
      <Scope live={live} />
      <div class="hands">
        <Live instrument={instrument} />
        <SeedRow instrument={instrument} dials={dials} />
      </div>
      <div class="touch">
        <Strings instrument={instrument} dials={dials} />
        <XyPad instrument={instrument} dials={dials} />
      </div>
      <Keyboard instrument={instrument} dials={dials} only={hasNotes ? "keys" : "pads"} />
      <footer>
        Learned from {Math.round(view?.corpusSeconds ?? 0)} seconds of recordings. Everything is in
        this file, and nothing is asked of any other machine. Made with {PROGRAM}.
        <details>
          <summary>Licences of what is in it</summary>
          <pre>{carriedText("licences")}</pre>
        </details>
      </footer>
    </main>
  );
}

const host = document.getElementById("page");
if (host === null) throw new Error("The page has no place for the instrument");
const instrument = new LoneInstrument();
document.title = `${instrument.view.peek()?.name ?? "instrument"} · étude`;
render(<Page instrument={instrument} />, host);
