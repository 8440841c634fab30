/** GET /metrics on this machine: the newest state of a run, for Prometheus to scrape. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf, UserError } from "../../errors.ts";
import type { RunEvent } from "../../events/events.ts";
import { isErrno } from "../../files.node.ts";
import { type MetricsFormat, openMetricsPage } from "./openmetrics.ts";

export interface MetricsServer {
  /** "http://127.0.0.1:9400/metrics" */
  readonly address: string;
  take(event: RunEvent): void;
  close(): Promise<void>;
}

/** Only programs on this machine can ask. */
const HOST = "127.0.0.1";
const PATH = "/metrics";

const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
};

/**
 * @param port 0 for any that is free.
 * @throws UserError "port-taken" or "port-not-opened".
 */
export async function openMetricsServer(port: number): Promise<MetricsServer> {
  const page = openMetricsPage();
  const server = createServer((request, response) => {
    answer(request, response, page.text);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(notOpened(port, cause)));
    server.listen({ host: HOST, port, exclusive: true }, resolve);
  });
  const { port: opened } = server.address() as AddressInfo;
  return {
    address: `http://${HOST}:${opened}${PATH}`,
    take: page.take,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  { method, url = "", headers }: IncomingMessage,
  response: ServerResponse,
  text: (format: MetricsFormat) => string,
): void {
  const isKnown = url.split("?")[0] === PATH;
  if (!isKnown) {
    end(response, 404, `There is only ${PATH} here.\n`);
  } else if (method !== "GET" && method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    end(response, 405, "Only GET and HEAD are understood.\n");
  } else {
    const format = wantedFormat(headers.accept);
    response.setHeader("Content-Type", CONTENT_TYPES[format]);
    end(response, 200, text(format));
  }
}

function end(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  if (!response.hasHeader("Content-Type")) {
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
  }
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}

/** OpenMetrics where it is asked for by name and not refused; Prometheus puts it first. */
function wantedFormat(accept = ""): MetricsFormat {
  const ranges = accept.split(",").map((range) => range.trim().toLowerCase());
  const wanted = ranges.find((range) => range.startsWith("application/openmetrics-text"));
  return wanted !== undefined && !/;\s*q=0(\.0*)?\s*(;|$)/.test(wanted)
    ? "openmetrics"
    : "prometheus";
}

function notOpened(port: number, cause: unknown): UserError {
  const isTaken = isErrno(cause) && cause.code === "EADDRINUSE";
  return new UserError({
    code: isTaken ? "port-taken" : "port-not-opened",
    message: `Cannot serve metrics on port ${port}: ${isTaken ? "another program uses it" : messageOf(cause)}`,
    hint: "Give another --metrics-port, or 0 for any that is free.",
    cause,
  });
}
