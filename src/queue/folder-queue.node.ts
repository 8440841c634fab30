/**
 * The queue of a sweep as a folder, for workers of this machine or of a shared disk.
 *
 *     notice.json      what the sweep is
 *     corpus.txt       where its recordings lie
 *     jobs.jsonl       the jobs on offer, in their order
 *     leases/          see `folderLeases`
 *     objects/         see `folderObjects`
 *     news/            JOB.EPOCH.jsonl: events of a run, as one worker sent them
 *     heartbeats/      SESSION.json: the newest heartbeat of a worker
 *
 * Clocks of two machines are never compared: a worker counts as gone when its process has ended, or
 * when its count has not changed for a while by the reader's own clock.
 */

import { appendFile, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkedJson } from "../checked.ts";
import { makeFolder, notWritten, replaceFile } from "../files.node.ts";
import type { Clock } from "../host.ts";
import { isGone, thisProcess } from "../process-identity.node.ts";
import { folderLeases } from "./folder-leases.node.ts";
import { folderObjects } from "./folder-objects.node.ts";
import { readJob, type SweepJob } from "./job.ts";
import type { Holder, Lease } from "./lease.ts";
import {
  type CoordinatorSide,
  type Heartbeat,
  heartbeatShape,
  noticeShape,
  type Revised,
  type RunNews,
  type SweepNotice,
  type WorkerSide,
} from "./queue.ts";

/** Workers send a heartbeat every second; one that has sent none for so long counts as gone. */
const STALE_AFTER_MS = 8000;

export interface FolderQueueOptions {
  readonly clock: Pick<Clock, "nowMs">;
  /** Of this process. */
  readonly session: string;
}

const pathsIn = (folder: string) => ({
  notice: join(folder, "notice.json"),
  corpus: join(folder, "corpus.txt"),
  jobs: join(folder, "jobs.jsonl"),
  leases: join(folder, "leases"),
  objects: join(folder, "objects"),
  news: join(folder, "news"),
  heartbeats: join(folder, "heartbeats"),
});

/** @param folder Absolute path of the queue itself, which need not exist yet. */
export function folderWorkerSide(folder: string, options: FolderQueueOptions): WorkerSide {
  const paths = pathsIn(folder);
  const leases = folderLeases(paths.leases, options.session);
  const isStale = staleness(paths.heartbeats, options.clock);
  const objects = folderObjects(paths.objects, options.session);
  const jobs = jobList(paths.jobs);
  return {
    leasesOf: () => leases,
    objectsOf: () => objects,
    sweeps: async () => {
      const notice = await readNotice(paths.notice);
      return notice === undefined ? [] : [notice];
    },
    async take(sweeps, passed) {
      const entries = await leases.all();
      for (const job of await jobs()) {
        if (!sweeps.includes(job.sweep) || passed.has(job.id)) continue;
        const lease = entries.get(job.id);
        if (!(await isFree(lease, isStale))) continue;
        return { job, lease, working() {}, async done() {}, async giveBack() {} };
      }
      return undefined;
    },
    async publish({ job, epoch, lines }) {
      await makeFolder(paths.news);
      const path = join(paths.news, `${job}.${epoch}.jsonl`);
      await appendFile(path, lines).catch((cause: unknown) => {
        throw notWritten(path, cause);
      });
    },
    async heartbeat(heartbeat) {
      await makeFolder(paths.heartbeats);
      // Not synced: it is worth nothing a second later.
      const path = join(paths.heartbeats, `${heartbeat.session}.json`);
      await writeFile(path, JSON.stringify(heartbeat)).catch((cause: unknown) => {
        throw notWritten(path, cause);
      });
    },
    corpusFolder: () => readFile(paths.corpus, "utf8").catch(() => undefined),
    close: () => rm(join(paths.heartbeats, `${options.session}.json`), { force: true }),
  };
}

async function isFree(
  lease: Revised<Lease> | undefined,
  isStale: (holder: Holder) => Promise<boolean>,
): Promise<boolean> {
  if (lease === undefined) return true;
  const { state, holder } = lease.value;
  if (state === "open") return true;
  return state === "held" && holder !== undefined && (await isStale(holder));
}

