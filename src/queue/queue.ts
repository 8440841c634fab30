/**
 * The interface of a queue of jobs: a folder on this machine or on a shared disk, or a NATS server.
 *
 * The queue is not the truth; the folder of the coordinator is. What a queue loses is queued again,
 * at the cost of the work since the last checkpoint.
 */

import * as v from "valibot";
import { count, fields, type Shape } from "../checked.ts";
import { type SweepJob, shortId } from "./job.ts";
import type { Lease } from "./lease.ts";

/** What a worker must know of a sweep before it takes a job of it. */
export interface SweepNotice {
  readonly id: string;
  /** "etude 0.1.0": workers of another version are refused. */
  readonly program: string;
  /** The name of the models, for people. */
  readonly name: string;
  /** No more jobs will come. */
  readonly isOver: boolean;
}

export const noticeShape: Shape<SweepNotice> = fields<SweepNotice>({
  id: shortId,
  program: v.pipe(v.string(), v.maxLength(100)),
  name: v.pipe(v.string(), v.maxLength(200)),
  isOver: v.boolean(),
});

/** A worker as the coordinator sees it. */
export interface Heartbeat {
  readonly session: string;
  readonly name: string;
  readonly program: string;
  /** The id of the job that it works on; absent where it waits. */
  readonly job?: string;
  /** Counts up, so that a heartbeat that is delivered twice counts once. */
  readonly beat: number;
}

export const heartbeatShape: Shape<Heartbeat> = fields<Heartbeat>({
  session: v.pipe(v.string(), v.maxLength(100)),
  name: v.pipe(v.string(), v.maxLength(100)),
  program: v.pipe(v.string(), v.maxLength(100)),
  job: v.exactOptional(shortId),
  beat: count,
});

/** A value and the count of its changes, by which a later change is known to be a later one. */
export interface Revised<T> {
  readonly value: T;
  readonly revision: number;
}

export interface Leases {
  get(job: string): Promise<Revised<Lease> | undefined>;
  /**
   * Compare-and-set.
   *
   * @param before The revision that the change was made of; 0 where there is no entry yet.
   * @returns The new revision; undefined where somebody else has changed the entry since.
   */
  put(job: string, lease: Lease, before: number): Promise<number | undefined>;
}

/** Where recordings are kept; any other place is the id of a job. */
export const CORPORA = "corpora";

/** Files by content: those of jobs, and recordings, which all sweeps share. */
export interface Objects {
  has(place: string, sha256: string): Promise<boolean>;
  /** Takes the file at `path`, unless it is there. It may change later: what is kept does not. */
  put(place: string, sha256: string, path: string): Promise<void>;
  /**
   * Writes the file to `path`, whole or not at all, and only if it is what its hash says.
   *
   * @throws UserError "object-missing" or "object-damaged".
   */
  get(place: string, sha256: string, path: string): Promise<void>;
  /** They are not needed any more; what is not there is as good as forgotten. */
  forget(place: string, hashes: readonly string[]): Promise<void>;
}

/** A job that nobody else works on, as far as can be seen. */
export interface Offer {
  readonly job: SweepJob;
  /** What its entry was; absent where it has none yet. */
  readonly lease: Revised<Lease> | undefined;
  /** To be called every few seconds while it is worked on. */
  working(): void;
  /** It need not be offered again. */
  done(): Promise<void>;
  /** It is offered to others again. */
  giveBack(): Promise<void>;
}

/** The side of a worker. */
export interface WorkerSide {
  leasesOf(sweep: string): Leases;
  objectsOf(sweep: string): Objects;
  /** Sweeps that are known of. */
  sweeps(): Promise<readonly SweepNotice[]>;
  /**
   * The next job of the sweeps that the worker may work for; undefined where there is none now.
   *
   * @param passed Ids of jobs that this worker leaves to others.
   */
  take(sweeps: readonly string[], passed: ReadonlySet<string>): Promise<Offer | undefined>;
  /** Events of a run as lines of JSON, each with its line break. */
  publish(news: RunNews): Promise<void>;
  heartbeat(heartbeat: Heartbeat): Promise<void>;
  /** Where the recordings of a sweep lie on this machine already, if that is known. */
  corpusFolder(sweep: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Lines of events of one stretch of a run. */
export interface RunNews {
  readonly job: string;
  readonly sweep: string;
  /** Of the lease under which they were sent. */
  readonly epoch: number;
  readonly lines: string;
}

/** The side of the coordinator. */
export interface CoordinatorSide {
  readonly leases: Leases;
  readonly objects: Objects;
  announce(notice: SweepNotice): Promise<void>;
  /** Offers jobs, in this order; those that are offered already are not offered twice. */
  offer(jobs: readonly SweepJob[]): Promise<void>;
  /** Entries that have changed since the last call, by job. */
  changes(): Promise<ReadonlyMap<string, Revised<Lease>>>;
  /** News since the last call, those of each run in their order. */
  news(): Promise<readonly RunNews[]>;
  /** Heartbeats since the last call. */
  heartbeats(): Promise<readonly Heartbeat[]>;
  /**
   * Whether it has lost what it was given since the last call, as a server that was started anew may
   * have: what is not done must then be offered again.
   */
  hasForgotten(): Promise<boolean>;
  /** Forgets all of the sweep but that it is over. */
  end(): Promise<void>;
  close(): Promise<void>;
}
