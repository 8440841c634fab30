/** A worker: takes and does one job after the other. */

import { randomUUID } from "node:crypto";
import { UserError } from "../errors.ts";
import type { RunEvent } from "../events/events.ts";
import type { Clock } from "../host.ts";
import { thisProcess } from "../process-identity.node.ts";
import { heldLease } from "./held-lease.ts";
import type { SweepJob } from "./job.ts";
import { openLease, taken } from "./lease.ts";
import type { Heartbeat, Offer, SweepNotice, WorkerSide } from "./queue.ts";
import { type JobEnd, runJob } from "./run-job.node.ts";

export interface WorkerOptions {
  /** For people; two workers may have the same. */
  readonly name: string;
  /** See `newSession`. */
  readonly session: string;
  /** "etude 0.1.0" */
  readonly program: string;
  /** Leaves jobs that will take more to others. @default no limit */
  readonly memoryLimitBytes?: number;
  /** Ends when there is no job to be had; otherwise waits for more. */
  readonly untilIdle: boolean;
  /** Absolute path of a folder of this worker alone. */
  readonly workFolder: string;
}

export interface WorkerTools {
  readonly side: WorkerSide;
  readonly clock: Clock;
  /** Its abort ends the worker, with a checkpoint of its run handed over. */
  readonly signal: AbortSignal;
  /** Brings the recordings of a job to this machine, unless they are there. */
  corpusFolder(job: SweepJob): Promise<string>;
  /** Prints a line for people. */
  say(line: string): void;
  onEvent?(job: string, event: RunEvent): void;
}

/** A unique name for one start of a worker. It decides no result. */
export function newSession(): string {
  return randomUUID();
}

const POLL_MS = 500;
const HEARTBEAT_MS = 1000;
/** A worker that ends when idle ends after this many polls in a row without a job. */
const IDLE_POLLS = 4;

/**
 * Works until it is stopped, until all sweeps are over that it knows of or, with `untilIdle`, until
 * nothing is left to do.
 *
 * @throws UserError "worker-of-another-version" where there are sweeps, but none of its version, and
 *   what makes this machine unfit, as a full disk.
 */
export async function work(options: WorkerOptions, tools: WorkerTools): Promise<void> {
  const { side, clock, signal } = tools;
  const heartbeat = startHeartbeat(options, side);
  /** Jobs that are too large for this machine. */
  const passed = new Set<string>();
  let idlePolls = 0;
  try {
    while (!signal.aborted) {
      const sweeps = await side.sweeps();
      const open = sweeps.filter(({ isOver }) => !isOver);
      if (sweeps.length > 0 && open.length === 0) return;
      const own = open.filter(({ program }) => program === options.program);
      const [other] = open;
      if (other !== undefined && own.length === 0) throw ofAnotherVersion(other, options.program);
      const ids = own.map(({ id }) => id);
      const offer = ids.length === 0 ? undefined : await side.take(ids, passed);
      const isTaken =
        offer !== undefined && (await takeOffer(offer, { options, tools, heartbeat, passed }));
      if (isTaken) idlePolls = 0;
      else {
        idlePolls += 1;
        if (options.untilIdle && idlePolls >= IDLE_POLLS) return;
        await clock.sleep(POLL_MS, signal).catch(() => undefined);
      }
    }
  } finally {
    heartbeat.stop();
    await side.close();
  }
}

interface Taking {
  readonly options: WorkerOptions;
  readonly tools: WorkerTools;
  readonly heartbeat: HeartbeatTimer;
  readonly passed: Set<string>;
}

/** @returns Whether it was worked on. */
async function takeOffer(
  offer: Offer,
  { options, tools, heartbeat, passed }: Taking,
): Promise<boolean> {
  const { job } = offer;
  const { say } = tools;
  const leases = tools.side.leasesOf(job.sweep);
  if (job.memoryBytes > (options.memoryLimitBytes ?? Number.POSITIVE_INFINITY)) {
    passed.add(job.id);
    await offer.giveBack();
    return false;
  }
  const holder = {
    session: options.session,
    name: options.name,
    process: await thisProcess(),
  };
  const before = offer.lease?.value ?? openLease();
  const lease = taken(before, holder);
  if (before.state === "done" || before.state === "aside") {
    await offer.done();
    return false;
  }
  const revision = await leases.put(job.id, lease, offer.lease?.revision ?? 0);
  if (revision === undefined) return false;
  // A job that ended three workers is not taken a fourth time.
  if (lease.state === "aside") {
    await offer.done();
    return false;
  }
  const held = heldLease(leases, job.id, { value: lease, revision });
  const from = lease.checkpoint === undefined ? "" : `, from step ${lease.checkpoint.step}`;
  say(`${job.id}: begun${from}`);
  heartbeat.about(job.id, () => {
    offer.working();
    // Without a connection nothing is known; the next change of the entry will show it.
    held.refresh().catch(() => undefined);
  });
  let end: JobEnd | undefined;
  try {
    const { name: worker, workFolder } = options;
    end = await runJob(job, held, { ...tools, workFolder, worker });
  } finally {
    heartbeat.about(undefined, () => {});
    if (end === "done") await offer.done();
    // A job that another worker holds must not be offered again.
    else if (end !== "lost") await offer.giveBack();
  }
  say(`${job.id}: ${ENDS[end]}`);
  return true;
}

const ENDS: Readonly<Record<JobEnd, string>> = {
  done: "done",
  failed: "failed",
  lost: "in other hands now, so what was done here is dropped",
  released: "given back with its checkpoint",
};

interface HeartbeatTimer {
  /** Sets the job that heartbeats name. @param each Called with each heartbeat. */
  about(job: string | undefined, each: () => void): void;
  stop(): void;
}

function startHeartbeat(
  { session, name, program }: WorkerOptions,
  side: Pick<WorkerSide, "heartbeat">,
): HeartbeatTimer {
  let beat = 0;
  let job: string | undefined;
  let each = (): void => {};
  const heartbeat = (): void => {
    beat += 1;
    const about: Heartbeat = { session, name, program, beat, ...(job !== undefined && { job }) };
    // Without a connection, or with a full disk, it counts as gone, which is right.
    side.heartbeat(about).catch(() => undefined);
    each();
  };
  heartbeat();
  const timer = setInterval(heartbeat, HEARTBEAT_MS);
  return {
    about(next, then) {
      job = next;
      each = then;
      heartbeat();
    },
    stop: () => clearInterval(timer),
  };
}

function ofAnotherVersion({ name, program }: SweepNotice, own: string): UserError {
  return new UserError({
    code: "worker-of-another-version",
    message: `Cannot work for the sweep "${name}": it is of ${program}, this is ${own}`,
    hint: "Runs of another version may come to other numbers: use the same one on all machines.",
  });
}
