/** The state of a pane: its current run and the newest messages. Pure. */

import type { ClusterStatus } from "../../events/cluster.ts";
import type { RunEvent } from "../../events/events.ts";
import { isNewRun } from "../../events/run-state.ts";
import { emptyView, type View, viewAfter } from "../../show/console/view.ts";
import { type History, historyAfter, noHistory } from "../console/history.ts";
import { type Message, messageOf, withMessage } from "./messages.ts";

export interface JobState {
  /** Counted from 1. */
  readonly job: number;
  /** Begun so far, the one that is going on included. */
  readonly runs: number;
  /** Told to their end. */
  readonly runsFinished: number;
  readonly view: View;
  readonly history: History;
  /** What the machines were seen doing since the newest step. */
  readonly standing: ClusterStatus["state"];
  /** GPUs that are lost: "12:3", or "12:*" for a whole node. */
  readonly lost: ReadonlySet<string>;
  /** Newest last, also of the runs before. */
  readonly messages: readonly Message[];
  /** Messages so far, also those that are forgotten. */
  readonly messagesTold: number;
}

export function emptyJob(job: number): JobState {
  return {
    job,
    runs: 0,
    runsFinished: 0,
    ...emptyRun,
    messages: [],
    messagesTold: 0,
  };
}

const emptyRun = {
  view: emptyView,
  history: noHistory,
  standing: "training",
  lost: new Set<string>(),
} as const;

export function afterJobEvent(before: JobState, event: RunEvent): JobState {
  const state = isNewRun(event) ? { ...before, ...emptyRun, runs: before.runs + 1 } : before;
  const view = viewAfter(state.view, event);
  const message = messageOf(event, view);
  return {
    ...state,
    ...changes(state, event),
    view,
    history: historyAfter(state.history, event),
    ...(message !== undefined && {
      messages: withMessage(state.messages, message),
      messagesTold: state.messagesTold + 1,
    }),
  };
}

function changes(state: JobState, event: RunEvent): Partial<JobState> {
  switch (event.type) {
    case "run-interrupted":
      return { lost: withNode(state.lost, event.node) };
    case "run-restored":
      return { standing: "training", lost: new Set() };
    case "cluster-status":
      return { standing: event.state };
    case "step-done":
    case "phase-started":
      return { standing: "training" };
    case "cluster-message":
      if (event.code === "node-drained") return { lost: withoutNode(state.lost, event.node) };
      return event.level === "error" ? { lost: withLost(state.lost, event) } : {};
    case "run-ended":
      return event.outcome === "finished" ? { runsFinished: state.runsFinished + 1 } : {};
    default:
      return {};
  }
}

interface Place {
  readonly node?: number;
  readonly gpu?: number;
}

function withLost(lost: ReadonlySet<string>, { node, gpu }: Place): ReadonlySet<string> {
  if (node === undefined) return lost;
  return new Set([...lost, `${node}:${gpu ?? "*"}`]);
}

/** A whole node, unless it is known which of its GPUs it was. */
function withNode(lost: ReadonlySet<string>, node: number | undefined): ReadonlySet<string> {
  if (node === undefined || [...lost].some((one) => one.startsWith(`${node}:`))) return lost;
  return withLost(lost, { node });
}

function withoutNode(lost: ReadonlySet<string>, node: number | undefined): ReadonlySet<string> {
  return new Set([...lost].filter((one) => !one.startsWith(`${node}:`)));
}
