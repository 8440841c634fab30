/**
 * Carries out a sweep: offers its jobs, watches them, collects their results into the folder of the
 * sweep, and plans the next ones. It trains nothing itself.
 */

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import type { RunEvent } from "../events/events.ts";
import type { Clock } from "../host.ts";
import { checkpointNames } from "../sound/train/checkpoints.ts";
import { folderStore } from "../sound/train/folder-store.node.ts";
import { readRecord, writeRecord } from "../sound/train/record-file.ts";
import { collected } from "./collect.node.ts";
import { failed, type Handover, type Lease, openLease } from "./lease.ts";
import type { PlannedRun, SweepPlan } from "./plan.ts";
import type { CoordinatorSide, Heartbeat, Revised } from "./queue.ts";
import { handOver } from "./run-files.node.ts";
import { runLogs } from "./run-logs.node.ts";
import { readOutcomes, runFolderOf, sweepPaths, writeOutcome } from "./sweep-folder.node.ts";
import type { SweepState } from "./sweep-state.ts";
import { type Outcome, rungPlanner, tableOf } from "./table.ts";

export interface CoordinatorTools {
  readonly side: CoordinatorSide;
  readonly clock: Clock;
  /** Its abort ends the coordination, not the sweep. */
  readonly signal: AbortSignal;
  /** Called a few times a second. @throws What ends the coordination. */
  onState(state: SweepState): void | Promise<void>;
  onEvent(job: string, event: RunEvent): void;
}

const TICK_MS = 250;

/**
 * Goes on with a sweep until all its runs have ended, or the signal aborts.
 *
 * @returns How it stands then.
 */
export async function coordinate(
  folder: string,
  plan: SweepPlan,
  tools: CoordinatorTools,
): Promise<SweepState> {
  const { side, clock, signal } = tools;
  const logs = runLogs(sweepPaths(folder).runs);
  const outcomes = await readOutcomes(folder);
  const sweep: Sweep = {
    ...{ folder, plan, tools, outcomes, leases: new Map(), heartbeats: new Map() },
    ...{ rungs: rungPlanner(plan), lean: new Set() },
  };
  await announce(sweep);
  let state = await stateOf(sweep);
  for (const { job } of state.open) await logs.restart(job.id);
  await offerOpen(sweep, state.open);
  while (state.open.length > 0 && !signal.aborted) {
    const before = outcomes.size;
    // News of a run precede its result, so the results are read first.
    const changes = await side.changes();
    for (const news of await side.news()) {
      for (const event of await logs.take(news)) tools.onEvent(news.job, event);
    }
    for (const [job, entry] of changes) await noticed(sweep, job, entry);
    for (const heartbeat of await side.heartbeats())
      sweep.heartbeats.set(heartbeat.session, heartbeat);
    if (await side.hasForgotten()) {
      await announce(sweep);
      await offerOpen(sweep, state.open);
    }
    if (outcomes.size > before) {
      const rungs = await stateOf(sweep);
      const isNewRung = rungs.open.some(
        ({ job }) => !state.open.some((open) => open.job.id === job.id),
      );
      state = rungs;
      if (isNewRung) await offerOpen(sweep, state.open);
      await dropSpareCheckpoints(sweep, state);
    } else state = { ...state, leases: sweep.leases, workers: [...sweep.heartbeats.values()] };
    await tools.onState(state);
    if (state.open.length > 0) await clock.sleep(TICK_MS, signal).catch(() => undefined);
  }
  return state;
}

interface Sweep {
  readonly folder: string;
  readonly plan: SweepPlan;
  readonly tools: CoordinatorTools;
  readonly rungs: ReturnType<typeof rungPlanner>;
  /** Jobs whose checkpoints have gone. */
  readonly lean: Set<string>;
  readonly outcomes: Map<string, Outcome>;
  readonly leases: Map<string, Lease>;
  readonly heartbeats: Map<string, Heartbeat>;
}

function announce({ plan, tools }: Sweep): Promise<void> {
  const { id, program, name } = plan;
  return tools.side.announce({ id, program, name, isOver: false });
}

async function stateOf(sweep: Sweep): Promise<SweepState> {
  const { plan, outcomes, leases, heartbeats } = sweep;
  const rungs = await sweep.rungs(outcomes);
  const open = (rungs.at(-1) ?? []).filter(({ job }) => !outcomes.has(job.id));
  const table = tableOf(plan, rungs, outcomes);
  return { plan, table, open, leases, outcomes, workers: [...heartbeats.values()] };
}

