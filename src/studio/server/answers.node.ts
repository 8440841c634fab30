/** Writes answers to requests. */

import type { ServerResponse } from "node:http";
import { messageOf, UserError } from "../../errors.ts";
import { endWith } from "../../local-server.node.ts";
import type { Trouble } from "../contract.ts";

export function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Cache-Control", "no-store");
  endWith(response, status, JSON.stringify(value ?? null));
}

export interface DownloadFacts {
  readonly type: string;
  /** Offered to be saved under this name; else shown or played. */
  readonly fileName?: string;
}

export function answerBytes(
  response: ServerResponse,
  { bytes, ...facts }: DownloadFacts & { readonly bytes: Uint8Array },
): void {
  asDownload(response, facts);
  endWith(response, 200, bytes);
}

/** Of bytes that follow. */
export function asDownload(response: ServerResponse, { type, fileName }: DownloadFacts): void {
  response.setHeader("Content-Type", type);
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("X-Content-Type-Options", "nosniff");
  if (fileName !== undefined) {
    const name = encodeURIComponent(fileName).replaceAll("'", "%27");
    response.setHeader("Content-Disposition", `attachment; filename*=UTF-8''${name}`);
  }
}

/** A failure in the words that the page shows where it happened. */
export function answerTrouble(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  answerJson(response, troubleOf(error), statusOf(error));
}

export function troubleOf(error: unknown): Trouble {
  if (error instanceof UserError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  return {
    code: "bug",
    message: `This is a bug in étude: ${messageOf(error)}`,
    hint: "The terminal that étude runs in says more.",
  };
}

function statusOf(error: unknown): number {
  if (!(error instanceof UserError)) return 500;
  if (/not-found$|^no-such/.test(error.code)) return 404;
  if (/in-use$|taken$|busy$|going-on$/.test(error.code)) return 409;
  if (/too-large$/.test(error.code)) return 413;
  return 400;
}
