/**
 * Tracks the incidents that no event has shown yet. The truth about one is written together with the
 * first event that shows it, so that it agrees with the events. One that ends before it has shown
 * is left out, because it could not be detected.
 */

import type { Active } from "./active-incident.ts";
import { INCIDENTS, type IncidentName } from "./library.ts";
import { type Evidence, type IncidentPlace, metricsOf } from "./symptoms.ts";
import type { IncidentBegan, IncidentOver } from "./truth.ts";

export interface Hidden {
  readonly incident: Active;
  /** What it shows as: of what only a restart reveals, that is the crash before it. */
  readonly name: IncidentName;
  readonly step: number;
  readonly place: IncidentPlace;
  readonly evidence: Evidence;
}

export interface Watch {
  /** @param step The first that it touches. @default the one of its onset */
  add(incident: Active, place: IncidentPlace, step?: number): void;
  /**
   * Those that the events at `atMs` show for the first time.
   *
   * @param metricsShowing All metrics in which one shows there.
   */
  see(atMs: number, metricsShowing: (one: Hidden) => readonly string[]): readonly IncidentBegan[];
  /** They are over. @returns Those of them that had shown. */
  forget(over: readonly Active[]): readonly Active[];
}

const NOTHING_SEEN: readonly IncidentBegan[] = [];

export function newWatch(): Watch {
  let hidden: readonly Hidden[] = [];
  return {
    add(incident, place, step = incident.onsetStep) {
      const name = incident.course.stop?.restart === undefined ? incident.name : "software-crash";
      hidden = [...hidden, { incident, name, step, place, evidence: new Map() }];
    },
    see(atMs, metricsShowing) {
      if (hidden.length === 0) return NOTHING_SEEN;
      const seen = hidden.flatMap((one) => {
        const showing = metricsShowing(one);
        const metrics = metricsOf(INCIDENTS[one.name]);
        const metric = metrics.find((name) => showing.includes(name));
        if (metric === undefined) return [];
        const alsoIn = metrics.filter((name) => name !== metric);
        return [beganTruth(one, { seenAtMs: atMs, metric, alsoIn })];
      });
      if (seen.length > 0) {
        const ids = new Set(seen.map(({ id }) => id));
        hidden = hidden.filter(({ incident }) => !ids.has(incident.id));
      }
      return seen;
    },
    forget(over) {
      if (over.length === 0) return over;
      const unseen = new Set(hidden.map(({ incident }) => incident.id));
      const ids = new Set(over.map(({ id }) => id));
      hidden = hidden.filter(({ incident }) => !ids.has(incident.id));
      return over.filter(({ id }) => !unseen.has(id));
    },
  };
}

type Sight = Pick<IncidentBegan, "seenAtMs" | "metric" | "alsoIn">;

function beganTruth({ incident, name, step, place }: Hidden, sight: Sight): IncidentBegan {
  const kind = INCIDENTS[name];
  // What a restart reveals was scripted as what stops the run.
  const isFatal = incident.course.stop !== undefined || kind.course.stop?.restart !== undefined;
  return {
    type: "incident-began",
    id: incident.id,
    kind: name,
    scripted: incident.scripted,
    step,
    atMs: incident.onsetMs,
    ...sight,
    ...place,
    fatal: isFatal,
    action: kind.action,
  };
}

/** Of an incident that did not stop the run. */
export function overTruth({ id }: Active, atMs: number, step: number): IncidentOver {
  return { type: "incident-over", id, atMs, step, lostSteps: 0, downtimeMs: 0 };
}
