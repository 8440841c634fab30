/** GET /metrics on this machine: the newest state of a run, for Prometheus to scrape. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { RunEvent } from "../../events/events.ts";
import { endWith, openLocalServer } from "../../local-server.node.ts";
import type { RunKinds } from "./exporter.ts";
import { type MetricsFormat, openMetricsPage } from "./openmetrics.ts";

export interface MetricsServer {
  /** "http://127.0.0.1:9400/metrics" */
  readonly address: string;
  take(event: RunEvent): void;
  close(): Promise<void>;
}

const PATH = "/metrics";

const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
};

/**
 * @param port 0 for any that is free.
 * @throws UserError "port-taken" or "port-not-opened".
 */
export async function openMetricsServer(
  port: number,
  kinds: Pick<RunKinds, "watchDevices">,
): Promise<MetricsServer> {
  const page = openMetricsPage(kinds);
  const { origin, close } = await openLocalServer(
    (request, response) => answer(request, response, page.text),
    { port, what: "metrics", option: "--metrics-port" },
  );
  return { address: `${origin}${PATH}`, take: page.take, close };
}

function answer(
  { method, url = "", headers }: IncomingMessage,
  response: ServerResponse,
  text: (format: MetricsFormat) => string,
): void {
  const isKnown = url.split("?")[0] === PATH;
  if (!isKnown) {
    endWith(response, 404, `There is only ${PATH} here.\n`);
  } else if (method !== "GET" && method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    endWith(response, 405, "Only GET and HEAD are understood.\n");
  } else {
    const format = wantedFormat(headers.accept);
    response.setHeader("Content-Type", CONTENT_TYPES[format]);
    endWith(response, 200, text(format));
  }
}

/** OpenMetrics where it is asked for by name and not refused; Prometheus puts it first. */
function wantedFormat(accept = ""): MetricsFormat {
  const ranges = accept.split(",").map((range) => range.trim().toLowerCase());
  const wanted = ranges.find((range) => range.startsWith("application/openmetrics-text"));
  return wanted !== undefined && !/;\s*q=0(\.0*)?\s*(;|$)/.test(wanted)
    ? "openmetrics"
    : "prometheus";
}
