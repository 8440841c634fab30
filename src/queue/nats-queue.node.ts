/**
 * The queue of sweeps on a NATS server with JetStream, 2.9 or later.
 *
 *     key-value  etude_sweeps   SWEEP: what it is, for a week
 *                etude_leases   SWEEP.JOB: its holder, its progress, its result
 *     streams    ETUDE_JOBS     etude.jobs.SWEEP.JOB, a work queue; a consumer for each sweep
 *                ETUDE_NEWS     etude.news.SWEEP.JOB.EPOCH: events as lines of JSON
 *     objects    etude_corpora, etude_runs_SWEEP
 *     subject    etude.heartbeats    heartbeats of workers, not kept
 *
 * A message of the work queue is only a hint which job is next: it may be delivered twice. The entry
 * decides, which is changed by compare-and-set.
 */

import {
  AckPolicy,
  DeliverPolicy,
  type JsMsg,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import type { KV, KvWatchEntry } from "@nats-io/kv";
import { checkedJson } from "../checked.ts";
import type { Clock } from "../host.ts";
import { readJob, type SweepJob } from "./job.ts";
import type { Lease } from "./lease.ts";
import { leaseIn, natsLeases } from "./nats-leases.node.ts";
import type { NatsLink } from "./nats-link.node.ts";
import { bucketOf, natsObjects } from "./nats-objects.node.ts";
import {
  type CoordinatorSide,
  type Heartbeat,
  heartbeatShape,
  noticeShape,
  type Offer,
  type Revised,
  type RunNews,
  type SweepNotice,
  type WorkerSide,
} from "./queue.ts";

const SWEEPS = "etude_sweeps";
const LEASES = "etude_leases";
const JOBS = "ETUDE_JOBS";
const NEWS = "ETUDE_NEWS";
const HEARTBEATS = "etude.heartbeats";

const NANOSECONDS_A_MS = 1e6;
const NOTICE_KEPT_MS = 7 * 86_400_000;
const NEWS_KEPT_BYTES = 2 ** 30;
/** A worker that has not said for so long that it works has its job offered to others. */
const ACK_WAIT_MS = 6000;
const WAIT_FOR_JOB_MS = 1000;
const SWEEPS_KNOWN_MS = 2000;
const OFFERS_AT_ONCE = 250;

export interface NatsQueueOptions {
  readonly link: NatsLink;
  readonly clock: Pick<Clock, "nowMs">;
  /** Of this process. */
  readonly session: string;
}

export function natsWorkerSide({ link, clock, session }: NatsQueueOptions): WorkerSide {
  const keys = buckets(link);
  let known: readonly SweepNotice[] = [];
  let knownMs = Number.NEGATIVE_INFINITY;
  return {
    leasesOf: (sweep) => natsLeases(sweep, link, () => keys(LEASES)),
    objectsOf: (sweep) => natsObjects(sweep, link, session),
    async sweeps() {
      if (clock.nowMs() - knownMs < SWEEPS_KNOWN_MS) return known;
      known = (await link.persist(async () => notices(await keys(SWEEPS)))).filter(
        ({ isOver }) => !isOver,
      );
      knownMs = clock.nowMs();
      return known;
    },
    async take(sweeps, passed) {
      for (const sweep of sweeps) {
        const message = await nextJob(link, sweep);
        const offer = message && (await offerOf(message, { sweep, link, keys }));
        if (offer === undefined) continue;
        if (!passed.has(offer.job.id)) return offer;
        await offer.giveBack();
      }
      return undefined;
    },
    async publish({ sweep, job, epoch, lines }) {
      await link.streams.publish(`etude.news.${sweep}.${job}.${epoch}`, lines);
    },
    async heartbeat(heartbeat) {
      link.connection.publish(HEARTBEATS, JSON.stringify(heartbeat));
    },
    corpusFolder: async () => undefined,
    close: () => link.close(),
  };
}

/** @returns undefined where there is none now, or the server has just lost its queue. */
async function nextJob({ streams }: NatsLink, sweep: string): Promise<JsMsg | undefined> {
  try {
    const consumer = await streams.consumers.get(JOBS, sweep);
    return (await consumer.next({ expires: WAIT_FOR_JOB_MS })) ?? undefined;
  } catch {
    return undefined;
  }
}

interface OfferParts {
  readonly sweep: string;
  readonly link: NatsLink;
  readonly keys: (name: string) => Promise<KV>;
}

async function offerOf(
  message: JsMsg,
  { sweep, link, keys }: OfferParts,
): Promise<Offer | undefined> {
  const { job } = await readJob(new TextDecoder().decode(message.data));
  if (job === undefined || job.sweep !== sweep) {
    // It cannot be done: it is removed, and the coordinator sees that it is not done.
    message.term();
    return undefined;
  }
  const lease = await natsLeases(sweep, link, () => keys(LEASES)).get(job.id);
  return {
    job,
    lease,
    working: () => message.working(),
    // Should the server not hear of it, it offers a job that its entry says is done.
    done: async () => message.ack(),
    giveBack: async () => message.nak(),
  };
}

export interface NatsCoordinatorOptions extends NatsQueueOptions {
  readonly sweep: string;
}

export async function natsCoordinatorSide(
  options: NatsCoordinatorOptions,
): Promise<CoordinatorSide> {
  const { link, sweep, session } = options;
  const keys = buckets(link);
  const inbox = await openInbox(options, keys);
  let comebacks = link.comebacks;
  await link.persist(() => makeStreams(link, sweep));
  await inbox.open();
  return {
    leases: natsLeases(sweep, link, () => keys(LEASES)),
    objects: natsObjects(sweep, link, session),
    announce: (notice) =>
      link.persist(async () => {
        await (await keys(SWEEPS)).put(notice.id, JSON.stringify(notice));
      }),
    offer: (jobs) => link.persist(() => offerMissing(link, sweep, jobs)),
    changes: async () => inbox.takeChanges(),
    news: async () => inbox.takeNews(),
    heartbeats: async () => inbox.takeHeartbeats(),
    async hasForgotten() {
      if (link.comebacks === comebacks) return false;
      comebacks = link.comebacks;
      await link.persist(() => makeStreams(link, sweep));
      await inbox.open();
      return true;
    },
    async end() {
      const over = { isOver: true };
      const notice = await (await keys(SWEEPS)).get(sweep);
      const text = { ...(notice?.json<object>() ?? {}), ...over };
      await (await keys(SWEEPS)).put(sweep, JSON.stringify(text));
      await link.manager.consumers.delete(JOBS, sweep).catch(() => false);
      await link.manager.streams.purge(JOBS, { filter: `etude.jobs.${sweep}.*` });
      await link.manager.streams.purge(NEWS, { filter: `etude.news.${sweep}.*.*` });
      await link.manager.streams.purge(`KV_${LEASES}`, { filter: `$KV.${LEASES}.${sweep}.*` });
      await (await link.files.create(bucketOf(sweep))).destroy();
    },
    async close() {
      inbox.close();
      await link.close();
    },
  };
}

/** Makes what is not there: the first time, and where the server has lost it. */
async function makeStreams({ manager }: NatsLink, sweep: string): Promise<void> {
  await ensureStream(manager, {
    name: JOBS,
    subjects: ["etude.jobs.*.*"],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
  });
  await ensureStream(manager, {
    name: NEWS,
    subjects: ["etude.news.*.*.*"],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    max_bytes: NEWS_KEPT_BYTES,
  });
  const found = await manager.consumers.info(JOBS, sweep).catch(() => undefined);
  if (found !== undefined) return;
  await manager.consumers.add(JOBS, {
    durable_name: sweep,
    filter_subject: `etude.jobs.${sweep}.*`,
    ack_policy: AckPolicy.Explicit,
    ack_wait: ACK_WAIT_MS * NANOSECONDS_A_MS,
    max_deliver: -1,
    max_ack_pending: -1,
  });
}

async function ensureStream(
  { streams }: NatsLink["manager"],
  config: Parameters<NatsLink["manager"]["streams"]["add"]>[0] & { readonly name: string },
): Promise<void> {
  const found = await streams.info(config.name).catch(() => undefined);
  if (found === undefined) await streams.add(config);
}

/** Offers what is not on offer already. */
async function offerMissing(
  { manager, streams }: NatsLink,
  sweep: string,
  jobs: readonly SweepJob[],
): Promise<void> {
  const filter = `etude.jobs.${sweep}.*`;
  const { state } = await manager.streams.info(JOBS, { subjects_filter: filter });
  const there = new Set(Object.keys(state.subjects ?? {}));
  const absent = jobs.filter(({ id }) => !there.has(`etude.jobs.${sweep}.${id}`));
  // In their order, some at a time: each is confirmed.
  for (let i = 0; i < absent.length; i += OFFERS_AT_ONCE) {
    await Promise.all(
      absent
        .slice(i, i + OFFERS_AT_ONCE)
        .map((job) => streams.publish(`etude.jobs.${sweep}.${job.id}`, JSON.stringify(job))),
    );
  }
}

interface Inbox {
  /** Subscribes, or subscribes again: kept messages are delivered again. */
  open(): Promise<void>;
  takeChanges(): Map<string, Revised<Lease>>;
  takeNews(): RunNews[];
  takeHeartbeats(): Heartbeat[];
  close(): void;
}

/** Buffers what the server pushes until it is read. */
async function openInbox(
  { link, sweep }: NatsCoordinatorOptions,
  keys: (name: string) => Promise<KV>,
): Promise<Inbox> {
  let changes = new Map<string, Revised<Lease>>();
  let news: RunNews[] = [];
  let heartbeats: Heartbeat[] = [];
  let stops: (() => void)[] = [];
  const stopAll = (): void => {
    for (const stop of stops) stop();
    stops = [];
  };
  const subscription = link.connection.subscribe(HEARTBEATS, {
    callback: (_, message) => {
      const { value } = checkedJson(heartbeatShape, message.string());
      if (value !== undefined) heartbeats.push(value);
    },
  });
  return {
    async open() {
      stopAll();
      const watch = await link.persist(async () =>
        (await keys(LEASES)).watch({ key: `${sweep}.*` }),
      );
      stops.push(() => watch.stop());
      void following(watch, ({ key, value, revision, operation }: KvWatchEntry) => {
        const lease = operation === "PUT" ? leaseIn(value, revision) : undefined;
        if (lease !== undefined) changes.set(key.slice(sweep.length + 1), lease);
      });
      const consumer = await link.persist(() =>
        link.streams.consumers.get(NEWS, {
          filter_subjects: `etude.news.${sweep}.*.*`,
          deliver_policy: DeliverPolicy.All,
        }),
      );
      const messages = await link.persist(() => consumer.consume());
      stops.push(() => messages.stop());
      void following(messages, (message: JsMsg) => {
        const [job, epoch] = message.subject.split(".").slice(3);
        const lines = message.string();
        if (job !== undefined) news.push({ job, sweep, epoch: Number(epoch), lines });
      });
    },
    takeChanges() {
      const taken = changes;
      changes = new Map();
      return taken;
    },
    takeNews() {
      const taken = news;
      news = [];
      return taken;
    },
    takeHeartbeats() {
      const taken = heartbeats;
      heartbeats = [];
      return taken;
    },
    close() {
      stopAll();
      subscription.unsubscribe();
    },
  };
}

/** Ends without a word when the connection does: it is opened anew when the server is back. */
async function following<T>(items: AsyncIterable<T>, each: (item: T) => void): Promise<void> {
  try {
    for await (const item of items) each(item);
  } catch {
    // RunNews by the count of comebacks.
  }
}

/** Buckets of keys by name, made where they are not there. */
function buckets(link: NatsLink): (name: string) => Promise<KV> {
  const opened = new Map<string, { readonly keys: KV; readonly comebacks: number }>();
  return async (name) => {
    const { comebacks } = link;
    const found = opened.get(name);
    if (found?.comebacks === comebacks) return found.keys;
    const keys = await link.values.create(name, {
      history: 1,
      ...(name === SWEEPS && { ttl: NOTICE_KEPT_MS }),
    });
    opened.set(name, { keys, comebacks });
    return keys;
  };
}

async function notices(keys: KV): Promise<SweepNotice[]> {
  const found: SweepNotice[] = [];
  for await (const key of await keys.keys()) {
    const entry = await keys.get(key);
    const { value } = entry === null ? {} : checkedJson(noticeShape, entry.string());
    if (value !== undefined) found.push(value);
  }
  return found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
