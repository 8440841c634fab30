/** Rehearse: simulated trainings of large models, as on their own page, in a frame. */

import type { JSX } from "preact";
import { backend } from "../backend.browser.ts";

export function RehearsePlace(): JSX.Element {
  const query = /\?(.*)$/.exec(location.hash)?.[0] ?? "";
  return (
    <>
      <header>
        <h1>Rehearse</h1>
        <p class="soft">Trainings of large language models, simulated: nothing here is measured.</p>
      </header>
      <iframe
        class="rehearsal"
        title="A simulated training run"
        src={`${backend().rehearsal}${query}`}
      />
    </>
  );
}