/** Offers runs. Those of a later rung go on from what the rung before came to. */
async function offerOpen(sweep: Sweep, open: readonly PlannedRun[]): Promise<void> {
  const { side } = sweep.tools;
  for (const { job, continues } of open) {
    // An epoch that was given once is not given again, whatever a queue has forgotten.
    const epoch = sweep.leases.get(job.id)?.epoch ?? 0;
    if (continues === undefined && epoch === 0) continue;
    if ((await side.leases.get(job.id)) !== undefined) continue;
    const base = continues === undefined ? undefined : await handoverOf(sweep, job.id, continues);
    await side.leases.put(job.id, openLease(base, epoch), 0);
  }
  await side.offer(open.map(({ job }) => job));
}

async function handoverOf(
  { folder, outcomes, tools }: Sweep,
  place: string,
  before: string,
): Promise<Handover | undefined> {
  const outcome = outcomes.get(before);
  const { objects } = tools.side;
  const files = await handOver(runFolderOf(folder, before), { objects, place });
  if (files === undefined || outcome?.state !== "done") return undefined;
  const { step, work } = outcome.result;
  return { step, files, log: { seq: 0, atMs: work.elapsedMs } };
}

async function noticed(sweep: Sweep, job: string, entry: Revised<Lease>): Promise<void> {
  const { folder, outcomes, leases, tools, plan } = sweep;
  const { value: lease, revision } = entry;
  leases.set(job, lease);
  if (outcomes.has(job)) return;
  let outcome: Outcome | undefined;
  if (lease.state === "aside") outcome = { state: "aside", failures: lease.failures };
  if (lease.state === "done") {
    const { objects } = tools.side;
    const problem = await collected(runFolderOf(folder, job), lease, { objects, place: job });
    if (problem !== undefined) {
      // What cannot be shown to be done is done again.
      const again = failed({ ...lease, holder: { session: "", name: workerOf(lease) } }, problem);
      await tools.side.leases.put(job, again, revision);
      return;
    }
    await atHome(runFolderOf(folder, job), plan.corpusFolder);
    if (lease.result !== undefined) outcome = { state: "done", result: lease.result };
  }
  if (outcome === undefined) return;
  await writeOutcome(folder, job, outcome);
  outcomes.set(job, outcome);
  const files = [...(lease.files ?? []), ...(lease.base?.files ?? [])];
  await tools.side.objects.forget(
    job,
    files.map(({ sha256 }) => sha256),
  );
}

function workerOf({ result }: Lease): string {
  return result?.work.worker ?? "?";
}

/** The recordings of a run that was trained elsewhere are where they are here. */
async function atHome(runFolder: string, corpusFolder: string): Promise<void> {
  const store = folderStore(runFolder);
  const record = await readRecord(store);
  if (record.corpusFolder !== corpusFolder) await writeRecord(store, { ...record, corpusFolder });
}

/** So many of the best runs keep their checkpoints until it is clear which is the best. */
const KEPT_MAX = 16;

/** A checkpoint is many times its model: kept where a run may yet go on, and of the best. */
async function dropSpareCheckpoints(
  { folder, plan, lean }: Sweep,
  state: SweepState,
): Promise<void> {
  const { table, open } = state;
  const longest = table.runs.reduce((most, { epochs }) => Math.max(most, epochs), 0);
  const isLast = longest === plan.lengths.at(-1);
  const merits = table.runs.filter(
    ({ epochs, validationLoss }) => epochs === longest && validationLoss !== null,
  );
  const best = merits.toSorted((a, b) => (a.validationLoss ?? 0) - (b.validationLoss ?? 0));
  const needed = new Set([
    table.best?.id,
    ...open.map(({ continues }) => continues),
    ...(open.length > 0 ? best.slice(0, KEPT_MAX).map(({ id }) => id) : []),
  ]);
  for (const { id, state: ended, epochs } of table.runs) {
    const mayGoOn = !isLast && epochs === longest;
    if (ended !== "done" || needed.has(id) || mayGoOn || lean.has(id)) continue;
    lean.add(id);
    await dropCheckpoints(runFolderOf(folder, id));
  }
}

async function dropCheckpoints(runFolder: string): Promise<void> {
  const checkpoints = join(runFolder, "checkpoints");
  if ((await readdir(checkpoints).catch(() => [])).length === 0) return;
  const store = folderStore(runFolder);
  for (const name of await checkpointNames(store)) await store.remove(name);
  await rm(checkpoints, { recursive: true, force: true });
}

/** @throws UserError "sweep-of-another-version" where another étude would go on with it. */
export function requireSameProgram({ program, name }: SweepPlan, own: string): void {
  if (program === own) return;
  throw new UserError({
    code: "sweep-of-another-version",
    message: `Cannot go on with the sweep "${name}": it is of ${program}, this is ${own}`,
    hint: "Go on with the version that began it, or start a new sweep.",
    exitCode: 2,
  });
}
