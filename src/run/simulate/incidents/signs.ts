/** What an incident shows: its messages, and the truth about it. */

import type { ClusterMessage } from "../../../events/cluster.ts";
import type { Active } from "./active.ts";
import type { IncidentBegan, IncidentOver } from "./truth.ts";

/** Where an incident is, as messages tell it. */
export type IncidentPlace = Pick<ClusterMessage, "node" | "gpu" | "rank">;

export interface TimedMessage {
  readonly atMs: number;
  readonly news: ClusterMessage;
}

/** The messages of an incident, each with its time. */
export function messagesOf(incident: Active, place: IncidentPlace): TimedMessage[] {
  return (incident.course.messages ?? []).map(({ afterSeconds, ...message }) => ({
    atMs: incident.onsetMs + afterSeconds * 1000,
    news: { type: "cluster-message", ...message, ...place },
  }));
}

/** When it can first be told, where no restart has to bring it to light. */
export function seenAt({ kind, course, onsetMs }: Active, stepEndMs: number): number {
  const isInStep = kind.metric.startsWith("step.");
  return isInStep ? stepEndMs : onsetMs + (course.hiddenSeconds ?? 0) * 1000;
}

export function beganTruth(
  incident: Active,
  place: IncidentPlace,
  seenAtMs: number,
): IncidentBegan {
  const { kind } = incident;
  return {
    type: "incident-began",
    id: incident.id,
    kind: incident.name,
    scripted: incident.scripted,
    step: incident.onsetStep,
    atMs: incident.onsetMs,
    seenAtMs: Math.max(seenAtMs, incident.onsetMs),
    metric: kind.metric,
    alsoIn: kind.alsoIn,
    ...place,
    fatal: incident.course.stop !== undefined,
    action: kind.action,
  };
}

/** Of an incident that did not stop the run. */
export function overTruth({ id }: Active, atMs: number, step: number): IncidentOver {
  return { type: "incident-over", id, atMs, step, lostSteps: 0, downtimeMs: 0 };
}
