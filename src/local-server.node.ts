/** A server that answers this machine only. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf, UserError } from "./errors.ts";
import { isErrno } from "./files.node.ts";

const HOST = "127.0.0.1";

/**
 * The names by which a person reaches this machine from itself. A page of another site can have its
 * own name resolved to 127.0.0.1 and then read what is answered (DNS rebinding), but the browser
 * says that name here.
 */
const OWN_NAMES: ReadonlySet<string> = new Set([HOST, "localhost", "[::1]"]);

export interface LocalServer {
  /** "http://127.0.0.1:8080" */
  readonly origin: string;
  close(): Promise<void>;
}

export interface LocalServerOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** What is served and by which option, for people: "the page", "--port". */
  readonly what: string;
  readonly option: string;
}

/** @throws UserError "port-taken" or "port-not-opened". */
export async function openLocalServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: LocalServerOptions,
): Promise<LocalServer> {
  const server = createServer((request, response) => {
    if (isForUs(request)) answer(request, response);
    else endWith(response, MISDIRECTED, `Ask for this by ${[...OWN_NAMES].join(" or ")}.\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(notOpened(options, cause)));
    server.listen({ host: HOST, port: options.port, exclusive: true }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${HOST}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** HTTP 421: the request was meant for another server. */
const MISDIRECTED = 421;

/** The port is not looked at: a tunnel may have another at its other end. */
function isForUs({ headers }: IncomingMessage): boolean {
  const name = /^(.*?)(?::\d*)?$/.exec(headers.host ?? "")?.[1] ?? "";
  return OWN_NAMES.has(name.toLowerCase());
}

/** Node itself leaves the body out where only the head was asked for. */
export function endWith(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.statusCode = status;
  if (!response.hasHeader("Content-Type")) {
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
  }
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}

function notOpened({ port, what, option }: LocalServerOptions, cause: unknown): UserError {
  const isTaken = isErrno(cause) && cause.code === "EADDRINUSE";
  return new UserError({
    code: isTaken ? "port-taken" : "port-not-opened",
    message: `Cannot serve ${what} on port ${port}: ${isTaken ? "another program uses it" : messageOf(cause)}`,
    hint: `Give another ${option}, or 0 for any that is free.`,
    cause,
  });
}
