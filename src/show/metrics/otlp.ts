/**
 * Exports a run to OpenTelemetry: lines of OTLP/JSON, like its file exporter.
 *
 * A file may hold one kind of data only, so the path that was given gets the metrics, and the logs
 * go beside it: "run.jsonl" and "run-logs.jsonl". Metrics are batched, many events to a line; logs
 * are written at once, one event per line.
 *
 * Sources: OpenTelemetry Protocol File Exporter; opentelemetry-proto 1.5.0, JSON mapping.
 */

import type { News, RunEvent } from "../../events/events.ts";
import { isNewRun } from "../../events/run-state.ts";
import type { Json } from "../../json.ts";
import type { OpenExporter, Piece } from "./exporter.ts";
import { flattened } from "./flattened.ts";
import { METRIC_NAMES, METRICS } from "./metric-table.ts";
import { momentMs, openMeter, type Readings, type RunIdentity, runName } from "./metrics.ts";

const POINTS_PER_LINE = 2000;
const CUMULATIVE = 2;

/** Told by the numbers alone. */
const ONLY_NUMBERS: ReadonlySet<News["type"]> = new Set<News["type"]>([
  "step-done",
  "phase-progress",
  "device-status",
  "cluster-status",
]);

const SEVERITIES = {
  info: { severityNumber: 9, severityText: "INFO" },
  warning: { severityNumber: 13, severityText: "WARN" },
  error: { severityNumber: 17, severityText: "ERROR" },
} as const;

const UNITS = {
  "": "1",
  ratio: "1",
  seconds: "s",
  bytes: "By",
  celsius: "Cel",
  watts: "W",
  joules: "J",
} as const;

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, Json>>;
}

interface Point {
  readonly timeUnixNano: string;
  readonly asDouble: number;
  readonly startTimeUnixNano?: string;
  readonly attributes?: readonly Attribute[];
}

interface Series {
  readonly unit: string;
  readonly help: string;
  readonly kind: "gauge" | "counter";
  readonly points: Point[];
}

export const openOtlp: OpenExporter = ({ path, kinds }) => {
  const meter = openMeter();
  const devices = kinds.watchDevices();
  let waiting = new Map<string, Series>();
  let points = 0;
  /** What was written of each device: most of it hardly ever changes. */
  const deviceValues = new Map<string, number>();

  const put = (name: string, series: Omit<Series, "points">, point: Point): void => {
    const known = waiting.get(name) ?? { ...series, points: [] };
    const isSum = series.kind === "counter";
    const { startTimeUnixNano, ...gauge } = point;
    known.points.push(isSum ? point : gauge);
    waiting.set(name, known);
    points += 1;
  };

  const putNumbers = (changed: Readings, timeUnixNano: string): void => {
    const startTimeUnixNano = nanoseconds(meter.run?.started.wallMs ?? 0);
    for (const name of METRIC_NAMES) {
      const asDouble = changed[name];
      if (asDouble === undefined) continue;
      const { unit, help, kind } = METRICS[name];
      const series = { unit: UNITS[unit], help, kind };
      put(`etude.${name}`, series, { timeUnixNano, startTimeUnixNano, asDouble });
    }
  };

  const putDevices = (timeUnixNano: string): void => {
    const runWallMs = meter.run?.started.wallMs ?? 0;
    for (const { labels, values, countedSinceMs } of devices.samples()) {
      const startTimeUnixNano = nanoseconds(runWallMs + countedSinceMs);
      const { gpu = "", UUID = "", modelName = "", Hostname = "" } = labels;
      const attributes = attributesOf({ gpu, UUID, modelName, Hostname });
      for (const { name, help, kind } of devices.families) {
        const asDouble = values[name];
        const key = `${name} ${UUID}`;
        if (asDouble === undefined || deviceValues.get(key) === asDouble) continue;
        deviceValues.set(key, asDouble);
        const point = { timeUnixNano, startTimeUnixNano, asDouble, attributes };
        put(name, { unit: "1", help, kind }, point);
      }
    }
  };

  const written = (): Piece[] => {
    if (points === 0) return [];
    const line = metricsLine(waiting, meter.run);
    waiting = new Map();
    points = 0;
    return [{ path, data: line }];
  };

  return {
    add(event) {
      const before = event.type === "run-started" ? written() : [];
      if (isNewRun(event)) deviceValues.clear();
      const changed = meter.take(event);
      devices.take(event);
      const timeUnixNano = nanoseconds(momentMs(meter.run, event));
      putNumbers(changed, timeUnixNano);
      if (event.type === "cluster-status") putDevices(timeUnixNano);
      const isDue = points >= POINTS_PER_LINE || event.type === "run-ended";
      const isLogged = !ONLY_NUMBERS.has(event.type);
      const logged = isLogged ? [{ path: logsPath(path), data: logLine(event, meter.run) }] : [];
      return [...before, ...logged, ...(isDue ? written() : [])];
    },
    end: written,
  };
};

