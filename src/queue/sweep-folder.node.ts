/**
 * The folder of a sweep: its plan and its results. This is the truth of a sweep; a queue can be
 * filled again from it.
 *
 *     sweep.json       the plan
 *     results/         JOB.json: how each job ended
 *     runs/            JOB: a run folder each
 *     table.json, table.csv
 *     queue/           of a sweep without a server, see `folder-queue.node.ts`
 *     work/            runs that workers of this machine are training
 *     lock             of the coordinator
 */

import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { checkedJson, count, fields, type Shape, sha256, wholeNumber } from "../checked.ts";
import { UserError } from "../errors.ts";
import { type FileLock, tryLock } from "../file-lock.node.ts";
import { keepPrivate, makeFolder, replaceFile } from "../files.node.ts";
import { SEEDS } from "../random.ts";
import { overridesShape } from "../sound/train/check-record.ts";
import { EPOCHS_MAX, shortId } from "./job.ts";
import { resultShape } from "./lease.ts";
import type { CorpusIdentity, Point, SweepPlan } from "./plan.ts";
import type { Outcome } from "./table.ts";

export interface SweepPaths {
  readonly plan: string;
  readonly results: string;
  readonly runs: string;
  readonly json: string;
  readonly csv: string;
  readonly queue: string;
  readonly work: string;
  readonly lock: string;
}

export function sweepPaths(folder: string): SweepPaths {
  return {
    plan: join(folder, "sweep.json"),
    results: join(folder, "results"),
    runs: join(folder, "runs"),
    json: join(folder, "table.json"),
    csv: join(folder, "table.csv"),
    queue: join(folder, "queue"),
    work: join(folder, "work"),
    lock: join(folder, "lock"),
  };
}

/**
 * Makes the folder of a new sweep.
 *
 * @throws UserError "sweep-folder-taken" if there is something in it.
 */
export async function makeSweepFolder(folder: string, plan: SweepPlan): Promise<void> {
  const entries = await readdir(folder).catch(() => []);
  if (entries.some((name) => name !== ".gitignore")) throw taken(folder, entries);
  const paths = sweepPaths(folder);
  await makeFolder(folder);
  await keepPrivate(folder);
  await makeFolder(paths.results);
  await makeFolder(paths.runs);
  await replaceFile(paths.plan, `${JSON.stringify(plan, null, 2)}\n`);
}

function taken(folder: string, entries: readonly string[]): UserError {
  const isSweep = entries.includes("sweep.json");
  return new UserError({
    code: "sweep-folder-taken",
    message: `Cannot start a new sweep in "${folder}": ${isSweep ? "it already holds one" : "it is not empty"}`,
    hint: isSweep
      ? "Go on with it by --resume, or choose another --output-dir."
      : "Choose another --output-dir.",
    exitCode: 2,
  });
}

/** @throws UserError "sweep-in-use", naming the process that coordinates it. */
export async function lockSweep(folder: string): Promise<FileLock> {
  const attempt = await tryLock(sweepPaths(folder).lock);
  if ("lock" in attempt) return attempt.lock;
  throw new UserError({
    code: "sweep-in-use",
    message: `Cannot use the sweep "${folder}": ${attempt.heldBy.name} is coordinating it`,
    hint: "Wait for it, or stop it.",
  });
}

const text = v.pipe(v.string(), v.maxLength(4096));
const value = v.union([v.string(), v.number(), v.boolean()]);

const planShape: Shape<SweepPlan> = fields<SweepPlan>({
  format: v.literal("etude-sweep"),
  version: v.literal(1),
  id: shortId,
  program: text,
  name: text,
  corpusFolder: text,
  corpus: fields<CorpusIdentity>({ sha256, files: count, bytes: count }),
  axes: v.array(text),
  points: v.array(
    fields<Point>({ values: v.record(v.string(), value), overrides: overridesShape }),
  ),
  seeds: v.array(wholeNumber(0, SEEDS - 1)),
  folds: v.nullable(wholeNumber(2, 1 << 12)),
  seed: wholeNumber(0, SEEDS - 1),
  lengths: v.pipe(v.array(wholeNumber(1, EPOCHS_MAX)), v.minLength(1)),
  device: v.picklist(["auto", "native", "wasm"]),
  threads: wholeNumber(1, 256),
  memoryBytes: v.pipe(v.number(), v.minValue(0)),
  checkpointSeconds: v.pipe(v.number(), v.minValue(0)),
});

/** @throws UserError "sweep-not-found" or "sweep-damaged". */
export async function readSweepPlan(folder: string): Promise<SweepPlan> {
  const path = sweepPaths(folder).plan;
  const found = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new UserError({
      code: "sweep-not-found",
      message: `Cannot open "${folder}": it holds no sweep.json, need the folder of a sweep`,
      hint: "Give the folder that `etude sweep` wrote, with -o.",
      exitCode: 2,
      cause,
    });
  });
  const { value: plan, problem } = checkedJson(planShape, found);
  if (plan !== undefined) return plan;
  throw new UserError({
    code: "sweep-damaged",
    message: `Cannot open "${folder}": its sweep.json is damaged: ${problem}`,
    hint: "Restore sweep.json from a copy, or start a new sweep.",
  });
}

const failure = fields({ worker: v.string(), reason: v.string() });

const outcomeShape: Shape<Outcome> = v.union([
  fields({ state: v.literal("done"), result: resultShape }),
  fields({ state: v.literal("aside"), failures: v.array(failure) }),
]) as Shape<Outcome>;

const RESULT = /^([0-9a-f]{16})\.json$/;

/**
 * What is known of jobs that have ended. A damaged file counts for none: its job is done again.
 *
 * @param known What was read before: it never changes.
 */
export async function readOutcomes(
  folder: string,
  known: ReadonlyMap<string, Outcome> = new Map(),
): Promise<Map<string, Outcome>> {
  const { results } = sweepPaths(folder);
  const outcomes = new Map(known);
  for (const name of await readdir(results).catch(() => [])) {
    const [, job] = RESULT.exec(name) ?? [];
    if (job === undefined || known.has(job)) continue;
    const { value: outcome } = checkedJson(
      outcomeShape,
      await readFile(join(results, name), "utf8"),
    );
    if (outcome !== undefined) outcomes.set(job, outcome);
  }
  return outcomes;
}

export async function writeOutcome(folder: string, job: string, outcome: Outcome): Promise<void> {
  const path = join(sweepPaths(folder).results, `${job}.json`);
  await replaceFile(path, `${JSON.stringify(outcome, null, 2)}\n`);
}

/** Where the run of a job is kept once it has been done, and its log from its beginning. */
export function runFolderOf(folder: string, job: string): string {
  return join(sweepPaths(folder).runs, job);
}

/** Deletes what only a sweep at work needs. */
export async function clearWork(folder: string): Promise<void> {
  const { queue, work } = sweepPaths(folder);
  for (const path of [queue, work]) await rm(path, { recursive: true, force: true });
}
