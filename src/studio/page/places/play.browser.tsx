/** Play: the instrument. */

import type { JSX } from "preact";
import { Empty } from "../parts/empty.browser.tsx";

export function PlayPlace(): JSX.Element {
  return (
    <>
      <header>
        <h1>Play</h1>
      </header>
      <Empty title="Nothing to play yet">
        <p>A model is played here while it learns, and ever after.</p>
        <a class="button hot" href="#/train">
          Train one
        </a>
      </Empty>
    </>
  );
}
