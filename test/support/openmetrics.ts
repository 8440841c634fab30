/** The page that Prometheus scrapes, read back by parse-prometheus-text-format. */

import parsePrometheus from "parse-prometheus-text-format";
import { runKinds } from "../../src/cli/run-kinds.ts";
import type { RunEvent } from "../../src/events/events.ts";
import { type MetricsFormat, openMetricsPage } from "../../src/show/metrics/openmetrics.ts";

export function textAfter(told: readonly RunEvent[], format: MetricsFormat): string {
  const page = openMetricsPage(runKinds);
  for (const event of told) page.take(event);
  return page.text(format);
}

type Family = ReturnType<typeof parsePrometheus>[number];

/** By the name of the family. */
export function familiesOf(text: string): ReadonlyMap<string, Family> {
  return new Map(parsePrometheus(text).map((family) => [family.name, family]));
}

export function newestOf(text: string, name: string): number {
  return Number(familiesOf(text).get(name)?.metrics[0]?.value);
}
