/** The studio as a child process, asked by hand. */

import type { ChildProcess } from "node:child_process";
import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import { endOf, startEtude } from "./etude-process.ts";

export interface OpenStudio {
  readonly address: string;
  readonly child: ChildProcess;
  /** Ends it as Ctrl-C does. */
  close(): Promise<void>;
}

export async function openStudioIn(folder: string): Promise<OpenStudio> {
  const child = startEtude(["studio", "--no-open"], folder);
  const ended = endOf(child);
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith("http://")) continue;
    return {
      address: line,
      child,
      close: async () => {
        child.kill("SIGINT");
        await ended;
      },
    };
  }
  const { stderr } = await ended;
  expect.fail(`The studio did not open: ${stderr}`);
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** As it is written: `fetch` would tidy the path up, and set the host itself. */
export function ask(
  address: string,
  path: string,
  { method = "GET", headers = {}, body }: Asked = {},
): Promise<Answer> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString("utf8"),
        }),
      );
    });
    asking.on("error", reject);
    asking.end(body);
  });
}
