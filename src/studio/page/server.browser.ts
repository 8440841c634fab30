/** What the page asks its server. */

import type { Trouble } from "../contract.ts";
import { backend } from "./backend.browser.ts";

/** What the server refused, in its own words. */
class Refusal extends Error {
  override readonly name = "Refusal";
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(trouble.message);
    this.trouble = trouble;
  }
}

export async function getJson<T>(path: string): Promise<T> {
  return (await asked(path, {})).json() as Promise<T>;
}

export async function getBytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  return (await asked(path, signal ? { signal } : {})).arrayBuffer();
}

/** Bytes that are made as asked for. */
export async function askedBytes(
  path: string,
  wish: object,
  signal?: AbortSignal,
): Promise<ArrayBuffer> {
  const answer = await asked(path, {
    method: "POST",
    body: JSON.stringify(wish),
    headers: { "Content-Type": "application/json" },
    ...(signal && { signal }),
  });
  return answer.arrayBuffer();
}

export async function send<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body?: object,
): Promise<T> {
  const answer = await asked(path, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
  });
  return answer.json() as Promise<T>;
}

export async function sendFile(path: string, file: File, signal: AbortSignal): Promise<void> {
  await asked(path, { method: "PUT", body: file, signal });
}

export async function sendBytes<T>(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<T> {
  return (await asked(path, { method: "POST", body: bytes })).json() as Promise<T>;
}

/** A model file, into the library. */
export async function sendModel(file: File): Promise<void> {
  await asked(withQuery("models", { name: file.name }), { method: "POST", body: file });
}

/** A path of the interface with what is asked of it. */
export function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(query)}`;
}

/** Hands a file of the server to the downloads of the browser. */
export function download(path: string): void {
  backend().download(path);
}

/** @throws Refusal, also where nobody answers. */
async function asked(path: string, request: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await backend().ask(path, request);
  } catch (cause) {
    if (request.signal?.aborted) throw cause;
    throw new Refusal({
      code: "nobody-answers",
      message: "The program of the studio does not answer",
      hint: 'Start it again with "etude studio"; this page then goes on.',
    });
  }
  if (answer.ok) return answer;
  throw new Refusal(await troubleIn(answer));
}

async function troubleIn(answer: Response): Promise<Trouble> {
  const text = await answer.text();
  try {
    return JSON.parse(text) as Trouble;
  } catch {
    return { code: "refused", message: text.trim(), hint: "Reload the page." };
  }
}

export function troubleOf(failure: unknown): Trouble {
  if (failure instanceof Refusal) return failure.trouble;
  const message = failure instanceof Error ? failure.message : String(failure);
  return {
    code: "bug",
    message: `This is a bug in étude: ${message}`,
    hint: "Reload the page.",
  };
}
