/** Routes: address -> function. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { UserError } from "../../errors.ts";

export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What stands in the address at a ":name". */
  readonly at: (name: string) => string;
  readonly query: URLSearchParams;
  /** Aborts when the page no longer waits for an answer. */
  readonly signal: AbortSignal;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** "runs/:run/cancel" */
  readonly path: string;
  answer(call: Call): Promise<void> | void;
}

export interface Found {
  readonly route: Route;
  readonly at: Call["at"];
}

/**
 * @param path Below the interface, "runs/1/cancel".
 * @throws UserError "no-such-address".
 */
export function routeFor(
  routes: readonly Route[],
  method: string | undefined,
  path: string,
): Found {
  const parts = path.split("/");
  for (const route of routes) {
    const names = route.path.split("/");
    if (route.method !== method || names.length !== parts.length) continue;
    if (names.every((name, i) => name.startsWith(":") || name === parts[i])) {
      const at = (name: string): string =>
        decodeURIComponent(parts[names.indexOf(`:${name}`)] ?? "");
      return { route, at };
    }
  }
  throw new UserError({
    code: "no-such-address",
    message: `Cannot answer ${method} "${path.slice(0, 100)}": there is no such address`,
    hint: "Reload the page: it may be older than the program.",
  });
}
