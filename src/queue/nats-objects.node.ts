/**
 * Files in the object store of a NATS server: recordings in one bucket, each sweep's in its own.
 *
 * Written and read by the store's own format, but with several messages on their way at once and
 * the hash that is known already: the library waits for each message, and hashes in JavaScript.
 */

import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { DeliverPolicy } from "@nats-io/jetstream";
import type { ObjectInfo, ObjectStore } from "@nats-io/obj";
import { headers } from "@nats-io/transport-node";
import { notWritten } from "../files.node.ts";
import { damaged, missing } from "./folder-objects.node.ts";
import type { NatsLink } from "./nats-link.node.ts";
import { CORPORA, type Objects } from "./queue.ts";

/** The server takes messages of up to a megabyte unless told otherwise. */
const CHUNK_BYTES = 512 * 1024;

const CORPUS_BUCKET = "etude_corpora";

export function bucketOf(sweep: string): string {
  return `etude_runs_${sweep}`;
}

/** @param session Of this process: in names of files that are being written. */
export function natsObjects(sweep: string, link: NatsLink, session: string): Objects {
  const opened = new Map<string, { readonly store: ObjectStore; readonly comebacks: number }>();
  const bucketIn = (place: string): string => (place === CORPORA ? CORPUS_BUCKET : bucketOf(sweep));
  /** Made anew where the server may have lost it since. */
  const storeOf = async (place: string): Promise<ObjectStore> => {
    const bucket = bucketIn(place);
    const { comebacks } = link;
    const found = opened.get(bucket);
    if (found?.comebacks === comebacks) return found.store;
    const store = await link.files.create(bucket);
    opened.set(bucket, { store, comebacks });
    return store;
  };
  const nameOf = (place: string, sha256: string): string =>
    place === CORPORA ? sha256 : `${place}.${sha256}`;
  const has = async (place: string, sha256: string): Promise<boolean> => {
    const info = await (await storeOf(place)).info(nameOf(place, sha256));
    return info !== null && !info.deleted;
  };
  return {
    has: (place, sha256) => link.persist(() => has(place, sha256)),
    put: (place, sha256, path) =>
      link.persist(async () => {
        if (await has(place, sha256)) return;
        await storeOf(place);
        await sendFile(link, path, {
          bucket: bucketIn(place),
          name: nameOf(place, sha256),
          sha256,
        });
      }),
    get: (place, sha256, path) =>
      link.persist(async () => {
        const info = await (await storeOf(place)).info(nameOf(place, sha256));
        if (info === null || info.deleted) throw missing(sha256);
        const aside = `${path}.${session}.tmp`;
        try {
          if ((await receiveFile(link, info, aside)) !== sha256) throw damaged(sha256);
          await rename(aside, path);
        } finally {
          await rm(aside, { force: true }).catch(() => undefined);
        }
      }),
    async forget(place, hashes) {
      for (const sha256 of hashes) {
        // What stays behind goes with the bucket, when the sweep is over.
        await storeOf(place)
          .then((store) => store.delete(nameOf(place, sha256)))
          .catch(() => undefined);
      }
    },
  };
}

/** So many messages of a file may be unconfirmed. */
const UNCONFIRMED_MAX = 16;

interface SentFile {
  readonly bucket: string;
  readonly name: string;
  readonly sha256: string;
}

async function sendFile(
  { streams }: Pick<NatsLink, "streams">,
  path: string,
  { bucket, name, sha256 }: SentFile,
): Promise<void> {
  const nuid = randomUUID().replaceAll("-", "");
  const confirmations: Promise<unknown>[] = [];
  let [size, chunks] = [0, 0];
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    const bytes = chunk as Buffer;
    const sent = streams.publish(`$O.${bucket}.C.${nuid}`, bytes);
    // Awaited below; until then a failure has no handler.
    sent.catch(() => undefined);
    confirmations.push(sent);
    if (confirmations.length >= UNCONFIRMED_MAX) await confirmations.shift();
    size += bytes.length;
    chunks += 1;
  }
  await Promise.all(confirmations);
  const digest = `SHA-256=${base64(Buffer.from(sha256, "hex"))}`;
  const options = { max_chunk_size: CHUNK_BYTES };
  // What is named by its content has no time of its own.
  const mtime = "1970-01-01T00:00:00Z";
  const info = { name, options, bucket, nuid, size, chunks, digest, mtime, deleted: false };
  const rollup = headers();
  rollup.set("Nats-Rollup", "sub");
  await streams.publish(`$O.${bucket}.M.${base64(Buffer.from(name))}`, JSON.stringify(info), {
    headers: rollup,
  });
}

/** As the store encodes it: with padding. */
function base64(bytes: Buffer): string {
  const text = bytes.toString("base64url");
  return text.padEnd(4 * Math.ceil(text.length / 4), "=");
}

/** @returns The hash of what came. */
async function receiveFile(
  { streams }: Pick<NatsLink, "streams">,
  { bucket, nuid, chunks }: Pick<ObjectInfo, "bucket" | "nuid" | "chunks">,
  path: string,
): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "w").catch((cause: unknown) => {
    throw notWritten(path, cause);
  });
  try {
    if (chunks === 0) return hash.digest("hex");
    const consumer = await streams.consumers.get(`OBJ_${bucket}`, {
      filter_subjects: `$O.${bucket}.C.${nuid}`,
      deliver_policy: DeliverPolicy.All,
    });
    let received = 0;
    const messages = await consumer.consume({ max_messages: UNCONFIRMED_MAX });
    for await (const { data } of messages) {
      await file.writeFile(data).catch((cause: unknown) => {
        throw notWritten(path, cause);
      });
      hash.update(data);
      received += 1;
      if (received === chunks) break;
    }
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}
