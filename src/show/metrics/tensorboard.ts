/**
 * Exports a run to TensorBoard: PATH/RUN/events.out.tfevents.SECONDS.etude.0.
 *
 * RUN and the file's name come from the run, so that exporting it again replaces the file. Each
 * run of a stream has a folder of its own, which TensorBoard shows as a run of its own.
 */

import type { PlanMade, RunEvent, RunStarted } from "../../events/events.ts";
import { isNewRun } from "../../events/run-state.ts";
import type { Json } from "../../json.ts";
import type { Exporter, OpenExporter, Piece } from "./exporter.ts";
import { flattened } from "./flattened.ts";
import { METRIC_NAMES, METRICS, type MetricName } from "./metric-table.ts";
import { momentMs, openMeter, type Readings, runName } from "./metrics.ts";
import {
  hparamsEndEvent,
  hparamsStartEvent,
  restartEvent,
  scalarEvent,
  textEvent,
  versionEvent,
} from "./tensorboard-event.ts";
import { tfRecord } from "./tf-record.ts";

export const openTensorboard: OpenExporter = ({ path: folder }): Exporter => {
  const meter = openMeter();
  let path: string | undefined;
  let described = new Set<MetricName>();
  let hasSession = false;

  const scalars = (event: RunEvent, changed: Readings): Uint8Array[] => {
    const names = METRIC_NAMES.filter((name) => changed[name] !== undefined);
    if (names.length === 0) return [];
    const values = names.map((name) => {
      const isNew = !described.has(name);
      described.add(name);
      return {
        tag: METRICS[name].tag,
        value: changed[name] ?? 0,
        ...(isNew && { description: description(name, meter.run?.started) }),
      };
    });
    return [scalarEvent(placeOf(event), values)];
  };

  const placeOf = (event: RunEvent) => {
    return { wallSeconds: momentMs(meter.run, event) / 1000, step: meter.step };
  };

  const recordsOf = (event: RunEvent, changed: Readings): Uint8Array[] => {
    const place = placeOf(event);
    const records = scalars(event, changed);
    const started = meter.run?.started;
    switch (event.type) {
      case "run-started":
        if (!isNewRun(event)) records.unshift(restartEvent(after(place)));
        return [...records, textEvent(place, "run/about", aboutText(event))];
      case "run-restored":
        return [restartEvent(after(place)), ...records];
      case "plan-made":
        // A plan may change, but a row of the page may not.
        if (started === undefined || hasSession) return records;
        hasSession = true;
        return [...records, hparamsStartEvent(place, sessionOf(started, event))];
      case "notice":
        return [...records, textEvent(place, `notices/${event.code}`, event.text)];
      case "run-ended":
        return [...records, hparamsEndEvent(place, event.outcome === "finished")];
      default:
        return records;
    }
  };

  return {
    add(event) {
      const changed = meter.take(event);
      const records: Uint8Array[] = [];
      if (path === undefined || isNewRun(event)) {
        path = `${folder}/${fileOf(meter.run?.started)}`;
        described = new Set();
        hasSession = false;
        records.push(versionEvent(momentMs(meter.run, event) / 1000));
      }
      records.push(...recordsOf(event, changed));
      return records.map((record): Piece => ({ path: path as string, data: tfRecord(record) }));
    },
    end: () => [],
  };
};

/** The first step that a resumed run repeats. */
function after(place: { readonly wallSeconds: number; readonly step: number }) {
  return { ...place, step: place.step + 1 };
}

function fileOf(started: RunStarted | undefined): string {
  if (started === undefined) return "run/events.out.tfevents.0.etude.0";
  const seconds = String(Math.floor(started.wallMs / 1000)).padStart(10, "0");
  return `${runName(started)}/events.out.tfevents.${seconds}.etude.0`;
}

const SIMULATED = "**Simulated: nothing here is measured.**";

function description(name: MetricName, started: RunStarted | undefined): string {
  const { help, unit } = METRICS[name];
  const text = unit === "" ? help : `${help}, in ${unit}`;
  return started?.source === "simulated" ? `${text}. ${SIMULATED}` : text;
}

function aboutText(started: RunStarted): string {
  const rows = { source: started.source, ...settingsOf(started) };
  const lines = Object.entries(rows).map(([key, value]) => `| ${cell(key)} | ${cell(value)} |`);
  const head = started.source === "simulated" ? `${SIMULATED}\n\n` : "";
  return `${head}| setting | value |\n|---|---|\n${lines.join("\n")}`;
}

function cell(value: Json): string {
  return String(value).replace(/[|\r\n]/g, " ");
}

function sessionOf(started: RunStarted, plan: PlanMade) {
  return {
    group: `${started.source}: ${started.title}`,
    settings: {
      source: started.source,
      ...settingsOf(started),
      ...flattened(plan.configuration ?? {}),
      steps: plan.stepsTotal,
      batchSize: plan.batchSize,
      parameters: plan.parameterCount,
    },
  };
}

function settingsOf({ title, program, device, seed, configuration }: RunStarted) {
  return { title, program, device, seed, ...flattened(configuration) };
}
