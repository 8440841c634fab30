/** Incidents that somebody asks for: `--incident KIND@STEP`. */

import { UserError } from "../../../errors.ts";
import type { Notice } from "../../../events/events.ts";
import { INCIDENT_NAMES, type IncidentName } from "./library.ts";

export interface IncidentScript {
  readonly kind: IncidentName;
  /** The first step that it touches, counted from 1. */
  readonly step: number;
}

/** @throws UserError "bad-incident" with the kinds there are. */
export function readIncident(text: string): IncidentScript {
  const match = /^([a-z-]+)@(\d{1,12})$/.exec(text.trim());
  const kind = INCIDENT_NAMES.find((name) => name === match?.[1]);
  const step = Number(match?.[2]);
  if (kind !== undefined && step >= 1) return { kind, step };
  throw new UserError({
    code: "bad-incident",
    message: `Cannot script "${text}": need KIND@STEP, with a step from 1 and one of ${INCIDENT_NAMES.join(", ")}`,
    hint: "For example: --incident loss-spike@2000",
    exitCode: 2,
  });
}

/** What was asked for and will not happen, because the run is over before. */
export function lateNotices(scripts: readonly IncidentScript[], stepsTotal: number): Notice[] {
  const late = scripts.filter(({ step }) => step > stepsTotal);
  return late.map(({ kind, step }) => ({
    type: "notice",
    level: "warning",
    code: "incident-after-end",
    text: `${kind}@${step} will not happen: the run has ${stepsTotal} steps`,
    hint: "Script it at an earlier step, or train on more tokens.",
  }));
}
