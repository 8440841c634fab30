/** Events as text: one JSON object per line, the same on disk, over HTTP, and between workers. */

import * as v from "valibot";
import { checked } from "../checked.ts";
import { UserError } from "../errors.ts";
import type { News, RunEvent, Verdict } from "./events.ts";

const KNOWN: { readonly [T in News["type"]]: true } = {
  "run-started": true,
  "phase-started": true,
  "phase-progress": true,
  "corpus-read": true,
  "plan-made": true,
  "start-measured": true,
  "step-done": true,
  "epoch-done": true,
  "preview-made": true,
  "checkpoint-saved": true,
  "device-status": true,
  notice: true,
  "model-saved": true,
  "run-ended": true,
  "model-described": true,
  "dataset-described": true,
  "cluster-described": true,
  "recipe-described": true,
  "cluster-message": true,
  "cluster-status": true,
  "evaluation-done": true,
  "run-interrupted": true,
  "run-restored": true,
  "file-written": true,
  "run-summarised": true,
};

/** Complete by construction: a new verdict does not compile until it can be read back. */
const VERDICTS: { readonly [V in Verdict]: true } = {
  improving: true,
  undecided: true,
  "good enough": true,
  overfitting: true,
  worse: true,
  unstable: true,
};

/** JSON has no other word for a number that is not finite. */
const number = v.nullable(v.number());
const losses = v.looseObject({ total: number, reconstruction: number, kl: number });
const texts = v.array(v.string());

/**
 * What readers take apart, by kind: damage there would make them stumble. Plain numbers are shown as
 * they are, and are not looked at.
 */
const TAKEN_APART: { readonly [T in News["type"]]?: v.GenericSchema } = {
  "run-started": v.looseObject({
    source: v.picklist(["trained", "simulated"]),
    title: v.string(),
    program: v.string(),
    device: v.string(),
    configuration: v.looseObject({}),
  }),
  "phase-started": v.looseObject({ phase: v.string(), text: v.string() }),
  "phase-progress": v.looseObject({ phase: v.string() }),
  "corpus-read": v.looseObject({ folder: v.string(), trainFiles: texts, validationFiles: texts }),
  "plan-made": v.looseObject({ configuration: v.optional(v.looseObject({})) }),
  "step-done": v.looseObject({
    losses: v.optional(losses),
    text: v.optional(v.looseObject({})),
    policy: v.optional(v.looseObject({})),
  }),
  "epoch-done": v.looseObject({
    stepLosses: losses,
    trainLosses: losses,
    validationLosses: losses,
    verdict: v.picklist(Object.keys(VERDICTS)),
  }),
  "preview-made": v.looseObject({ kind: v.string(), path: v.string() }),
  "checkpoint-saved": v.looseObject({ path: v.string(), reason: v.string() }),
  notice: v.looseObject({
    level: v.picklist(["info", "warning"]),
    code: v.string(),
    text: v.string(),
    hint: v.optional(v.string()),
  }),
  "model-saved": v.looseObject({ path: v.string() }),
  "run-ended": v.looseObject({
    outcome: v.picklist(["finished", "cancelled", "failed"]),
    reason: v.optional(v.string()),
  }),
};

export function eventToLine(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/**
 * Reads one line back.
 *
 * @returns The event, or undefined for a kind of news from a newer program.
 * @throws UserError "event-log-corrupt" if the line is not an event at all.
 */
export function lineToEvent(line: string): RunEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw corrupt(line, cause);
  }
  if (!isRecord(value) || typeof value["type"] !== "string" || typeof value["seq"] !== "number") {
    throw corrupt(line);
  }
  if (!isJob(value["job"])) throw corrupt(line);
  if (!Object.hasOwn(KNOWN, value["type"])) return undefined;
  const shape = TAKEN_APART[value["type"] as News["type"]];
  const problem = shape && checked(shape, value).problem;
  if (problem !== undefined) throw corrupt(line, new TypeError(problem));
  return value as unknown as RunEvent;
}

/** Files are named by it, so what else a log says there must not come in. */
function isJob(value: unknown): boolean {
  return value === undefined || (Number.isSafeInteger(value) && Number(value) >= 1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function corrupt(line: string, cause?: unknown): UserError {
  return new UserError({
    code: "event-log-corrupt",
    message: `Cannot read event "${line.slice(0, 60)}": it is not one JSON object with "type" and "seq"`,
    hint: "Open the log and delete its last line; a crash can cut it short.",
    cause,
  });
}
