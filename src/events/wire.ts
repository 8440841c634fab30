/** Events as text: one JSON object per line, the same on disk, over HTTP, and between workers. */

import { UserError } from "../errors.ts";
import type { News, RunEvent } from "./events.ts";

const KNOWN: { readonly [T in News["type"]]: true } = {
  "run-started": true,
  "phase-started": true,
  "phase-progress": true,
  "corpus-read": true,
  "plan-made": true,
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
  return Object.hasOwn(KNOWN, value["type"]) ? (value as unknown as RunEvent) : undefined;
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
