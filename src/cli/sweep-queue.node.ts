/** Opens the queue of a sweep: its folder, or a NATS server. */

import { join, resolve } from "node:path";
import type { FileLock } from "../file-lock.node.ts";
import { wrongUsage } from "../options/read-value.ts";
import { fetchCorpus, findCorpus, sendCorpus } from "../queue/corpus-files.node.ts";
import { folderCoordinatorSide, folderWorkerSide } from "../queue/folder-queue.node.ts";
import type { SweepJob } from "../queue/job.ts";
import type { NatsAddress } from "../queue/nats-link.node.ts";
import type { SweepPlan } from "../queue/plan.ts";
import type { CoordinatorSide, WorkerSide } from "../queue/queue.ts";
import { readSweepPlan, sweepPaths } from "../queue/sweep-folder.node.ts";
import { newSession } from "../queue/worker.node.ts";
import { markUsed, openWorkerPlace, pruneCorpora } from "../queue/worker-place.node.ts";
import type { CommandContext, CommandValues } from "./context.ts";

type NatsValues = Pick<CommandValues<"sweep">, "nats" | "creds" | "tlsCa">;

/** With a server the recordings are there when this comes back. */
export async function coordinatorSide(
  context: CommandContext,
  values: NatsValues,
  { folder, plan }: { readonly folder: string; readonly plan: SweepPlan },
): Promise<CoordinatorSide> {
  const { clock, signal } = context;
  const { queue, work } = sweepPaths(folder);
  const session = newSession();
  const { corpusFolder } = plan;
  const address = addressOf(context, values);
  if (address === undefined) {
    return folderCoordinatorSide(queue, { clock, session, corpusFolder });
  }
  const nats = await natsQueue();
  const link = await nats.openNatsLink({
    ...address,
    clock,
    signal,
    name: `etude sweep ${plan.id}`,
  });
  const side = await nats.natsCoordinatorSide({ link, clock, session, sweep: plan.id });
  await sendCorpus(await findCorpus(corpusFolder), side.objects, work);
  return side;
}

export interface OpenedWorker {
  readonly side: WorkerSide;
  readonly session: string;
  /** Of this worker alone. */
  readonly workFolder: string;
  /** Says that the folder is in use; to be released when it is gone. */
  readonly lock?: FileLock;
  corpusFolder(job: SweepJob): Promise<string>;
}

/** @throws UserError "usage" unless there is a folder or a server, and not both. */
export async function openedWorker(
  context: CommandContext,
  values: CommandValues<"worker">,
): Promise<OpenedWorker> {
  const { clock, signal, settings, workingFolder } = context;
  const session = newSession();
  const address = addressOf(context, values);
  if ((values.sweep === undefined) === (address === undefined)) {
    throw wrongUsage(
      `Cannot work: found ${address === undefined ? "neither SWEEP nor" : "both SWEEP and"} --nats, need one of them`,
      "Give the folder that `etude sweep` wrote, or the address of the server: --nats nats://HOST",
    );
  }
  if (values.sweep !== undefined) {
    const folder = resolve(workingFolder, values.sweep);
    const { corpusFolder } = await readSweepPlan(folder);
    const { queue, work } = sweepPaths(folder);
    const side = folderWorkerSide(queue, { clock, session });
    const found = async ({ sweep }: SweepJob) => (await side.corpusFolder(sweep)) ?? corpusFolder;
    return { side, session, workFolder: join(work, session), corpusFolder: found };
  }
  const nats = await natsQueue();
  const { url = "", ...keys } = address ?? {};
  const link = await nats.openNatsLink({ url, ...keys, clock, signal, name: "etude worker" });
  const side = nats.natsWorkerSide({ link, clock, session });
  const place = await openWorkerPlace(join(settings.paths.data, "worker"), session);
  const { cache, workFolder, lock } = place;
  const keepBytes = settings.worker.keepGb * 1e9;
  /** Those that were compared with their hashes by this worker. */
  const whole = new Map<string, string>();
  return {
    side,
    session,
    workFolder,
    ...(lock && { lock }),
    corpusFolder: async ({ sweep, corpus }) => {
      const nowWallMs = clock.wallMs();
      const known = whole.get(corpus);
      if (known !== undefined && (await markUsed(known, nowWallMs))) return known;
      const folder = await fetchCorpus(corpus, side.objectsOf(sweep), { cache, session });
      whole.set(corpus, folder);
      await markUsed(folder, nowWallMs);
      await pruneCorpora(cache, { keepBytes, nowWallMs });
      return folder;
    },
  };
}

/** Words of the command line that take a worker to the same server. */
export function natsWords(context: CommandContext, values: NatsValues): string[] {
  const { url, creds, tlsCa } = addressOf(context, values) ?? {};
  return [
    ...(url === undefined ? [] : ["--nats", url]),
    ...(creds === undefined ? [] : ["--creds", creds]),
    ...(tlsCa === undefined ? [] : ["--tls-ca", tlsCa]),
  ];
}

/** Loaded only if there is a server, so that other commands do not wait for its packages. */
async function natsQueue() {
  const [link, queue] = await Promise.all([
    import("../queue/nats-link.node.ts"),
    import("../queue/nats-queue.node.ts"),
  ]);
  return { ...link, ...queue };
}

function addressOf(
  { workingFolder }: CommandContext,
  { nats, creds, tlsCa }: NatsValues,
): NatsAddress | undefined {
  if (nats === undefined) {
    if (creds === undefined && tlsCa === undefined) return undefined;
    throw wrongUsage(
      "Cannot use --creds or --tls-ca without --nats: they are for its server",
      "Add --nats nats://HOST.",
    );
  }
  const url = nats.includes("://") ? nats : `nats://${nats}`;
  if (!/^(?:nats|tls):\/\/[^/\s]+$/.test(url)) {
    throw wrongUsage(
      `Cannot use --nats: found "${nats}", need nats://HOST or nats://HOST:PORT`,
      "A server that listens as usual has the port 4222.",
    );
  }
  return {
    url,
    ...(creds !== undefined && { creds: resolve(workingFolder, creds) }),
    ...(tlsCa !== undefined && { tlsCa: resolve(workingFolder, tlsCa) }),
  };
}
