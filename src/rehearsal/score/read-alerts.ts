/**
 * Reads alerts in several formats, recognised by content: JSON lines or a list in étude's own form,
 * a table with a header, what Prometheus Alertmanager posts or lists.
 */

import { UserError } from "../../errors.ts";
import {
  type Alert,
  AlertProblem,
  type Fields,
  isRecord,
  readMonitorAlert,
  readOwnAlert,
} from "./alert.ts";
import { readCsv } from "./read-csv.ts";

/**
 * @param name Of the file, for messages.
 * @returns In the order of the file; an alert that is posted again and again stands once.
 * @throws UserError "bad-alerts" with the line, or the place in a list, that is none.
 */
export function readAlerts(text: string, name: string): Alert[] {
  const plain = text.replace(/^\uFEFF/, "");
  const first = plain.trimStart()[0];
  if (first === undefined) return [];
  const found = first === "{" || first === "[" ? fromJson(plain, name) : fromTable(plain, name);
  return found.filter(isFirstOfItsKind());
}

/** A value of a file, and where it stands. */
interface Found {
  readonly value: unknown;
  readonly place: Place;
}

interface Place {
  readonly name: string;
  readonly line: number;
  /** In a list; then the line is that of the list. */
  readonly index?: number;
}

function fromJson(text: string, name: string): Alert[] {
  const lines = text
    .split("\n")
    .map((value, index) => ({ text: value, line: index + 1 }))
    .filter((line) => line.text.trim() !== "");
  const [first] = lines;
  // One document may be spread over lines; of JSON lines, the first is whole.
  if (lines.length === 1 || (first !== undefined && parsed(first.text) !== undefined)) {
    return lines.flatMap((line) => {
      const value = parsed(line.text);
      const place = { name, line: line.line };
      if (value === undefined) throw badAlert(place, "found no JSON, need one object a line");
      return alertsIn({ value: value.of, place });
    });
  }
  const whole = parsed(text);
  if (whole === undefined) throw badAlert({ name, line: lineOfMistake(text) }, "found no JSON");
  return alertsIn({ value: whole.of, place: { name, line: first?.line ?? 1 } });
}

/** One alert, a list of alerts, or a message with a list in it. */
function alertsIn({ value, place }: Found): Alert[] {
  if (Array.isArray(value)) {
    return value.flatMap((one: unknown, index) =>
      alertsIn({ value: one, place: { ...place, index: index + 1 } }),
    );
  }
  if (!isRecord(value)) throw badAlert(place, "found no object");
  const inside = isRecord(value["data"]) ? value["data"] : value;
  if (Array.isArray(inside["alerts"])) return alertsIn({ value: inside["alerts"], place });
  const isMonitors = isRecord(value["labels"]) && !("atMs" in value || "at" in value);
  // A rule of Prometheus that is still pending has not alerted anybody.
  if (isMonitors && value["state"] === "pending") return [];
  return [alertOf(value, place, isMonitors ? readMonitorAlert : readOwnAlert)];
}

function fromTable(text: string, name: string): Alert[] {
  const [head, ...rows] = readCsv(text);
  const names = (head?.cells ?? []).map(columnName);
  if (!names.some((one) => TIME_COLUMNS.includes(one))) {
    const found = `found neither JSON nor a table with a column of ${TIME_COLUMNS.join(", ")}`;
    throw badAlert({ name, line: head?.line ?? 1 }, found);
  }
  return rows.map(({ line, cells }) => {
    const fields = Object.fromEntries(names.map((column, i) => [column, cells[i]?.trim() ?? ""]));
    return alertOf(fields, { name, line }, readOwnAlert);
  });
}

const TIME_COLUMNS: readonly string[] = ["atMs", "at", "time", "startsAt"];
const OTHER_COLUMNS = ["kind", "metric", "node", "gpu", "rank", "run", "seed"];

/** "At_ms" -> "atMs" */
function columnName(text: string): string {
  const bare = (one: string): string => one.toLowerCase().replace(/[^a-z]/g, "");
  const known = [...TIME_COLUMNS, ...OTHER_COLUMNS].find((one) => bare(one) === bare(text));
  return known ?? text.trim();
}

function alertOf(
  fields: Fields,
  place: Place,
  read: (fields: Fields, line: number) => Alert,
): Alert {
  try {
    return read(fields, place.index ?? place.line);
  } catch (problem) {
    throw problem instanceof AlertProblem ? badAlert(place, problem.message) : problem;
  }
}

/** Alertmanager posts what still burns every few hours, and again when it is over. */
function isFirstOfItsKind(): (alert: Alert) => boolean {
  const seen = new Set<string>();
  return ({ identity }) => {
    if (identity === undefined) return true;
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  };
}

/** The value in a box, for null and false are JSON too; undefined where the text is none. */
function parsed(text: string): { readonly of: unknown } | undefined {
  try {
    return { of: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** By the position that the engine names, where it does. */
function lineOfMistake(text: string): number {
  try {
    JSON.parse(text);
  } catch (mistake) {
    const position = /position (\d+)/.exec(String(mistake))?.[1];
    return text.slice(0, Number(position ?? text.length)).split("\n").length;
  }
  return 1;
}

function badAlert({ name, line, index }: Place, problem: string): UserError {
  const place = index === undefined ? `line ${line}` : `alert ${index}`;
  return new UserError({
    code: "bad-alerts",
    message: `Cannot read ${place} of "${name}": ${problem}`,
    hint: "Give JSON lines, CSV with a header, or JSON of Alertmanager; see: etude score --help",
    exitCode: 2,
  });
}
