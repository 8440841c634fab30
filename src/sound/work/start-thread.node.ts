/** Starts the threads of a program that has been built: Node 20 cannot load TypeScript into one. */

import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { forbidTelemetry } from "../tensor/ort.node.ts";

/**
 * @param name Of the file, without its ending: "maker-worker.node".
 * @param purpose What cannot be done without it, in words: "make sounds".
 * @throws Error where it was not built.
 */
export function startThread(name: string, purpose: string, workerData: unknown): Worker {
  forbidTelemetry();
  const folder = import.meta.url.endsWith(".ts") ? "../../../program/" : "./";
  const url = new URL(`${folder}${name}.js`, import.meta.url);
  if (url.protocol === "file:" && !existsSync(url)) {
    throw new Error(`Cannot ${purpose}: "${url.pathname}" is missing, run the build`);
  }
  return new Worker(url, { workerData });
}
