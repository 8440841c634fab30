/** Serves the files of a page on this machine, and nothing else. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path/posix";
import { endWith, openLocalServer } from "./local-server.node.ts";
import type { PageFiles } from "./page-folder.node.ts";

export interface PageServer {
  /** "http://127.0.0.1:8080/" */
  readonly address: string;
  close(): Promise<void>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

export interface PageFileWanted {
  readonly files: PageFiles;
  readonly path?: string;
}

/**
 * @param port 0 for any that is free.
 * @throws UserError "port-taken" or "port-not-opened".
 */
export async function openPageServer(files: PageFiles, port: number): Promise<PageServer> {
  const { origin, close } = await openLocalServer(
    (request, response) => answerPageFile(request, response, { files }),
    { port, what: "the page", option: "--port" },
  );
  return { address: `${origin}/`, close };
}

/**
 * Only names that were read are known, so no path leads out of the page.
 *
 * @param path Within the page, with "/" at its start. @default that of the request
 */
export function answerPageFile(
  request: IncomingMessage,
  response: ServerResponse,
  { files, path = request.url?.replace(/[?#].*$/s, "") ?? "" }: PageFileWanted,
): void {
  const { method } = request;
  const body = files.get(path);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Cache-Control", "no-cache");
  if (body === undefined) {
    endWith(response, 404, "There is no such file in the page.\n");
  } else if (method !== "GET" && method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    endWith(response, 405, "Only GET and HEAD are understood.\n");
  } else {
    const kind = path === "/" ? ".html" : extname(path);
    response.setHeader("Content-Type", CONTENT_TYPES[kind] ?? "application/octet-stream");
    endWith(response, 200, body);
  }
}