/** "run.jsonl" -> "run-logs.jsonl". */
export function logsPath(path: string): string {
  const [, stem = path, extension = ""] = /^(.*[^/\\])(\.[^./\\]+)$/.exec(path) ?? [];
  return `${stem}-logs${extension}`;
}

function metricsLine(all: ReadonlyMap<string, Series>, run: RunIdentity | undefined): string {
  const metrics = [...all].map(([name, { unit, help, kind, points }]) => ({
    name,
    description: help,
    unit,
    ...(kind === "counter"
      ? {
          sum: { dataPoints: points, aggregationTemporality: CUMULATIVE, isMonotonic: true },
        }
      : { gauge: { dataPoints: points } }),
  }));
  const data = { resource: resourceOf(run), scopeMetrics: [{ scope: SCOPE, metrics }] };
  return `${JSON.stringify({ resourceMetrics: [data] })}\n`;
}

function logLine(event: RunEvent, run: RunIdentity | undefined): string {
  const timeUnixNano = nanoseconds(momentMs(run, event));
  const { type, seq, atMs, ...facts } = event;
  const record = {
    timeUnixNano,
    observedTimeUnixNano: timeUnixNano,
    ...SEVERITIES[levelOf(event)],
    eventName: `etude.${type}`,
    body: { stringValue: "text" in event ? String(event.text) : type },
    attributes: attributesOf(
      flattened({ seq, ...facts } as Readonly<Record<string, Json>>, "etude."),
    ),
  };
  const data = { resource: resourceOf(run), scopeLogs: [{ scope: SCOPE, logRecords: [record] }] };
  return `${JSON.stringify({ resourceLogs: [data] })}\n`;
}

const SCOPE = { name: "etude" };

function levelOf(event: RunEvent): keyof typeof SEVERITIES {
  if ("level" in event) return event.level;
  if (event.type === "run-interrupted") return "error";
  return event.type === "run-ended" && event.outcome === "failed" ? "error" : "info";
}

function resourceOf(run: RunIdentity | undefined) {
  if (run === undefined) return { attributes: [] };
  const { source, title, program, seed } = run.started;
  const [name = program, version = ""] = program.split(" ");
  return {
    attributes: attributesOf({
      "service.name": name,
      "service.version": version,
      "service.instance.id": runName(run.started),
      "etude.run.title": title,
      "etude.run.source": source,
      "etude.run.simulated": source === "simulated",
      "etude.run.seed": seed,
    }),
  };
}

function attributesOf(values: Readonly<Record<string, string | number | boolean>>): Attribute[] {
  return Object.entries(values).map(([key, value]) => {
    if (typeof value === "string") return { key, value: { stringValue: value } };
    if (typeof value === "boolean") return { key, value: { boolValue: value } };
    // 64-bit numbers are texts in the JSON of protobuf.
    if (Number.isSafeInteger(value)) return { key, value: { intValue: String(value) } };
    return { key, value: { doubleValue: value } };
  });
}

function nanoseconds(wallMs: number): string {
  return `${Math.round(wallMs)}000000`;
}
