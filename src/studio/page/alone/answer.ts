/** The answers of the studio in the browser alone. */

import { messageOf, UserError } from "../../../errors.ts";
import type { Trouble } from "../../contract.ts";

/** What was asked, taken apart. */
export interface Asked {
  /** What stands in the path at a ":name". */
  at(name: string): string;
  readonly query: URLSearchParams;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Aborts when the page no longer waits. */
  readonly signal: AbortSignal;
}

export type Answer =
  | { readonly json: unknown }
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string; readonly fileName?: string };

/** A file for the downloads of the browser. */
export interface FileAnswer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly fileName: string;
}

export interface AloneRoute {
  readonly method: string;
  /** "runs/:run/cancel" */
  readonly path: string;
  answer(asked: Asked): Promise<Answer>;
}

/** @throws UserError "no-such-address". */
export function routeIn(
  routes: readonly AloneRoute[],
  method: string,
  path: string,
): { readonly route: AloneRoute; at(name: string): string } {
  const parts = path.split("/");
  for (const route of routes) {
    const names = route.path.split("/");
    if (route.method !== method || names.length !== parts.length) continue;
    if (!names.every((name, i) => name.startsWith(":") || name === parts[i])) continue;
    return {
      route,
      at: (name) => decodeURIComponent(parts[names.indexOf(`:${name}`)] ?? ""),
    };
  }
  throw new UserError({
    code: "no-such-address",
    message: `Cannot do "${method} ${path}" in the browser alone`,
    hint: "The program étude on your own machine can: etude studio.",
  });
}

/** The answer to what is only done. */
export async function done(work: Promise<unknown>): Promise<Answer> {
  await work;
  return { json: {} };
}

export function bodyOf<T>({ body }: Asked): T {
  return JSON.parse(new TextDecoder().decode(body) || "{}") as T;
}

export function troubleIn(failure: unknown): Trouble {
  if (failure instanceof UserError) {
    return { code: failure.code, message: failure.message, hint: failure.hint };
  }
  return {
    code: "bug",
    message: `This is a bug in étude: ${messageOf(failure)}`,
    hint: "Reload the page; what is kept stays.",
  };
}
