/** Incidents that somebody asks for: `--incident KIND@STEP`. */

import { UserError } from "../../../errors.ts";
import type { Notice } from "../../../events/events.ts";
import { INCIDENT_NAMES, INCIDENTS, type IncidentName } from "./library.ts";

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

/** What decides whether an incident can happen in a run. */
export interface ScriptedRun {
  readonly stepsTotal: number;
  readonly hasExperts: boolean;
}

/** What was asked for and will not happen, and why. */
export function scriptNotices(scripts: readonly IncidentScript[], run: ScriptedRun): Notice[] {
  return scripts.flatMap((script) => {
    const { kind, step } = script;
    const notice = { type: "notice", level: "warning" } as const;
    if (!canHappen(script, run)) {
      const code = "incident-without-experts";
      const text = `${kind}@${step} will not happen: the model is dense`;
      return [{ ...notice, code, text, hint: "Choose a mixture of experts with --model." }];
    }
    if (step <= run.stepsTotal) return [];
    const code = "incident-after-end";
    const text = `${kind}@${step} will not happen: the run has ${run.stepsTotal} steps`;
    const hint = "Script it at an earlier step, or train on more tokens.";
    return [{ ...notice, code, text, hint }];
  });
}

export function canHappen(
  { kind }: IncidentScript,
  { hasExperts }: Pick<ScriptedRun, "hasExperts">,
): boolean {
  return hasExperts || INCIDENTS[kind].needsExperts !== true;
}
