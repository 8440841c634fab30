/** Looks at sweeps from outside: how far each is, by its folder alone, while another process works. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { lockHolder } from "../file-lock.node.ts";
import { readOutcomes, readSweepPlan, runFolderOf, sweepPaths } from "./sweep-folder.node.ts";
import { type Outcome, type RunRow, rungPlanner, type SweepTable, tableOf } from "./table.ts";

/** How a sweep stands. */
export interface SweepGlance {
  /** Absolute path of its folder. */
  readonly folder: string;
  /** Of its models. */
  readonly name: string;
  /** Settings that differ from run to run. */
  readonly axes: readonly string[];
  readonly startedWallMs: number;
  /** A process of this machine coordinates it. */
  readonly isAtWork: boolean;
  readonly table: SweepTable;
  /** Runs without a result that have been begun. */
  readonly begun: ReadonlySet<RunRow["id"]>;
}

export interface KeptSweep {
  /** False where another sweep has taken its folder. */
  isStill(): Promise<boolean>;
  /** What was read before is not read again. */
  look(): Promise<SweepGlance>;
}

/** @returns The folders of the sweeps in a folder of runs; none where there is no such place. */
export async function sweepFolders(place: string): Promise<string[]> {
  const names = await readdir(place).catch(() => []);
  const folders = names.toSorted().map((name) => join(place, name));
  const found = await Promise.all(folders.map((folder) => isThere(sweepPaths(folder).plan)));
  return folders.filter((_, i) => found[i]);
}

/** @throws UserError "sweep-not-found" or "sweep-damaged". */
export async function openKeptSweep(folder: string): Promise<KeptSweep> {
  const plan = await readSweepPlan(folder);
  const paths = sweepPaths(folder);
  // Written once, before the first run.
  const { mtimeMs: startedWallMs } = await stat(paths.plan);
  const rungsOf = rungPlanner(plan);
  let outcomes: ReadonlyMap<string, Outcome> = new Map();
  return {
    isStill: async () => (await stat(paths.plan).catch(() => undefined))?.mtimeMs === startedWallMs,
    async look() {
      outcomes = await readOutcomes(folder, outcomes);
      const table = tableOf(plan, await rungsOf(outcomes), outcomes);
      const open = table.runs.filter(({ state }) => state === "open").map(({ id }) => id);
      // Its log comes with its first event, and goes where it has to begin again.
      const logs = await Promise.all(open.map((id) => isThere(sweepRunLog(folder, id))));
      const isAtWork = (await lockHolder(paths.lock)) !== undefined;
      const begun = new Set(open.filter((_, i) => logs[i]));
      const { name, axes } = plan;
      return { folder, name, axes, startedWallMs, isAtWork, table, begun };
    },
  };
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The log of a run of a sweep: it grows while whoever trains the run tells of it. */
export function sweepRunLog(folder: string, job: string): string {
  return join(runFolderOf(folder, job), "events.jsonl");
}
