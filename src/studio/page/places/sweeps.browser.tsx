/** Sweeps, and the picture of one of their runs: looked at here, carried out by `etude sweep`. */

import type { JSX } from "preact";
import { formatMoment, formatQuantity } from "../../../show/numbers.ts";
import type { SweepCard, SweepRunCard } from "../../contract.ts";
import { backend } from "../backend.browser.ts";
import { useChannel } from "../news.browser.ts";
import { hashOf } from "../place.ts";
import { RunBody } from "./run-view.browser.tsx";

/** Only a program knows of any. */
function useSweeps(): readonly SweepCard[] {
  return useChannel(backend().isAlone ? undefined : "sweeps") ?? [];
}

export function Sweeps(): JSX.Element | null {
  const sweeps = useSweeps();
  if (sweeps.length === 0) return null;
  return (
    <section class="history" aria-labelledby="sweeps-title">
      <h2 id="sweeps-title">Sweeps</h2>
      {sweeps.map((sweep) => (
        <Sweep key={sweep.id} sweep={sweep} />
      ))}
    </section>
  );
}

function Sweep({ sweep }: { readonly sweep: SweepCard }): JSX.Element {
  const { name, startedWallMs, isAtWork, count, runs } = sweep;
  const { done, aside, planned } = count;
  const isDone = done + aside === planned;
  const state = isAtWork ? "learning" : isDone ? "finished" : "stopped, can go on";
  return (
    <details class="sweep" open={isAtWork}>
      <summary>
        <strong>{name}</strong>
        <span class={`chip ${isAtWork ? "hot" : isDone ? "good" : ""}`}>{state}</span>
        <span class="soft number">{`${done} of ${formatQuantity(planned, "run")} done`}</span>
        {aside > 0 && <span class="soft number">{`${aside} set aside`}</span>}
        <span class="soft number">{formatMoment(startedWallMs)}</span>
      </summary>
      <ul>
        {runs.map((run) => (
          <li key={run.id}>
            <a href={hashOf({ name: "train", of: run.id })}>{run.label}</a>
            <State run={run} />
            <span class="soft number">{formatQuantity(run.epochs, "epoch")}</span>
            <span class="soft number">
              {run.validationLoss !== null && `held out ${run.validationLoss.toPrecision(3)}`}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

const STATES: { readonly [S in SweepRunCard["state"]]: string } = {
  "at-work": "learning",
  finished: "finished",
  stopped: "stopped",
  aside: "set aside",
};

function State({ run: { state } }: { readonly run: SweepRunCard }): JSX.Element {
  const tone = { "at-work": "hot", finished: "good", stopped: "", aside: "warn" }[state];
  return <span class={`chip ${tone}`}>{STATES[state]}</span>;
}

/** Whoever trains it tells of it; it is stopped and gone on with where the sweep was begun. */
export function SweepRun({ id }: { readonly id: string }): JSX.Element {
  const picture = useChannel(`run:${id}`);
  const card = useSweeps()
    .flatMap(({ runs }) => runs)
    .find((run) => run.id === id);
  if (picture === undefined) return <p class="soft">Looking…</p>;
  const { state } = picture;
  return (
    <article class="run">
      <header>
        <h1>{state.started?.title ?? "A run of a sweep"}</h1>
        <div class="chips">
          {card && <State run={card} />}
          <a class="button" href={hashOf({ name: "train", of: undefined })}>
            All trainings
          </a>
        </div>
      </header>
      {card && <p class="soft">{`Of a sweep: ${card.label}.`}</p>}
      <RunBody
        picture={picture}
        isGoing={state.status === "running" && card?.state === "at-work"}
      />
    </article>
  );
}
