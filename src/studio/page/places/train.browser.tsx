/** Train: one big button, and the picture of the run. */

import type { JSX } from "preact";
import { formatBytes, formatMoment } from "../../../show/numbers.ts";
import type { RunCard } from "../../contract.ts";
import { sweepRunOf } from "../../sweep-run-id.ts";
import { useChannel } from "../news.browser.ts";
import { Empty } from "../parts/empty.browser.tsx";
import { hashOf } from "../place.ts";
import { NewRun } from "./new-run.browser.tsx";
import { RunView } from "./run-view.browser.tsx";
import { SweepRun, Sweeps } from "./sweeps.browser.tsx";

export function TrainPlace({ of }: { readonly of: string | undefined }): JSX.Element {
  const shelves = useChannel("shelves");
  if (shelves === undefined) return <p class="soft">Looking…</p>;
  const { datasets, runs } = shelves;
  const going = runs.find(({ isOurs }) => isOurs);
  const wantsNew = of?.startsWith("new:") ?? false;
  const id = wantsNew ? undefined : (of ?? going?.id);
  if (id !== undefined) {
    return (
      <>
        {sweepRunOf(id) ? (
          <SweepRun key={id} id={id} />
        ) : (
          <RunView key={id} id={id} card={runs.find((run) => run.id === id)} />
        )}
        <Sweeps />
        <History runs={runs.filter((run) => run.id !== id)} />
      </>
    );
  }
  return (
    <>
      <header>
        <h1>Train</h1>
      </header>
      {datasets.length === 0 ? (
        <Empty title="First, some sounds">
          <p>A model learns from recordings that you bring. Five are enough to begin with.</p>
          <a class="button hot" href="#/sounds">
            Bring sounds
          </a>
        </Empty>
      ) : (
        <NewRun datasets={datasets} chosen={of?.replace(/^new:/, "")} going={going} />
      )}
      <Sweeps />
      <History runs={runs} />
    </>
  );
}

const STATES: { readonly [S in RunCard["state"]]: string } = {
  "at-work": "learning",
  finished: "finished",
  stopped: "stopped, can go on",
  "not-begun": "not begun",
};

function History({ runs }: { readonly runs: readonly RunCard[] }): JSX.Element | null {
  if (runs.length === 0) return null;
  return (
    <section class="history" aria-labelledby="history-title">
      <h2 id="history-title">Trainings before</h2>
      <ul>
        {runs.map(({ id, name, state, createdWallMs, bytes }) => (
          <li key={id}>
            <a href={hashOf({ name: "train", of: id })}>{name}</a>
            <span
              class={`chip ${state === "finished" ? "good" : state === "at-work" ? "hot" : ""}`}
            >
              {STATES[state]}
            </span>
            <span class="soft number">{formatMoment(createdWallMs)}</span>
            <span class="soft number">{formatBytes(bytes)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
