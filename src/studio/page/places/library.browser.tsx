/** Library: what was kept. */

import type { JSX } from "preact";
import { Empty } from "../parts/empty.browser.tsx";

export function LibraryPlace(): JSX.Element {
  return (
    <>
      <header>
        <h1>Library</h1>
      </header>
      <Empty title="Nothing is kept yet">
        <p>Models, presets and every sound that you make are found here again.</p>
        <a class="button hot" href="#/train">
          Train a model
        </a>
      </Empty>
    </>
  );
}
