/** The picture of one run: how it goes in words, its curves, and what it sounds like by now. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { remainingMs } from "../../../events/remaining.ts";
import type { RunState } from "../../../events/run-state.ts";
import { verdictWords } from "../../../show/console/words.ts";
import { formatClock, formatDuration, formatPercent } from "../../../show/numbers.ts";
import type { RunCard } from "../../contract.ts";
import type { RunPicture } from "../../run-picture.ts";
import { useChannel } from "../news.browser.ts";
import { say } from "../parts/toasts.browser.tsx";
import { attempts, TroubleBox } from "../parts/trouble.browser.tsx";
import { hashOf } from "../place.ts";
import { send } from "../server.browser.ts";
import { Previews } from "./previews.browser.tsx";
import { RunCurves } from "./run-curves.browser.tsx";

const doing = attempts();

export function RunView({
  id,
  card,
}: {
  readonly id: string;
  readonly card: RunCard | undefined;
}): JSX.Element {
  const picture = useChannel(`run:${id}`);
  if (picture === undefined) return <p class="soft">Looking…</p>;
  const { state } = picture;
  const isGoing = state.status === "running" && (card?.isOurs ?? false);
  return (
    <article class="run">
      <header>
        <h1>{state.started?.title ?? card?.name ?? id}</h1>
        <Actions id={id} card={card} state={state} isGoing={isGoing} />
      </header>
      <TroubleBox trouble={doing.trouble.value} />
      <RunBody picture={picture} isGoing={isGoing} />
      <Previews id={id} previews={state.previews} />
    </article>
  );
}

interface RunBodyProps {
  readonly picture: RunPicture;
  readonly isGoing: boolean;
}

/** What a run is like, whoever trains it. */
export function RunBody({ picture, isGoing }: RunBodyProps): JSX.Element {
  const { state } = picture;
  return (
    <>
      <Progress state={state} isGoing={isGoing} />
      <RunCurves picture={picture} />
      <Facts state={state} />
      {picture.deviceWords && <p class="soft small">{`What computes: ${picture.deviceWords}.`}</p>}
      {state.warnings.slice(-4).map(({ seq, text, hint }) => (
        <p key={seq} class="warning">
          <strong>{text}.</strong> {hint && `${hint}.`}
        </p>
      ))}
    </>
  );
}

interface ActionsProps {
  readonly id: string;
  readonly card: RunCard | undefined;
  readonly state: RunState;
  readonly isGoing: boolean;
}

function Actions({ id, card, state, isGoing }: ActionsProps): JSX.Element {
  const place = `runs/${encodeURIComponent(id)}`;
  return (
    <div class="chips">
      {isGoing && (
        <button
          type="button"
          class="button"
          disabled={doing.isBusy.value}
          onClick={() =>
            void doing.attempt(async () => {
              await send("POST", `${place}/cancel`);
              say("Stopped; what it has learned is kept");
            })
          }
        >
          {doing.isBusy.value ? "Saving…" : "Stop"}
        </button>
      )}
      {!isGoing && card?.state === "stopped" && (
        <button
          type="button"
          class="button hot"
          disabled={doing.isBusy.value}
          onClick={() => void doing.attempt(() => send("POST", `${place}/resume`, {}))}
        >
          Go on
        </button>
      )}
      {!isGoing && state.status === "finished" && (
        <button
          type="button"
          class="button"
          disabled={doing.isBusy.value}
          onClick={() =>
            void doing.attempt(() =>
              send("POST", `${place}/resume`, { minutes: minutesOf(state) + 5 }),
            )
          }
        >
          5 minutes more
        </button>
      )}
      {(state.savedModel ?? state.checkpoint) && (
        <a class="button hot" href={hashOf({ name: "play", of: `run:${id}` })}>
          Play it
        </a>
      )}
      {!isGoing && (
        <a class="button" href={hashOf({ name: "train", of: "new:" })}>
          New training
        </a>
      )}
    </div>
  );
}

