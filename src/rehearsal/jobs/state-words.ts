/** State of a job in a word or two, with a symbol for its severity. */

import type { Phase, StepDone } from "../../events/events.ts";
import { taskLoss } from "../../events/task-loss.ts";
import type { Colours } from "../../show/draw/colours.ts";
import { plainText } from "../../show/draw/width.ts";
import { formatCount, formatFixed } from "../../show/numbers.ts";
import type { JobState } from "./job-state.ts";

export interface Doing {
  readonly text: string;
  readonly tone: keyof Pick<Colours, "accent" | "good" | "warning" | "bad" | "quiet">;
}

/** Phases that need no more than a word; the others show their own sentence. */
const WORDS: { readonly [P in Phase]?: Doing } = {
  training: { text: "training", tone: "good" },
  validating: { text: "validating", tone: "accent" },
  saving: { text: "saving", tone: "accent" },
  exporting: { text: "exporting", tone: "accent" },
};

const OUTCOMES = {
  finished: { text: "finished", tone: "good" },
  cancelled: { text: "stopped", tone: "warning" },
  failed: { text: "failed", tone: "bad" },
} as const;

/** States of the machines that are no training. */
const STANDING = {
  training: undefined,
  stalled: { text: "stalled", tone: "warning" },
  hanging: { text: "hanging", tone: "bad" },
  down: { text: "down: restarting", tone: "bad" },
  saving: { text: "saving", tone: "accent" },
  validating: { text: "validating", tone: "accent" },
} as const;

/** Each tone has a sign of its own: nothing is said by colour alone. */
const SIGNS = {
  good: ["●", "*"],
  accent: ["◆", "+"],
  warning: ["▲", "!"],
  bad: ["×", "x"],
  quiet: ["○", "o"],
} as const;

export function doingOf(state: JobState): Doing {
  const { view, standing } = state;
  const { ended, interruption, phase, plan } = view.run;
  if (ended !== undefined) return OUTCOMES[ended.outcome];
  if (interruption !== undefined) return STANDING.down;
  if (phase === undefined) return { text: "starting", tone: "quiet" };
  // Tests of a cluster have phases of the same names, and only their sentences say what they are.
  const word = plan === undefined ? undefined : WORDS[phase.name];
  const seen = phase.name === "training" ? STANDING[standing] : undefined;
  const fewer = phase.name === "training" ? fewerReplicas(state) : undefined;
  if (seen === undefined && fewer !== undefined)
    return { text: `training on ${fewer}`, tone: "warning" };
  return seen ?? word ?? { text: plainText(phase.text), tone: "quiet" };
}

/** "7 of 8 replicas", while some are missing. */
export function fewerReplicas({ view }: JobState): string | undefined {
  const { clusterStatus, described } = view.run;
  const { dataParallel } = clusterStatus ?? {};
  if (dataParallel === undefined || described.cluster === undefined) return undefined;
  return `${formatCount(dataParallel)} of ${formatCount(described.cluster.dataParallel)} replicas`;
}

export function signOf({ tone }: Doing, unicode: boolean): string {
  return SIGNS[tone][unicode ? 0 : 1];
}

/** "Llama-3.1-405B on 16384 H100". */
export function titleOf({ view }: JobState): string {
  return plainText(view.run.started?.title ?? "the first run");
}

/** "Llama-3.1-405B on 16384 H100" -> "Llama-3.1-405B 16384×H100". */
export function shortTitle(title: string): string {
  return title.replace(/ on (\d+) (\S+)$/, " $1×$2");
}

/** What counts of a step: the reward where it learns from rewards, else the loss. */
export function resultText(step: StepDone): string | undefined {
  if (step.policy !== undefined) return `reward ${formatFixed(step.policy.reward, 3)}`;
  const loss = taskLoss(step);
  return loss === undefined ? undefined : `loss ${formatFixed(loss, 4)}`;
}
