/** An alert of any source, and the names of fields that are understood. */

import { INCIDENT_NAMES, type IncidentName } from "../incidents/library.ts";
import { readMoment } from "./moment.ts";

export interface Alert {
  /** Line of its file, counted from 1; of a list, its place in there. */
  readonly line: number;
  /** Milliseconds, since the start of its run or since 1970. */
  readonly startMs: number;
  readonly isWallTime: boolean;
  readonly kind: IncidentName | undefined;
  readonly metric: string | undefined;
  readonly node: number | undefined;
  readonly gpu: number | undefined;
  readonly rank: number | undefined;
  /** Place of the run in the truth, counted from 1. */
  readonly run: number | undefined;
  readonly seed: number | undefined;
  /** Of an alert that may be posted more than once: the same text each time. */
  readonly identity: string | undefined;
}

export type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with an alert: "found ..., need ...". */
export class AlertProblem extends Error {}

/** An alert in étude's own form. @throws AlertProblem */
export function readOwnAlert(fields: Fields, line: number): Alert {
  return {
    line,
    ...startOf(fields),
    kind: kindOf(fields),
    metric: isGiven(fields["metric"]) ? String(fields["metric"]) : undefined,
    node: placeOf(fields, "node"),
    gpu: placeOf(fields, "gpu"),
    rank: placeOf(fields, "rank"),
    run: placeOf(fields, "run"),
    seed: placeOf(fields, "seed"),
    identity: undefined,
  };
}

/**
 * An alert of Prometheus Alertmanager or of Prometheus itself.
 *
 * Labels belong to the author of the rules: those unrelated to incidents are passed over.
 * `incident` or `kind` names a kind, `node`, `Hostname` or `instance` a node ("node-12").
 *
 * @throws AlertProblem
 */
export function readMonitorAlert(fields: Fields, line: number): Alert {
  const labels = isRecord(fields["labels"]) ? fields["labels"] : {};
  const begins = fields["startsAt"] ?? fields["activeAt"];
  const startMs = readMoment(begins);
  if (startMs === undefined)
    throw new AlertProblem(`found startsAt ${shown(begins)}, need a date and time (ISO 8601)`);
  const label = (...names: string[]): string | undefined => {
    const name = names.find((one) => isGiven(labels[one]));
    return name === undefined ? undefined : String(labels[name]);
  };
  const numbered = (...names: string[]): number | undefined => wholeNumber(label(...names));
  const kinds = [label("incident"), label("kind")];
  const node = label("node", "Hostname", "hostname", "instance");
  return {
    line,
    startMs,
    isWallTime: true,
    kind: INCIDENT_NAMES.find((name) => kinds.includes(name)),
    metric: label("metric"),
    node: node === undefined ? undefined : nodeNumber(node),
    gpu: numbered("gpu"),
    rank: numbered("rank"),
    run: numbered("run"),
    seed: numbered("seed"),
    identity: JSON.stringify([startMs, Object.entries(labels).sort()]),
  };
}

export function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function startOf(fields: Fields): Pick<Alert, "startMs" | "isWallTime"> {
  const { atMs, at, time, startsAt } = fields;
  for (const sinceStart of [atMs, at]) {
    if (!isGiven(sinceStart)) continue;
    const number = typeof sinceStart === "string" ? Number(sinceStart) : sinceStart;
    if (typeof number === "number" && Number.isFinite(number))
      return { startMs: number, isWallTime: false };
    if (sinceStart === atMs)
      throw new AlertProblem(`found atMs ${shown(atMs)}, need milliseconds since the run began`);
  }
  const moment = [at, time, startsAt].find(isGiven);
  if (moment === undefined) throw new AlertProblem("found no time, need atMs, at or time");
  const startMs = readMoment(moment);
  if (startMs === undefined)
    throw new AlertProblem(
      `found the time ${shown(moment)}, need a date and time (ISO 8601) or Unix time`,
    );
  return { startMs, isWallTime: true };
}

function kindOf({ kind }: Fields): IncidentName | undefined {
  if (!isGiven(kind)) return undefined;
  const known = INCIDENT_NAMES.find((name) => name === kind);
  if (known === undefined)
    throw new AlertProblem(
      `found the kind ${shown(kind)}, need none or one of ${INCIDENT_NAMES.join(", ")}`,
    );
  return known;
}

function placeOf(fields: Fields, name: "node" | "gpu" | "rank" | "run" | "seed") {
  const value = fields[name];
  if (!isGiven(value)) return undefined;
  const number = name === "node" ? nodeNumber(String(value)) : wholeNumber(String(value));
  if (number === undefined)
    throw new AlertProblem(`found ${name} ${shown(value)}, need a whole number`);
  return number;
}

/** "12", "node12" and "node-0012.example:9400" -> 12 */
function nodeNumber(text: string): number | undefined {
  const named = /(?:^|[^a-z0-9])node[-_ ]?(\d+)/i.exec(text);
  return named === null ? wholeNumber(text) : Number(named[1]);
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
