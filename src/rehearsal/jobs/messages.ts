/** The news that a pane repeats below its figures, in words that fit a narrow one. */

import type { EvaluationDone, RunInterrupted, RunRestored } from "../../events/cluster.ts";
import type { CheckpointSaved, RunEvent } from "../../events/events.ts";
import type { View } from "../../show/console/view.ts";
import { plainText } from "../../show/draw/width.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatFixed,
  formatQuantity,
} from "../../show/numbers.ts";
import { type Level, linesOf } from "../console/lines.ts";
import { symptomText } from "../console/words.ts";

export interface Message {
  readonly level: Level;
  /** What happened, and then what may be left out where there is no room for it. */
  readonly parts: readonly [string, ...string[]];
  /** By the calendar of the run, milliseconds since 1970. */
  readonly wallMs: number;
  /** Of an incident; not of what goes as it should. */
  readonly isNotable: boolean;
}

/** More of each than a pane of a high terminal has lines. */
const KEPT_MAX = 60;

/** Newest last. Incidents are kept beside what is routine, which would soon push them out. */
export function withMessage(messages: readonly Message[], message: Message): readonly Message[] {
  const all = [...messages, message];
  if (all.length <= KEPT_MAX) return all;
  const isAlike = ({ isNotable }: Message): boolean => isNotable === message.isNotable;
  const alike = all.filter(isAlike).length;
  const oldest = all.findIndex((one) => (alike > KEPT_MAX / 2 ? isAlike(one) : !isAlike(one)));
  return all.filter((_, index) => index !== oldest);
}

/** The newest; at most half of them give way to incidents that are older. */
export function worthShowing(messages: readonly Message[], count: number): readonly Message[] {
  if (count <= 0) return [];
  const notable = messages.filter(({ isNotable }) => isNotable).slice(-Math.floor(count / 2));
  const kept = new Set(count < 2 ? [] : notable);
  for (const message of [...messages].reverse()) {
    if (kept.size === count) break;
    kept.add(message);
  }
  return messages.filter((message) => kept.has(message));
}

/** @param view With the event. @returns undefined for what is seen in the figures, or is routine. */
export function messageOf(event: RunEvent, view: View): Message | undefined {
  const said = saidBy(event, view);
  if (said === undefined) return undefined;
  const wallMs = (view.run.started?.wallMs ?? 0) + event.atMs;
  const isNotable = said.level !== "INFO" || NOTABLE.has(event.type);
  const [what, ...more] = said.parts;
  return { level: said.level, parts: [what, ...more], wallMs, isNotable };
}

const NOTABLE: ReadonlySet<string> = new Set(["run-restored", "run-ended"]);

type Said = Pick<Message, "level" | "parts">;

function saidBy(event: RunEvent, view: View): Said | undefined {
  switch (event.type) {
    case "run-started":
      return info("a new simulated run", `seed ${event.seed}`);
    case "step-done":
      return event.skipped
        ? { level: "WARNING", parts: [`step ${formatCount(event.step)} skipped: not finite`] }
        : undefined;
    case "run-interrupted":
      return { level: "ERROR", parts: interruptedParts(event) };
    case "run-restored":
      return restored(event);
    case "checkpoint-saved":
      return saved(event);
    case "evaluation-done":
      return evaluated(event);
    case "run-ended":
      return info(OUTCOMES[event.outcome], `${formatDuration(event.elapsedMs)} simulated`);
    case "cluster-message":
      return ROUTINE.has(event.code) ? undefined : fromCluster(event, view);
    case "phase-started":
    case "notice":
      return inWords(event, view);
    default:
      return undefined;
  }
}

const OUTCOMES = { finished: "finished", cancelled: "stopped", failed: "failed" } as const;

/** What comes again and again, or follows from the message before, and says nothing new. */
const ROUTINE: ReadonlySet<string> = new Set([
  "allreduce",
  "barrier",
  "broadcast",
  "rank-ready",
  "ranks-more",
  "workers-stopped",
]);

function info(...parts: Message["parts"]): Said {
  return { level: "INFO", parts };
}

function inWords(event: RunEvent, view: View): Said | undefined {
  const [line] = linesOf(event, view);
  return line === undefined ? undefined : { level: line.level, parts: [plainText(line.text)] };
}

/** Where it happened stands behind, for the beginning of a line is what is read. */
function fromCluster({ node, gpu, rank, ...event }: ClusterEvent, view: View): Said | undefined {
  const said = inWords(event, view);
  return said && { ...said, parts: [said.parts[0], ...placeParts({ node, gpu })] };
}

type ClusterEvent = Extract<RunEvent, { readonly type: "cluster-message" }>;

function placeParts({ node, gpu }: { node: number | undefined; gpu: number | undefined }) {
  if (node === undefined) return [];
  return [gpu === undefined ? `node ${node}` : `node ${node} gpu ${gpu}`];
}

function interruptedParts({ step, symptom, node }: RunInterrupted): Message["parts"] {
  const place = placeParts({ node, gpu: undefined });
  return [`down: ${symptomText(symptom)}`, ...place, `step ${formatCount(step)}`];
}

function restored({ step, lostSteps, downtimeMs }: RunRestored): Said {
  const lost = lostSteps === 0 ? "nothing lost" : `${formatQuantity(lostSteps, "step")} lost`;
  return info(`back at step ${formatCount(step)}`, lost, `down ${formatDuration(downtimeMs)}`);
}

function saved({ step, bytes, durationMs }: CheckpointSaved): Said {
  return info(`saved step ${formatCount(step)}`, formatBytes(bytes), formatDuration(durationMs));
}

function evaluated({ loss, perplexity, best }: EvaluationDone): Said {
  const note = best ? ["best so far"] : [];
  const words = `perplexity ${formatFixed(perplexity, 2)}`;
  return info(`validation ${formatFixed(loss, 4)}`, ...note, words);
}
