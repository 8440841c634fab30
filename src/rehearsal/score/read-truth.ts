/** Reads a file of `--truth`: the runs with their incidents. */

import { UserError } from "../../errors.ts";
import {
  type IncidentBegan,
  type IncidentOver,
  TRUTH_VERSION,
  type Truth,
  type TruthHeader,
} from "../incidents/truth.ts";

export interface TrueRun {
  readonly header: TruthHeader;
  readonly incidents: readonly TrueIncident[];
  readonly lengthMs: number;
  /** Whether the truth has the end of the run; else its length is that of what it has. */
  readonly hasEnd: boolean;
  /** Readings of both clocks, in order; none of a run that was not in real time. */
  readonly clocks: readonly ClockPair[];
}

export interface TrueIncident extends IncidentBegan {
  readonly endMs: number;
}

export interface ClockPair {
  readonly atMs: number;
  readonly shownWallMs: number;
}

/** @throws UserError "bad-truth" with the line that is none of a truth. */
export function readTruth(text: string, name: string): TrueRun[] {
  const runs: Parts[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const truth = readLine(line);
    if (truth === undefined)
      throw badTruth(name, index + 1, "found no JSON object with a type, need a line of a truth");
    if (truth.type === "truth") runs.push(newParts(truth, { name, line: index + 1 }));
    else {
      const parts = runs.at(-1);
      if (parts === undefined) throw badTruth(name, index + 1, "found no header before it");
      addTo(parts, truth, { name, line: index + 1 });
    }
  }
  if (runs.length === 0) throw badTruth(name, 1, "found nothing, need the header of a run");
  return runs.map(toRun);
}

interface Parts {
  readonly header: TruthHeader;
  readonly began: IncidentBegan[];
  readonly over: Map<number, IncidentOver>;
  readonly clocks: ClockPair[];
  lastMs: number;
  endMs: number | undefined;
}

interface Place {
  readonly name: string;
  readonly line: number;
}

function readLine(line: string): Truth | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isOne = typeof value === "object" && value !== null && "type" in value;
    return isOne ? (value as Truth) : undefined;
  } catch {
    return undefined;
  }
}

function newParts(header: TruthHeader, { name, line }: Place): Parts {
  const { version, wallMs, seed } = header;
  if (version !== TRUTH_VERSION) {
    const need = `found a truth of version ${String(version)}, need version ${TRUTH_VERSION}`;
    throw badTruth(name, line, need);
  }
  if (!Number.isFinite(wallMs) || !Number.isFinite(seed))
    throw badTruth(name, line, "found a header without wallMs or seed");
  return { header, began: [], over: new Map(), clocks: [], lastMs: 0, endMs: undefined };
}

/** Kinds of lines that are not known are skipped: a newer program may have written them. */
function addTo(parts: Parts, truth: Truth, { name, line }: Place): void {
  if (!Number.isFinite(truth.type === "truth" ? 0 : truth.atMs))
    throw badTruth(name, line, "found a line without atMs");
  switch (truth.type) {
    case "incident-began":
      if (!Number.isFinite(truth.seenAtMs) || typeof truth.kind !== "string")
        throw badTruth(name, line, "found an incident without seenAtMs or kind");
      parts.began.push(truth);
      parts.lastMs = Math.max(parts.lastMs, truth.seenAtMs);
      break;
    case "incident-over":
      parts.over.set(truth.id, truth);
      parts.lastMs = Math.max(parts.lastMs, truth.atMs);
      break;
    case "run-over":
      parts.endMs = truth.atMs;
      break;
    case "clock":
      parts.clocks.push(truth);
      parts.lastMs = Math.max(parts.lastMs, truth.atMs);
      break;
    default:
  }
}

function toRun({ header, began, over, clocks, lastMs, endMs }: Parts): TrueRun {
  const lengthMs = endMs ?? lastMs;
  // Incidents that had not shown yet when the run was stopped are not counted as missed.
  const seen = began.filter(({ seenAtMs }) => seenAtMs <= lengthMs);
  const incidents = seen
    .map((one) => ({ ...one, endMs: Math.max(one.seenAtMs, over.get(one.id)?.atMs ?? lengthMs) }))
    .sort((a, b) => a.seenAtMs - b.seenAtMs || a.id - b.id);
  return { header, incidents, lengthMs, hasEnd: endMs !== undefined, clocks };
}

function badTruth(name: string, line: number, found: string): UserError {
  return new UserError({
    code: "bad-truth",
    message: `Cannot read the truth from line ${line} of "${name}": ${found}`,
    hint: "Give the file that simulate wrote: etude simulate --truth FILE.",
    exitCode: 2,
  });
}
