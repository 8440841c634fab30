/** Files in the object store of a NATS server: recordings in one bucket, each sweep's in its own. */

import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeStream } from "node:stream/web";
import type { ObjectStore } from "@nats-io/obj";
import { notWritten } from "../files.node.ts";
import { sha256OfFile } from "./file-hash.node.ts";
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
  /** Made anew where the server may have lost it since. */
  const storeOf = async (place: string): Promise<ObjectStore> => {
    const bucket = place === CORPORA ? CORPUS_BUCKET : bucketOf(sweep);
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
        const store = await storeOf(place);
        const stream = Readable.toWeb(createReadStream(path, { highWaterMark: CHUNK_BYTES }));
        const meta = { name: nameOf(place, sha256), options: { max_chunk_size: CHUNK_BYTES } };
        await store.put(meta, stream as ReadableStream<Uint8Array>);
      }),
    get: (place, sha256, path) =>
      link.persist(async () => {
        const found = await (await storeOf(place)).get(nameOf(place, sha256));
        if (found === null) throw missing(sha256);
        const aside = `${path}.${session}.tmp`;
        try {
          const data = Readable.fromWeb(found.data as NodeStream);
          await pipeline(data, createWriteStream(aside)).catch((cause: unknown) => {
            throw notWritten(path, cause);
          });
          if ((await sha256OfFile(aside)).sha256 !== sha256) throw damaged(sha256);
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