function minutesOf(state: RunState): number {
  return (state.ended?.elapsedMs ?? state.atMs) / 60_000;
}

function Progress({
  state,
  isGoing,
}: {
  readonly state: RunState;
  readonly isGoing: boolean;
}): JSX.Element {
  const share = shareOf(state);
  return (
    <section class="progress" aria-label="How it goes">
      <p class="verdict" aria-live="polite">
        {sentenceOf(state)}
      </p>
      <div
        class="bar"
        role="progressbar"
        aria-label="Training"
        aria-valuenow={Math.round(100 * share)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <i style={{ width: `${100 * share}%` }} />
      </div>
      <p class="soft number">
        {formatPercent(share)}
        {isGoing ? <Left state={state} /> : ` · ${formatDuration(state.atMs)} in all`}
      </p>
    </section>
  );
}

/** Counts down by itself between two pieces of news. */
function Left({ state }: { readonly state: RunState }): JSX.Element {
  const passedMs = useSignal(0);
  useEffect(() => {
    passedMs.value = 0;
    const timer = setInterval(() => {
      passedMs.value += 1000;
    }, 1000);
    return () => clearInterval(timer);
  }, [state.atMs]);
  const atMs = state.atMs + passedMs.value;
  const leftMs = remainingMs(state, atMs);
  return (
    <>
      {` · ${formatClock(atMs)} so far`}
      {leftMs !== undefined && ` · ${formatDuration(leftMs)} left`}
    </>
  );
}

function shareOf({ plan, stepsDone, status }: RunState): number {
  if (status === "finished") return 1;
  return plan === undefined ? 0 : Math.min(1, stepsDone / Math.max(1, plan.stepsTotal));
}

function sentenceOf(state: RunState): string {
  const { status, ended, phase, progress, epochs } = state;
  if (status === "failed") return `It failed: ${ended?.reason ?? "nobody knows why"}`;
  const verdict = epochs.at(-1)?.verdict;
  const words = verdict && `${verdictWords[verdict].short}: ${verdictWords[verdict].advice}`;
  if (status === "cancelled")
    return `Stopped, everything is kept${words ? `; it was ${words}` : ""}`;
  if (status === "finished") return words ? `Finished: ${words}` : "Finished";
  if (words !== undefined && phase?.name !== "saving") return words;
  const part = progress && ` ${progress.done} of ${progress.total}`;
  return `${phase?.text ?? "Beginning"}${part ?? ""}`;
}

function Facts({ state }: { readonly state: RunState }): JSX.Element {
  const { started, plan, stepsDone, lastStep, bestEpoch, epochs, corpus } = state;
  const epoch = epochs.at(-1);
  const facts: readonly (readonly [string, string | undefined])[] = [
    // A run by minutes is planned after its first steps.
    ["step", plan ? `${stepsDone} of ${plan.stepsTotal}` : String(stepsDone)],
    ["epoch", plan && `${epoch?.epoch ?? 0} of ${plan.epochsTotal}`],
    ["training", epoch && short(epoch.trainLosses)],
    ["held out", epoch && short(epoch.validationLosses)],
    ["best in epoch", bestEpoch && String(bestEpoch.epoch)],
    ["KL", epoch?.latents?.klDivergence.toFixed(1)],
    ["in use", epoch?.latents && `${epoch.latents.activeUnits} of ${epoch.latents.dimensions}`],
    ["rate", lastStep?.learningRate.toExponential(1)],
    [
      "speed",
      lastStep?.audioSecondsPerSecond === undefined
        ? undefined
        : `${lastStep.audioSecondsPerSecond.toFixed(0)} × real time`,
    ],
    ["computes on", started && (started.device.includes(", webgpu, ") ? "GPU" : "processor")],
    ["learns from", corpus && `${corpus.trainFiles.length} sounds`],
    ["tested on", corpus && `${corpus.validationFiles.length} it never heard`],
  ];
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="number">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function short({ vae, loss }: RunState["epochs"][number]["trainLosses"]): string {
  return (vae?.reconstruction ?? loss).toPrecision(3);
}
