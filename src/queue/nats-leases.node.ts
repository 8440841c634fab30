/** Leases as entries of a bucket of keys: SWEEP.JOB. */

import { JetStreamApiError } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";
import { checkedJson } from "../checked.ts";
import { type Lease, leaseShape } from "./lease.ts";
import type { NatsLink } from "./nats-link.node.ts";
import type { Leases, Revised } from "./queue.ts";

const WRONG_LAST_SEQUENCE = 10_071;

/** @param bucket Opens it, or makes it where the server has lost it. */
export function natsLeases(
  sweep: string,
  link: Pick<NatsLink, "persist">,
  bucket: () => Promise<KV>,
): Leases {
  const get = async (job: string): Promise<Revised<Lease> | undefined> => {
    const entry = await (await bucket()).get(`${sweep}.${job}`);
    return entry === null || entry.operation !== "PUT"
      ? undefined
      : leaseIn(entry.value, entry.revision);
  };
  return {
    get: (job) => link.persist(() => get(job)),
    put: (job, lease, before) =>
      link.persist(async () => {
        const text = JSON.stringify(lease);
        try {
          const keys = await bucket();
          const key = `${sweep}.${job}`;
          return before === 0 ? await keys.create(key, text) : await keys.update(key, text, before);
        } catch (failure) {
          if (!isConflict(failure)) throw failure;
          // The answer to a try before may have been lost on its way, but not what it wrote.
          const found = await get(job);
          return found !== undefined && JSON.stringify(found.value) === text
            ? found.revision
            : undefined;
        }
      }),
  };
}

/** @returns undefined for what is no entry. */
export function leaseIn(bytes: Uint8Array, revision: number): Revised<Lease> | undefined {
  const { value } = checkedJson(leaseShape, new TextDecoder().decode(bytes));
  return value === undefined ? undefined : { value, revision };
}

function isConflict(failure: unknown): boolean {
  return failure instanceof JetStreamApiError && failure.code === WRONG_LAST_SEQUENCE;
}
