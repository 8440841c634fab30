/**
 * The newest state of a run in both text formats of Prometheus.
 *
 * Every sample carries the label `source`. Samples have no timestamps, for neither a scrape nor
 * the textfile collector wants them; the run's own time is `etude_run_timestamp_seconds`.
 *
 * Sources: OpenMetrics 1.0.0; Prometheus, "Text-based format" 0.0.4.
 */

import type { RunEvent } from "../../events/events.ts";
import type { DeviceWatch } from "./device-metrics.ts";
import type { OpenExporter, RunKinds } from "./exporter.ts";
import { METRIC_NAMES, METRICS, type Metric, type MetricName } from "./metric-table.ts";
import { type Meter, momentMs, openMeter } from "./metrics.ts";

/** `openmetrics` is also understood by readers of `prometheus`, but for its counters' types. */
export type MetricsFormat = "openmetrics" | "prometheus";

/** The state that a scrape asks for. */
export interface MetricsPage {
  take(event: RunEvent): void;
  text(format: MetricsFormat): string;
}

export function openMetricsPage({ watchDevices }: Pick<RunKinds, "watchDevices">): MetricsPage {
  const meter = openMeter();
  const devices = watchDevices();
  let nowMs = 0;
  return {
    take(event) {
      meter.take(event);
      devices.take(event);
      nowMs = momentMs(meter.run, event);
    },
    text(format) {
      const families = familiesOf({ meter, devices, nowMs });
      const end = format === "openmetrics" ? "# EOF\n" : "";
      return families.map((family) => familyText(family, format)).join("") + end;
    },
  };
}

/** A file is replaced at most so often, and at the end. */
const FILE_EVERY_MS = 5000;

export const openOpenmetrics: OpenExporter = ({ path, clock, kinds }) => {
  const page = openMetricsPage(kinds);
  let writtenMs = Number.NEGATIVE_INFINITY;
  const whole = () => [{ path, data: page.text("openmetrics"), whole: true } as const];
  return {
    add(event) {
      page.take(event);
      const nowMs = clock.nowMs();
      if (nowMs - writtenMs < FILE_EVERY_MS) return [];
      writtenMs = nowMs;
      return whole();
    },
    end: whole,
  };
};

interface Family {
  /** Without the "_total" of a counter. */
  readonly name: string;
  readonly help: string;
  readonly unit: string;
  /** Undefined for counters whose name does not end as OpenMetrics wants it. */
  readonly kind: "gauge" | "counter" | undefined;
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Known {
  readonly meter: Meter;
  readonly devices: DeviceWatch;
  readonly nowMs: number;
}

function familiesOf({ meter, devices, nowMs }: Known): Family[] {
  if (meter.run === undefined) return [];
  const { source, title, program, device, seed } = meter.run.started;
  const labels = { source };
  const about = { source, title, program, device, seed: String(seed) };
  const run: Family[] = [
    {
      name: "etude_run_info",
      help: "What runs; source is simulated where nothing is measured",
      unit: "",
      kind: "gauge",
      samples: [{ labels: about, value: 1 }],
    },
    {
      name: "etude_run_timestamp_seconds",
      help: "When the newest event happened, by the clock of the run, since 1970",
      unit: "seconds",
      kind: "gauge",
      samples: [{ labels, value: nowMs / 1000 }],
    },
  ];
  const numbers = METRIC_NAMES.filter((name) => meter.values[name] !== undefined).map((name) =>
    numberFamily(name, { labels, value: meter.values[name] ?? 0 }),
  );
  return [...run, ...numbers, ...deviceFamilies(devices)];
}

function numberFamily(name: MetricName, sample: Sample): Family {
  const { help, unit, kind }: Metric = METRICS[name];
  return { name: `etude_${name}`, help, unit, kind, samples: [sample] };
}

function deviceFamilies(devices: DeviceWatch): Family[] {
  const found = devices.samples();
  return devices.families
    .map(({ name, help, kind }) => ({
      name,
      help,
      unit: "",
      kind: kind === "counter" ? undefined : kind,
      samples: found.flatMap(({ labels, values }) => {
        const value = values[name];
        return value === undefined ? [] : [{ labels, value }];
      }),
    }))
    .filter(({ samples }) => samples.length > 0);
}

function familyText({ name, help, unit, kind, samples }: Family, format: MetricsFormat): string {
  const sampleName = kind === "counter" ? `${name}_total` : name;
  const familyName = format === "openmetrics" ? name : sampleName;
  const head = [
    `# HELP ${familyName} ${escapedHelp(help)}\n`,
    kind === undefined ? "" : `# TYPE ${familyName} ${kind}\n`,
    format === "openmetrics" && unit !== "" ? `# UNIT ${familyName} ${unit}\n` : "",
  ];
  const lines = samples.map(({ labels, value }) => {
    return `${sampleName}{${labelsText(labels)}} ${value}\n`;
  });
  return [...head, ...lines].join("");
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapedLabel(value)}"`)
    .join(",");
}

function escapedLabel(value: string): string {
  return escapedHelp(value).replaceAll('"', '\\"');
}

function escapedHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
