/**
 * Alerts against what really happened.
 *
 * An alert hits an incident if it starts between the incident's first sign, less the tolerance,
 * and its end, plus the grace; a kind, node, GPU or rank that the alert names must be the
 * incident's. It goes to one incident: to the nearest in time and, of several that are going on, to
 * the one that began last. The first alert of an incident is its detection, the others are
 * repetitions. An alert that hits none is a false alarm.
 */

import type {
  AlertScore,
  FalseAlarm,
  IncidentScore,
  KindScore,
  TimeToDetect,
} from "../../events/score.ts";
import { DAY_MS } from "../engine/units.ts";
import type { Alert } from "./alert.ts";
import type { TrueIncident, TrueRun } from "./read-truth.ts";
import { type Placed, placeAlert, type Slack } from "./when.ts";

export const DEFAULT_SLACK: Slack = { toleranceMs: 60_000, graceMs: 15 * 60_000 };

/** @throws UserError as `placeAlert` does. */
export function scoreAlerts(
  alerts: readonly Alert[],
  runs: readonly TrueRun[],
  slack: Slack,
): AlertScore {
  const placed = alerts
    .map((alert) => placeAlert(alert, runs, slack))
    .sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0) || a.alert.line - b.alert.line);
  const windows = runs.map((run) => windowsOf(run, slack));
  const falseList: FalseAlarm[] = [];
  let repeats = 0;
  for (const one of placed) {
    const during = one.run === undefined ? [] : (windows[one.run] ?? []).filter(isDuring(one));
    const mine = during.filter(({ incident }) => fits(one.alert, incident));
    const window = nearest(mine, one.atMs ?? 0);
    if (window === undefined) falseList.push(falseAlarm(one, during.length > 0));
    else if (window.alert === undefined) window.alert = one;
    else {
      window.repeats += 1;
      repeats += 1;
    }
  }
  const list = windows.flatMap((ofRun, index) =>
    ofRun.map((window) => incidentScore(window, runs[index] as TrueRun, index)),
  );
  const simulatedMs = runs.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  const days = simulatedMs / DAY_MS;
  const because = (wanted: FalseAlarm["reason"]): number =>
    falseList.filter(({ reason }) => reason === wanted).length;
  return {
    source: "simulated",
    runs: runs.length,
    simulatedMs,
    runsWithoutEnd: runs.filter(({ hasEnd }) => !hasEnd).length,
    ...slack,
    ...figures(list, falseList.length),
    missed: list.filter(({ detectedAtMs }) => detectedAtMs === null).length,
    alerts: alerts.length,
    repeats,
    misplaced: because("another kind or place"),
    outside: because("outside"),
    falseAlarmsPerDay: days > 0 ? rounded(falseList.length / days, 4) : null,
    kinds: kindsOf(list, falseList),
    list,
    falseList,
  };
}

/** When an incident can be hit, and what has hit it. */
interface Window {
  readonly incident: TrueIncident;
  readonly fromMs: number;
  readonly untilMs: number;
  alert: Placed | undefined;
  repeats: number;
}

function windowsOf({ incidents }: TrueRun, { toleranceMs, graceMs }: Slack): Window[] {
  return incidents.map((incident) => ({
    incident,
    fromMs: incident.seenAtMs - toleranceMs,
    untilMs: incident.endMs + graceMs,
    alert: undefined,
    repeats: 0,
  }));
}

/** Of two that began together the undetected one. */
function nearest(windows: readonly Window[], atMs: number): Window | undefined {
  const gapMs = ({ incident: { seenAtMs, endMs } }: Window): number =>
    Math.max(0, seenAtMs - atMs, atMs - endMs);
  const begunMs = ({ incident }: Window): number => incident.seenAtMs;
  const isTaken = ({ alert }: Window): number => (alert === undefined ? 0 : 1);
  return windows.toSorted(
    (a, b) => gapMs(a) - gapMs(b) || begunMs(b) - begunMs(a) || isTaken(a) - isTaken(b),
  )[0];
}

function isDuring({ atMs = 0 }: Placed): (window: Window) => boolean {
  return ({ fromMs, untilMs }) => atMs >= fromMs && atMs <= untilMs;
}

function fits(alert: Alert, { kind, node, gpu, rank }: TrueIncident): boolean {
  const agrees = <T>(named: T | undefined, real: T | undefined): boolean =>
    named === undefined || real === undefined || named === real;
  if (!agrees<string>(alert.kind, kind) || !agrees(alert.node, node)) return false;
  // An incident of a whole node has the first of its ranks.
  return gpu === undefined || (agrees(alert.gpu, gpu) && agrees(alert.rank, rank));
}

function falseAlarm({ alert, run, atMs }: Placed, isMisplaced: boolean): FalseAlarm {
  return {
    alert: alert.line,
    run: run === undefined ? null : run + 1,
    atMs: atMs ?? null,
    kind: alert.kind ?? null,
    metric: alert.metric ?? null,
    node: alert.node ?? null,
    reason: run === undefined ? "outside" : isMisplaced ? "another kind or place" : "no incident",
  };
}

function incidentScore(
  { incident, alert, repeats }: Window,
  { header }: TrueRun,
  index: number,
): IncidentScore {
  const { id, kind, step, metric, node, gpu, seenAtMs, endMs } = incident;
  const detectedAtMs = alert?.atMs ?? null;
  return {
    run: index + 1,
    seed: header.seed,
    id,
    kind,
    step,
    metric,
    node: node ?? null,
    gpu: gpu ?? null,
    seenAtMs,
    endMs,
    detectedAtMs,
    timeToDetectMs: detectedAtMs === null ? null : Math.max(0, detectedAtMs - seenAtMs),
    alert: alert?.alert.line ?? null,
    repeats,
  };
}

function figures(list: readonly IncidentScore[], falseAlarms: number) {
  const times = list.flatMap(({ timeToDetectMs }) =>
    timeToDetectMs === null ? [] : [timeToDetectMs],
  );
  const detected = times.length;
  const share = (part: number, whole: number): number | null =>
    whole === 0 ? null : rounded(part / whole, 4);
  const timeToDetect: TimeToDetect = {
    medianMs: quantile(times, 0.5),
    p90Ms: quantile(times, 0.9),
  };
  return {
    incidents: list.length,
    detected,
    falseAlarms,
    recall: share(detected, list.length),
    precision: share(detected, detected + falseAlarms),
    timeToDetect,
  };
}

function kindsOf(list: readonly IncidentScore[], falseList: readonly FalseAlarm[]): KindScore[] {
  const named = falseList.flatMap(({ kind }) => (kind === null ? [] : [kind]));
  const kinds = [...new Set([...list.map(({ kind }) => kind), ...named])].sort();
  return kinds.map((kind) => ({
    kind,
    ...figures(
      list.filter((one) => one.kind === kind),
      named.filter((one) => one === kind).length,
    ),
  }));
}

/** By straight lines between the values in order; null of none. @param share 0 to 1. */
function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (low === undefined || high === undefined) return null;
  return Math.round(low + (high - low) * (place - Math.floor(place)));
}

function rounded(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}
