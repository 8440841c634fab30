/** Requested incidents: `--incident KIND@STEP`. */

import { UserError } from "../../errors.ts";
import type { Notice } from "../../events/events.ts";
import { nearestWord } from "../../suggest.ts";
import { INCIDENT_NAMES, INCIDENTS, type IncidentName } from "./library.ts";

export interface IncidentScript {
  readonly kind: IncidentName;
  /** The first step that it touches, counted from 1. */
  readonly step: number;
  /** Not requested: the scene has it by chance. @default false */
  readonly byChance?: boolean;
}

/** No run has so many. */
const STEP_MAX = 1e12;

/** @throws UserError "bad-incident" with what is wrong in it, and the kinds there are. */
export function readIncident(text: string): IncidentScript {
  const [, name = "", at, amount = ""] = /^\s*([\w-]*)\s*(@?)\s*(.*?)\s*$/s.exec(text) ?? [];
  const kind = INCIDENT_NAMES.find((one) => one === name.toLowerCase());
  const step = /^\d+$/.test(amount) ? Number(amount) : 0;
  if (kind === undefined) {
    const near = nearestWord(name, INCIDENT_NAMES);
    throw badIncident(
      text,
      `no such incident, need KIND@STEP with one of ${INCIDENT_NAMES.join(", ")}`,
      near === undefined ? EXAMPLE : `Did you mean "${near}@${step || EXAMPLE_STEP}"?`,
    );
  }
  if (at === "@" && step >= 1 && step <= STEP_MAX) return { kind, step };
  const found = at === "@" ? `the step ${JSON.stringify(amount)}` : "no @ before a step";
  const most = step > STEP_MAX ? ` to ${STEP_MAX}` : "";
  throw badIncident(
    text,
    `${found}, need KIND@STEP with a whole number from 1${most}`,
    `For example: --incident ${kind}@${EXAMPLE_STEP}`,
  );
}

const EXAMPLE_STEP = 2000;
const EXAMPLE = `For example: --incident loss-spike@${EXAMPLE_STEP}`;

function badIncident(text: string, found: string, hint: string): UserError {
  return new UserError({
    code: "bad-incident",
    message: `Cannot script ${JSON.stringify(text)}: found ${found}`,
    hint,
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
