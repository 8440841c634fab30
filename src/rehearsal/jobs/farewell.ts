/** The closing summary after the panes are gone: a line per job. */

import { finished } from "../../show/console/frame.ts";
import { flow } from "../../show/draw/width.ts";
import { formatCount, formatDuration, formatQuantity } from "../../show/numbers.ts";
import type { JobState } from "./job-state.ts";
import { type PaneStyle, paneFrame } from "./pane-frame.ts";
import { doingOf, resultText, shortTitle, signOf, titleOf } from "./state-words.ts";

export function farewellLines(
  jobs: readonly JobState[],
  options: PaneStyle & { readonly width: number },
): string[] {
  const begun = jobs.filter(({ runs }) => runs > 0);
  if (begun.length === 0) return [];
  const { colours } = paneFrame({ width: options.width, height: 1 }, options);
  const head = `${colours.badge(" SIMULATED ")} ${formatQuantity(jobs.length, "job")}`;
  return [head, ...begun.map((state) => jobText(state, options))].map((line) =>
    finished(line, { ...options, height: 1, atMs: 0 }),
  );
}

const LONG_FROM = 100;
const MIDDLE_FROM = 72;
const SHORT_FROM = 48;

/** The most important first: a narrow terminal leaves the rest out. */
function jobText(
  state: JobState,
  { width, ...style }: PaneStyle & { readonly width: number },
): string {
  const { job, view, runsFinished } = state;
  const { colours } = paneFrame({ width, height: 1 }, style);
  const { ended, lastStep, restarts, atMs } = view.run;
  const doing = doingOf(state);
  const sign = colours[doing.tone](signOf(doing, style.unicode));
  const title = titleFor(state, width);
  const items = [
    `${colours.strong(`[${job}]`)} ${sign} ${title}`,
    outcomeText(state, width),
    lastStep && resultText(lastStep),
    `${formatDuration(ended?.elapsedMs ?? atMs)} simulated`,
    restarts === 0 ? undefined : formatQuantity(restarts, "restart"),
    runsFinished === 0 ? undefined : `${formatQuantity(runsFinished, "run")} finished`,
  ].filter((item) => item !== undefined);
  return flow(items, { width, linesMax: 1 })[0] ?? "";
}

function titleFor(state: JobState, width: number): string {
  const title = titleOf(state);
  if (width >= LONG_FROM) return title;
  const short = shortTitle(title);
  return width >= SHORT_FROM ? short : short.replace(/ \S+$/, "");
}

/** "stopped at step 40 003 of 715 256", as much of it as there is room for. */
function outcomeText(state: JobState, width: number): string {
  const { plan, stepsDone } = state.view.run;
  const { text } = doingOf(state);
  if (plan === undefined) return text;
  const step = `step ${formatCount(stepsDone)}`;
  if (width < MIDDLE_FROM) return state.view.run.status === "finished" ? text : step;
  return `${text} at ${step}${width < LONG_FROM ? "" : ` of ${formatCount(plan.stepsTotal)}`}`;
}
