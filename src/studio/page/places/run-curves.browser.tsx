/** The curves of a run: losses, KL, learning rate. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { taskLoss } from "../../../events/task-loss.ts";
import type { RunPicture } from "../../run-picture.ts";
import { type Curve, Curves } from "../parts/curves.browser.tsx";

const VIEWS = ["Loss", "KL", "Learning rate"] as const;

export function RunCurves({ picture }: { readonly picture: RunPicture }): JSX.Element {
  const view = useSignal<(typeof VIEWS)[number]>("Loss");
  const curves = curvesOf(picture)[view.value];
  return (
    <figure class="plot">
      <figcaption>
        <fieldset class="chips">
          <legend class="unseen">Which curves</legend>
          {VIEWS.map((one) => (
            <button
              key={one}
              type="button"
              class={`button ${view.value === one ? "on" : ""}`}
              aria-pressed={view.value === one}
              onClick={() => {
                view.value = one;
              }}
            >
              {one}
            </button>
          ))}
        </fieldset>
        <ul class="legend">
          {curves.map(({ label, colour }) => (
            <li key={label} class={colour.slice(2)}>
              {label}
            </li>
          ))}
        </ul>
      </figcaption>
      <Curves
        curves={curves}
        unit={view.value}
        isLogarithmic={view.value === "Loss"}
        label={descriptionOf(view.value, curves)}
      />
    </figure>
  );
}

function curvesOf({ state, steps }: RunPicture): Record<(typeof VIEWS)[number], Curve[]> {
  const { epochs } = state;
  const x = epochs.map(({ step }) => step);
  const of = (label: string, colour: string, y: readonly (number | null)[]): Curve => ({
    label,
    colour,
    x,
    y,
  });
  return {
    Loss: [
      { label: "each step", colour: "--soft", x: steps.step, y: steps.loss, isFaint: true },
      of(
        "learned from",
        "--ink",
        epochs.map(({ trainLosses }) => taskLoss(trainLosses)),
      ),
      of(
        "never heard",
        "--hot",
        epochs.map(({ validationLosses }) => taskLoss(validationLosses)),
      ),
    ],
    KL: [
      { label: "each step", colour: "--soft", x: steps.step, y: steps.kl, isFaint: true },
      of(
        "KL of never heard",
        "--cool",
        epochs.map(({ latents }) => latents?.klDivergence ?? null),
      ),
    ],
    "Learning rate": [
      { label: "learning rate", colour: "--cool", x: steps.step, y: steps.learningRate },
    ],
  };
}

function descriptionOf(view: string, curves: readonly Curve[]): string {
  const parts = curves.flatMap(({ label, y }) => {
    const last = y.findLast((value) => value !== null);
    return last === undefined || last === null ? [] : [`${label} ${last.toPrecision(3)}`];
  });
  return parts.length === 0 ? `${view}: nothing yet` : `${view}, newest: ${parts.join(", ")}`;
}
