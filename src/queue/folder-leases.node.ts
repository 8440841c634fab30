/**
 * Leases as files of a folder: LEASES/ab/JOB.REVISION.json, of which the highest revision counts.
 *
 * A revision is made by a hard link, which only one process can make. A revision that
 * is not the highest has lost: it replaces an entry that somebody else had replaced before.
 */

import { link, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkedJson } from "../checked.ts";
import { isErrno, makeFolder, notWritten } from "../files.node.ts";
import { type Lease, leaseShape } from "./lease.ts";
import type { Leases, Revised } from "./queue.ts";

export interface FolderLeases extends Leases {
  /** All entries. Those that have not changed since the last call are the same objects. */
  all(): Promise<ReadonlyMap<string, Revised<Lease>>>;
}

const ENTRY = /^([0-9a-f]{16})\.(\d{1,12})\.json$/;
/** Jobs are spread over folders by the start of their ids, so that each is quickly listed. */
const SPREAD = 2;

/** @param session Of this process: in names of files that are being written. */
export function folderLeases(folder: string, session: string): FolderLeases {
  const known = new Map<string, Revised<Lease>>();
  let written = 0;

  const placeOf = (job: string): string => join(folder, job.slice(0, SPREAD));
  const pathOf = (job: string, revision: number): string =>
    join(placeOf(job), `${job}.${revision}.json`);

  /** The entry of a revision. One that is gone by now, or is no entry, counts as not there. */
  const read = async (job: string, revision: number): Promise<Revised<Lease> | undefined> => {
    const before = known.get(job);
    if (before?.revision === revision) return before;
    const text = await readFile(pathOf(job, revision), "utf8").catch(() => undefined);
    const { value } = text === undefined ? {} : checkedJson(leaseShape, text);
    if (value === undefined) return undefined;
    const entry = { value, revision };
    known.set(job, entry);
    return entry;
  };

  const get = async (job: string): Promise<Revised<Lease> | undefined> => {
    // Between listing and reading a newer one may have taken its place.
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const revision = (await highest(placeOf(job))).get(job);
      if (revision === undefined) return undefined;
      const entry = await read(job, revision);
      if (entry !== undefined) return entry;
    }
    return undefined;
  };

  return {
    get,
    async put(job, lease, before) {
      const place = placeOf(job);
      await makeFolder(place);
      written += 1;
      const aside = join(place, `${job}.${session}-${written}.tmp`);
      try {
        await writeFile(aside, JSON.stringify(lease), { flag: "wx" });
        if (!(await linked(aside, pathOf(job, before + 1)))) return undefined;
        const newest = (await highest(place)).get(job);
        if (newest !== before + 1) {
          await rm(pathOf(job, before + 1), { force: true });
          return undefined;
        }
        known.set(job, { value: lease, revision: before + 1 });
        if (before > 0) await rm(pathOf(job, before), { force: true });
        return before + 1;
      } catch (cause) {
        throw notWritten(pathOf(job, before + 1), cause);
      } finally {
        await rm(aside, { force: true }).catch(() => undefined);
      }
    },
    async all() {
      const places = await readdir(folder).catch(() => []);
      const listed = await Promise.all(places.map((place) => highest(join(folder, place))));
      const found = listed.flatMap((jobs) => [...jobs]);
      const entries = await Promise.all(
        found.map(
          async ([job, revision]) =>
            [job, (await read(job, revision)) ?? (await get(job))] as const,
        ),
      );
      return new Map(entries.flatMap(([job, entry]) => (entry ? [[job, entry] as const] : [])));
    },
  };
}

const ATTEMPTS_MAX = 20;

/** @returns Whether it is now there by our doing. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (cause) {
    if (isErrno(cause) && cause.code === "EEXIST") return false;
    throw cause;
  }
}

/** The highest revision of each job in a folder. */
async function highest(place: string): Promise<Map<string, number>> {
  const newest = new Map<string, number>();
  for (const name of await readdir(place).catch(() => [])) {
    const [, job, digits] = ENTRY.exec(name) ?? [];
    if (job === undefined) continue;
    newest.set(job, Math.max(Number(digits), newest.get(job) ?? 0));
  }
  return newest;
}
