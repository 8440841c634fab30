/**
 * Access control: only a page that this server gave out may ask.
 *
 * Every address begins with a secret, so that no other page and no other user of this machine can
 * guess one; and a request that another site's page makes is refused by what the browser says
 * it. The host is checked by the local server.
 */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

export function newToken(): string {
  return randomBytes(18).toString("base64url");
}

export type Verdict =
  | { readonly path: string; readonly query: URLSearchParams }
  | { readonly status: 400 | 403; readonly reason: string };

/** @returns The path below the secret, with "/" at its start, or why not. */
export function admitted(request: IncomingMessage, token: string): Verdict {
  const { headers } = request;
  if (headers.origin !== undefined && !isOwnOrigin(headers.origin, headers.host)) {
    return { status: 403, reason: "Another page may not ask for this." };
  }
  const site = headers["sec-fetch-site"];
  if (site === "cross-site" && headers["sec-fetch-mode"] !== "navigate") {
    return { status: 403, reason: "Another page may not ask for this." };
  }
  const [, given = "", path = "", query = ""] =
    /^\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?/.exec(request.url ?? "") ?? [];
  if (!isSame(given, token)) {
    return {
      status: 403,
      reason: "Open the address that étude printed: it holds the key to this page.",
    };
  }
  try {
    decodeURIComponent(path);
  } catch {
    return { status: 400, reason: "That is no address." };
  }
  return { path, query: new URLSearchParams(query) };
}

/** A page says where it comes from with each request that could change something. */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && origin === `http://${host}`;
}

/** In constant time: the hashes have one length. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
