/** A lease that this worker holds, as long as nobody else has changed its entry. */

import { isHeldBy, type Lease } from "./lease.ts";
import type { Leases, Revised } from "./queue.ts";

/** Another worker holds the job now: the work done here is dropped. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

export interface HeldLease {
  readonly job: string;
  readonly lease: Lease;
  /** Under which this worker holds it. */
  readonly epoch: number;
  readonly isLost: boolean;
  /** Writes a change of the entry. @throws LeaseLost where somebody else has it. */
  change(by: (lease: Lease) => Lease): Promise<void>;
  /** Looks whether it is still held. */
  refresh(): Promise<void>;
  /** @returns What ends the listening. */
  onLost(listener: () => void): () => void;
}

/** @param entry As the worker wrote it when it took the job. */
export function heldLease(leases: Leases, job: string, entry: Revised<Lease>): HeldLease {
  let { value: lease, revision } = entry;
  const { epoch } = lease;
  const session = lease.holder?.session ?? "";
  let isLost = false;
  const listeners = new Set<() => void>();
  const lose = (): void => {
    if (isLost) return;
    isLost = true;
    for (const listener of listeners) listener();
  };
  return {
    job,
    epoch,
    get lease() {
      return lease;
    },
    get isLost() {
      return isLost;
    },
    async change(by) {
      const next = by(lease);
      const written = isLost ? undefined : await leases.put(job, next, revision);
      if (written === undefined) {
        lose();
        throw new LeaseLost(`The job ${job} is in other hands`);
      }
      lease = next;
      revision = written;
    },
    async refresh() {
      const found = await leases.get(job);
      if (found?.revision === revision) return;
      if (found === undefined || !isHeldBy(found.value, session, epoch)) lose();
    },
    onLost(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
