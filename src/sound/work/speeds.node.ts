/**
 * What this machine has measured of itself: a small file in the data folder.
 *
 * Losing it costs an estimate and nothing else, so a damaged one counts as empty, and failure to
 * write it is ignored.
 */

import { readFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { checkedJson, fields, numberWithin, type Shape } from "../../checked.ts";
import { makeFolder, replaceFile } from "../../files.node.ts";
import type { KnownSpeed } from "../train/measured-speed.ts";

type KeptSpeed = KnownSpeed & {
  /** A folder may be shared by several machines. */
  readonly machine: string;
};

const FORMAT = "etude-speeds";
const VERSION = 1;

/** The newest of each kind are kept. */
const KEPT_MAX = 50;

const kept: Shape<KeptSpeed> = fields({
  machine: v.string(),
  runtime: v.string(),
  recipe: v.string(),
  batchSize: numberWithin(1, 2 ** 20),
  stepMs: numberWithin(0.001, 1e9),
});

const shape = fields({
  format: v.literal(FORMAT),
  version: v.literal(VERSION),
  speeds: v.array(kept),
});

/** Where they are kept in étude's data folder. */
export function speedsFile(dataFolder: string): string {
  return join(dataFolder, "speeds.json");
}

/** "AMD EPYC 9654 96-Core Processor, 2 cores" */
function machineName(): string {
  return `${cpus()[0]?.model.trim() || "unknown processor"}, ${availableParallelism()} cores`;
}

/** What was measured on this machine, the newest first. */
export async function readSpeeds(path: string): Promise<readonly KnownSpeed[]> {
  const machine = machineName();
  return (await readAll(path)).filter((speed) => speed.machine === machine);
}

/** Keeps a measurement in place of an earlier one of its kind. */
export async function keepSpeed(path: string, speed: KnownSpeed): Promise<void> {
  const newest: KeptSpeed = { machine: machineName(), ...speed };
  const isSameKind = (other: KeptSpeed): boolean =>
    other.machine === newest.machine &&
    other.runtime === newest.runtime &&
    other.recipe === newest.recipe &&
    other.batchSize === newest.batchSize;
  const others = (await readAll(path)).filter((other) => !isSameKind(other));
  const speeds = [newest, ...others].slice(0, KEPT_MAX);
  const text = `${JSON.stringify({ format: FORMAT, version: VERSION, speeds }, null, 2)}\n`;
  try {
    await makeFolder(dirname(path));
    await replaceFile(path, text);
  } catch {
    // The next run measures again.
  }
}

async function readAll(path: string): Promise<readonly KeptSpeed[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return checkedJson(shape, text).value?.speeds ?? [];
}
