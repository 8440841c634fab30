/** Serves the files of a page on this machine, and nothing else. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path/posix";
import { messageOf, UserError } from "../../errors.ts";
import { isErrno } from "../../files.node.ts";
import type { PageFiles } from "./page-folder.node.ts";

export interface PageServer {
  /** "http://127.0.0.1:8080/" */
  readonly address: string;
  close(): Promise<void>;
}

/** Only this machine can ask. */
const HOST = "127.0.0.1";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

/**
 * @param port 0 for any that is free.
 * @throws UserError "port-taken" or "port-not-opened".
 */
export async function openPageServer(files: PageFiles, port: number): Promise<PageServer> {
  const server = createServer((request, response) => answer(request, response, files));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(notOpened(port, cause)));
    server.listen({ host: HOST, port, exclusive: true }, resolve);
  });
  const { port: opened } = server.address() as AddressInfo;
  return {
    address: `http://${HOST}:${opened}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Only names that were read are known, so no path leads out of the page. */
function answer(request: IncomingMessage, response: ServerResponse, files: PageFiles): void {
  const { method, url = "" } = request;
  const path = url.replace(/[?#].*$/s, "");
  const body = files.get(path);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Cache-Control", "no-cache");
  if (body === undefined) {
    end(response, 404, "There is no such file in the page.\n");
  } else if (method !== "GET" && method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    end(response, 405, "Only GET and HEAD are understood.\n");
  } else {
    const kind = path === "/" ? ".html" : extname(path);
    response.setHeader("Content-Type", CONTENT_TYPES[kind] ?? "application/octet-stream");
    end(response, 200, body);
  }
}

/** Node itself leaves the body out where only the head was asked for. */
function end(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.statusCode = status;
  if (!response.hasHeader("Content-Type")) {
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
  }
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}

function notOpened(port: number, cause: unknown): UserError {
  const isTaken = isErrno(cause) && cause.code === "EADDRINUSE";
  return new UserError({
    code: isTaken ? "port-taken" : "port-not-opened",
    message: `Cannot serve the page on port ${port}: ${isTaken ? "another program uses it" : messageOf(cause)}`,
    hint: "Give another --port, or 0 for any that is free.",
    cause,
  });
}
