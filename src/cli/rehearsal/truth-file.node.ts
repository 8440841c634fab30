/** Writes the file of `--truth`: what really went wrong, one JSON object per line. */

import { type FileHandle, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { makeFolder, notWritten } from "../../files.node.ts";
import type { Truth } from "../../rehearsal/incidents/truth.ts";
import type { CommandContext, CommandValues } from "../context.ts";

export interface TruthFile {
  add(truth: Truth): void;
  /** Simulated time has come to `atMs`: a look at both clocks, now and then, where there is one. */
  passed(atMs: number): void;
  /** @throws UserError "disk-full" or "file-not-written" if a line could not be written. */
  close(): Promise<void>;
}

/** Between two looks at the clocks at least, in real milliseconds. */
const LOOK_EVERY_MS = 2000;

/**
 * Makes the folders on the way, too.
 *
 * @param wallMs The real clock, for runs that are watched in real time; with it, the same seed
 *   does not give the same file.
 * @throws UserError "disk-full" or "file-not-written" if the file cannot be made.
 */
export async function openTruthFile(path: string, wallMs?: () => number): Promise<TruthFile> {
  const file = await openAnew(path);
  let lines: string[] = [];
  let writing: Promise<void> = Promise.resolve();
  let failure: unknown;
  const flush = async (): Promise<void> => {
    const text = lines.join("");
    lines = [];
    if (text === "" || failure !== undefined) return;
    await file.appendFile(text).catch((cause: unknown) => {
      failure = cause;
    });
  };
  let lookMs = Number.NEGATIVE_INFINITY;
  const add = (truth: Truth): void => {
    if (truth.type === "truth" || truth.type === "run-over") lookMs = Number.NEGATIVE_INFINITY;
    lines.push(`${JSON.stringify(truth)}\n`);
    writing = writing.then(flush);
  };
  return {
    add,
    passed(atMs) {
      const shownWallMs = wallMs?.();
      if (shownWallMs === undefined || shownWallMs - lookMs < LOOK_EVERY_MS) return;
      add({ type: "clock", atMs, shownWallMs });
      lookMs = shownWallMs;
    },
    async close() {
      await writing;
      await file.close();
      if (failure !== undefined) throw notWritten(path, failure);
    },
  };
}

/**
 * The file of a command's `--truth`; undefined where there is none. Alerts on scraped metrics carry
 * real time, so the file has that too.
 *
 * @throws UserError as `openTruthFile` does.
 */
export async function truthFileOf(
  { clock, workingFolder }: Pick<CommandContext, "clock" | "workingFolder">,
  { truth, metricsPort }: Pick<CommandValues<"simulate">, "truth" | "metricsPort">,
): Promise<TruthFile | undefined> {
  if (truth === undefined) return undefined;
  const wallMs = metricsPort === undefined ? undefined : () => clock.wallMs();
  return openTruthFile(resolve(workingFolder, truth), wallMs);
}

async function openAnew(path: string): Promise<FileHandle> {
  try {
    await makeFolder(dirname(path));
    return await open(path, "w");
  } catch (cause) {
    throw notWritten(path, cause);
  }
}