/** @param corpusFolder Where the recordings lie, as workers of this machine find them. */
export async function folderCoordinatorSide(
  folder: string,
  { corpusFolder, ...options }: FolderQueueOptions & { readonly corpusFolder: string },
): Promise<CoordinatorSide> {
  const paths = pathsIn(folder);
  await makeFolder(folder);
  await replaceFile(paths.corpus, corpusFolder);
  const leases = folderLeases(paths.leases, options.session);
  const offered = jobList(paths.jobs);
  const news = tailedFolder(paths.news);
  let seen = new Map<string, number>();
  return {
    leases,
    objects: folderObjects(paths.objects, options.session),
    announce: (notice) => replaceFile(paths.notice, JSON.stringify(notice)),
    async offer(jobs) {
      const before = await offered();
      const known = new Set(before.map(({ id }) => id));
      const all = [...before, ...jobs.filter(({ id }) => !known.has(id))];
      await replaceFile(paths.jobs, all.map((job) => `${JSON.stringify(job)}\n`).join(""));
    },
    async changes() {
      const entries = await leases.all();
      const changed = [...entries].filter(([job, { revision }]) => seen.get(job) !== revision);
      seen = new Map([...entries].map(([job, { revision }]) => [job, revision]));
      return new Map(changed);
    },
    news,
    heartbeats: () => readHeartbeats(paths.heartbeats),
    hasForgotten: async () => false,
    async end() {
      for (const path of [paths.jobs, paths.leases, paths.objects, paths.news, paths.heartbeats]) {
        await rm(path, { recursive: true, force: true });
      }
    },
    async close() {},
  };
}

async function readNotice(path: string): Promise<SweepNotice | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? undefined : checkedJson(noticeShape, text).value;
}

async function readHeartbeats(folder: string): Promise<Heartbeat[]> {
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(
    names.map((name) => readFile(join(folder, name), "utf8").catch(() => "")),
  );
  return texts.flatMap((text) => checkedJson(heartbeatShape, text).value ?? []);
}

/** The jobs on offer; read again only where the file has changed. Lines that are no jobs are passed over. */
function jobList(path: string): () => Promise<readonly SweepJob[]> {
  let jobs: readonly SweepJob[] = [];
  let read = "";
  return async () => {
    const found = await stat(path).catch(() => undefined);
    const version = found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`;
    if (version === read) return jobs;
    const text = await readFile(path, "utf8").catch(() => "");
    const lines = await Promise.all(text.split("\n").map(readJob));
    jobs = lines.flatMap(({ job }) => job ?? []);
    read = version;
    return jobs;
  };
}

/** Whether a holder has ended, as far as can be seen from here. */
function staleness(
  heartbeats: string,
  clock: Pick<Clock, "nowMs">,
): (holder: Holder) => Promise<boolean> {
  const seen = new Map<string, { readonly beat: number; readonly atMs: number }>();
  return async ({ session, process }) => {
    if (process !== undefined && (await isGone(process, await thisProcess()))) return true;
    const text = await readFile(join(heartbeats, `${session}.json`), "utf8").catch(() => "");
    // A heartbeat that is just being written says nothing, neither good nor bad.
    const beat = checkedJson(heartbeatShape, text).value?.beat ?? seen.get(session)?.beat ?? -1;
    const before = seen.get(session);
    if (before?.beat === beat) return clock.nowMs() - before.atMs > STALE_AFTER_MS;
    seen.set(session, { beat, atMs: clock.nowMs() });
    return false;
  };
}

const NEWS = /^([0-9a-f]{16})\.(\d{1,9})\.jsonl$/;

/** What was added to the files of a folder since the last call; whole lines alone. */
function tailedFolder(folder: string): () => Promise<RunNews[]> {
  const read = new Map<string, number>();
  return async () => {
    const news: RunNews[] = [];
    for (const name of (await readdir(folder).catch(() => [])).toSorted()) {
      const [, job, digits] = NEWS.exec(name) ?? [];
      if (job === undefined) continue;
      const start = read.get(name) ?? 0;
      const lines = await linesFrom(join(folder, name), start);
      if (lines === "") continue;
      read.set(name, start + Buffer.byteLength(lines));
      news.push({ job, sweep: "", epoch: Number(digits), lines });
    }
    return news;
  };
}

const READ_BYTES_MAX = 1 << 22;

async function linesFrom(path: string, start: number): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { size } = await file.stat();
    if (size <= start) return "";
    const bytes = Buffer.alloc(Math.min(READ_BYTES_MAX, size - start));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
    const end = bytes.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    return bytes.toString("utf8", 0, end);
  } finally {
    await file.close();
  }
}
