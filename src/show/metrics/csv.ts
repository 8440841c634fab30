/**
 * The metrics of a run as one table: a row for each event that changes some, a column for each
 * metric. Words (a state, a message, a symptom) have rows too.
 *
 * A cell is filled where the row's event says something about it and empty elsewhere, so that no
 * value is there twice. The columns are the same for every run: tables can be put together.
 * Format: RFC 4180, with line feeds alone.
 */

import type { RunEvent } from "../../events/events.ts";
import { type OpenExporter, textExporter } from "./exporter.ts";
import { METRIC_NAMES } from "./metric-table.ts";
import { momentMs, openMeter } from "./metrics.ts";
import { isoMoment } from "./moment.ts";

const PLACE = ["source", "run", "title", "seq", "time", "event"] as const;

/** What an event says in words, by column. */
const WORDS = ["state", "code", "symptom", "node"] as const;

export const openCsv: OpenExporter = ({ path }) => {
  const meter = openMeter();
  let isBegun = false;
  return textExporter(path, (event) => {
    const changed = meter.take(event);
    const words = WORDS.map((name) => wordIn(event, name));
    if (Object.keys(changed).length === 0 && words.every((word) => word === "")) return "";
    const row = { ...changed, elapsed_seconds: event.atMs / 1000, step: meter.step };
    const numbers = METRIC_NAMES.map((name) => String(row[name] ?? ""));
    const head = isBegun ? "" : line([...PLACE, ...WORDS, ...METRIC_NAMES]);
    isBegun = true;
    return head + line([...placeOf(event), ...words, ...numbers]);
  });

  function placeOf(event: RunEvent): string[] {
    const { run } = meter;
    return [
      run?.started.source ?? "",
      String(run?.number ?? 1),
      run?.started.title ?? "",
      String(event.seq),
      isoMoment(momentMs(run, event)),
      event.type,
    ];
  }
};

function wordIn(event: RunEvent, name: (typeof WORDS)[number]): string {
  const { [name]: word } = event as Partial<Record<typeof name, string | number>>;
  return word === undefined ? "" : String(word);
}

function line(cells: readonly string[]): string {
  return `${cells.map(quoted).join(",")}\n`;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
