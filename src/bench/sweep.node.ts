/**
 * Cost and throughput of the queues: the figures of docs/scale.md.
 *
 * ETUDE_PARTS chooses some of folder, nats, killed, overhead, workers, separated by commas.
 */

import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { nodeClock } from "../host.node.ts";
import { fetchCorpus, findCorpus, sendCorpus } from "../queue/corpus-files.node.ts";
import { folderCoordinatorSide, folderWorkerSide } from "../queue/folder-queue.node.ts";
import { jobId, jobOf, type SweepJob } from "../queue/job.ts";
import { openLease } from "../queue/lease.ts";
import { openNatsLink } from "../queue/nats-link.node.ts";
import { natsCoordinatorSide, natsWorkerSide } from "../queue/nats-queue.node.ts";
import { CORPORA, type CoordinatorSide, type WorkerSide } from "../queue/queue.ts";
import { writeWav } from "../sound/audio/codecs/wav-write.ts";
import { demoCorpus } from "../sound/audio/corpus/demo-corpus.ts";
import type { Bench } from "./bench.ts";
import { median } from "./statistics.ts";
import { inTemporaryFolder } from "./temporary-folder.node.ts";

const ETUDE = resolve(import.meta.dirname, "../../bin/etude.mjs");
const SWEEP = "0123456789abcdef";
const PROGRAM = "etude 0.0.0";

export const sweep: Bench = async (say) => {
  await inTemporaryFolder(async (folder) => {
    const corpus = join(folder, "corpus");
    await mkdir(corpus);
    for (const { name, sound } of demoCorpus(1)) {
      await writeFile(join(corpus, `${name}.wav`), writeWav(sound));
    }
    const parts: Readonly<Record<string, () => Promise<void>>> = {
      folder: () => throughFolder(folder, corpus, say),
      nats: () => throughServer(folder, say),
      killed: () => notice(folder, say),
      overhead: () => overhead(folder, say),
      workers: () => workers(folder, say),
    };
    const asked = process.env["ETUDE_PARTS"]?.split(",") ?? Object.keys(parts);
    for (const [name, part] of Object.entries(parts)) if (asked.includes(name)) await part();
  });
};

type Say = Parameters<Bench>[0];

async function throughFolder(folder: string, corpusFolder: string, say: Say): Promise<void> {
  const local = { clock: nodeClock, session: "bench" };
  const queue = join(folder, "queue");
  const side = await folderCoordinatorSide(queue, { ...local, corpusFolder });
  await enumeration("folder", { side, worker: folderWorkerSide(queue, local) }, say);
}

const RUN_SECONDS = 30;
const RUNS = 4;

const grid = (epochs: number, name: string, count: number) => [
  ...["sweep", "corpus", "-o", name, "--no-analysis", "--json", "--epochs", String(epochs)],
  ...["--grid", "model=mel", "--grid", "latent=8", "--seeds", String(count)],
];

/** @returns How long it took, and what the runs themselves took. */
function timed(folder: string, words: readonly string[]) {
  const startedMs = nodeClock.nowMs();
  const environment = { ...process.env, HOME: folder };
  const { stdout } = spawnSync(process.execPath, [ETUDE, ...words], {
    ...{ cwd: folder, env: environment, maxBuffer: 1e9 },
  });
  const tookMs = nodeClock.nowMs() - startedMs;
  const { work } = JSON.parse(stdout.toString()) as { work: { elapsedMs: number }[] };
  return { tookMs, runsMs: work.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) };
}

/** All that is no run, the start of the program and of its worker included. */
async function overhead(folder: string, say: Say): Promise<void> {
  const { tookMs, runsMs } = timed(folder, [...grid(4, "overhead", RUNS), "--workers", "1"]);
  const perRunMs = (tookMs - runsMs) / RUNS;
  const share = perRunMs / (1000 * RUN_SECONDS);
  say(
    `beside a run: ${(perRunMs / 1000).toFixed(2)} s, ${(100 * share).toFixed(1)} % of a run of ${RUN_SECONDS} s (asked: under 3 %)`,
  );
}

/** As many as there are workers, so that none waits for the other at the end. */
const RUNS_OF_TWO = 2;
const EPOCHS_OF_TWO = 4;

async function workers(folder: string, say: Say): Promise<void> {
  const pairs = [1, 2, 3].map((turn) => {
    const [one, two] = [1, 2].map((count) => {
      const words = grid(EPOCHS_OF_TWO, `workers-${turn}-${count}`, RUNS_OF_TWO);
      return timed(folder, [...words, "--workers", String(count)]);
    });
    return {
      ratio: (one?.tookMs ?? 0) / (two?.tookMs ?? 1),
      runMs: (one?.runsMs ?? 0) / RUNS_OF_TWO,
    };
  });
  const ratios = pairs.map(({ ratio }) => ratio);
  const each = ratios.map((ratio) => ratio.toFixed(2)).join(", ");
  const runSeconds = median(pairs.map(({ runMs }) => runMs)) / 1000;
  say(
    `two workers against one, of ${RUNS_OF_TWO} runs of ${runSeconds.toFixed(0)} s, starts included: ${median(ratios).toFixed(2)} times as fast (asked: 1.8); pairs in turn: ${each}`,
  );
}

/** From the end of a worker until another has its run. */
async function notice(folder: string, say: Say): Promise<void> {
  const begin = (words: readonly string[]): ChildProcess =>
    fork(ETUDE, [...words], {
      cwd: folder,
      env: { ...process.env, HOME: folder },
      stdio: ["ignore", "pipe", "ignore", "ipc"],
    });
  const coordinator = begin([
    ...grid(40, "killed", 1),
    "--workers",
    "0",
    "--checkpoint-seconds",
    "0",
  ]);
  const jobs = join(folder, "killed", "queue", "jobs.jsonl");
  while (!existsSync(jobs)) await nodeClock.sleep(20);
  const first = begin(["worker", "killed", "--json"]);
  await said(first, '"type":"epoch-done","epoch":3,');
  const second = begin(["worker", "killed", "--json"]);
  await nodeClock.sleep(3000);
  const startedMs = nodeClock.nowMs();
  first.kill("SIGKILL");
  await said(second, '"type":"run-started"');
  const tookMs = nodeClock.nowMs() - startedMs;
  const step = await said(second, '"type":"step-done"');
  for (const child of [coordinator, second]) child.kill("SIGKILL");
  say(
    `a worker was killed: another had its run after ${(tookMs / 1000).toFixed(1)} s (asked: 10), and was learning after ${((step - startedMs) / 1000).toFixed(1)} s (asked: one checkpoint interval and 15 s)`,
  );
}

/** @returns When it did. */
function said({ stdout }: ChildProcess, text: string): Promise<number> {
  return new Promise((done) => {
    const look = (chunk: Buffer): void => {
      if (!chunk.toString().includes(text)) return;
      stdout?.off("data", look);
      done(nodeClock.nowMs());
    };
    stdout?.on("data", look);
  });
}

const JOBS = 10_000;

async function manyJobs(): Promise<SweepJob[]> {
  const about = { sweep: SWEEP, name: "bench", memoryBytes: 0, checkpointSeconds: 10 };
  const work = { program: PROGRAM, corpus: "0".repeat(64), lengths: [1], threads: 1 };
  return Promise.all(
    Array.from({ length: JOBS }, async (_, seed) => {
      const own = { ...work, device: "auto" as const, overrides: { seed } };
      return jobOf(await jobId(own), own, about);
    }),
  );
}

interface Sides {
  readonly side: CoordinatorSide;
  readonly worker: WorkerSide;
}

async function enumeration(what: string, { side, worker }: Sides, say: Say): Promise<void> {
  const jobs = await manyJobs();
  const startedMs = nodeClock.nowMs();
  await side.offer(jobs);
  const offeredMs = nodeClock.nowMs();
  const offer = await worker.take([SWEEP], new Set());
  const takenMs = nodeClock.nowMs();
  await side.offer(jobs);
  const againMs = nodeClock.nowMs();
  if (offer === undefined) say(`${what}: no job was to be had`);
  const seconds = (from: number, to: number): string => ((to - from) / 1000).toFixed(2);
  say(
    `${what}: ${JOBS} jobs offered in ${seconds(startedMs, offeredMs)} s, the first taken in ${seconds(offeredMs, takenMs)} s, all looked through again in ${seconds(takenMs, againMs)} s (asked: 5)`,
  );
  const leases = side.leases;
  const changedMs = nodeClock.nowMs();
  const changes = 200;
  for (const { id } of jobs.slice(0, changes)) await leases.put(id, openLease(), 0);
  say(`${what}: ${((nodeClock.nowMs() - changedMs) / changes).toFixed(2)} ms a change of an entry`);
  const toldMs = nodeClock.nowMs();
  const lines = `${"x".repeat(250)}\n`.repeat(40);
  for (let i = 0; i < changes; i += 1) {
    await worker.publish({ sweep: SWEEP, job: jobs[0]?.id ?? "", epoch: 1, lines });
  }
  const perEvent = (nodeClock.nowMs() - toldMs) / changes / 40;
  say(`${what}: ${(1000 * perEvent).toFixed(0)} us an event, 40 at once`);
}

const CORPUS_FILES = 50;
const FILE_BYTES = 10e6;

async function throughServer(folder: string, say: Say): Promise<void> {
  const program = ["/usr/sbin", ...(process.env["PATH"] ?? "").split(delimiter)]
    .map((place) => join(place, "nats-server"))
    .find((path) => existsSync(path));
  if (program === undefined) return say("NATS: left out, there is no nats-server here");
  const words = ["-js", "-sd", join(folder, "jetstream"), "-a", "127.0.0.1", "-p", "-1"];
  const server = spawn(program, [...words, "--ports_file_dir", folder], { stdio: "ignore" });
  try {
    const ports = join(folder, `nats-server_${server.pid}.ports`);
    while (!existsSync(ports)) await nodeClock.sleep(20);
    await nodeClock.sleep(200);
    const [url] = (JSON.parse(await readFile(ports, "utf8")) as { nats: string[] }).nats;
    const { signal } = new AbortController();
    const open = () => openNatsLink({ url: url ?? "", clock: nodeClock, signal, name: "bench" });
    const about = { clock: nodeClock, session: "bench" };
    const side = await natsCoordinatorSide({ ...about, link: await open(), sweep: SWEEP });
    const worker = natsWorkerSide({ ...about, link: await open() });
    await enumeration("NATS", { side, worker }, say);
    await transfer(folder, { side, worker }, say);
    await worker.close();
    await side.close();
  } finally {
    server.kill("SIGKILL");
  }
}

async function transfer(folder: string, { side, worker }: Sides, say: Say): Promise<void> {
  const large = join(folder, "large");
  await mkdir(large);
  for (let i = 0; i < CORPUS_FILES; i += 1) {
    await writeFile(join(large, `${i}.wav`), randomBytes(FILE_BYTES));
  }
  const found = await findCorpus(large);
  const megabytes = found.identity.bytes / 1e6;
  const rate = (ms: number): string => `${((1000 * megabytes) / ms).toFixed(0)} MB/s`;
  const clock = async (work: () => Promise<unknown>): Promise<number> => {
    const startedMs = nodeClock.nowMs();
    await work();
    return nodeClock.nowMs() - startedMs;
  };
  const work = join(folder, "work");
  const sentMs = await clock(() => sendCorpus(found, side.objects, work));
  const againMs = await clock(() => sendCorpus(found, side.objects, work));
  const { sha256 } = found.identity;
  const place = { cache: join(folder, "cache"), session: "bench" };
  const objects = worker.objectsOf(SWEEP);
  const fetchedMs = await clock(() => fetchCorpus(sha256, objects, place));
  const cachedMs = await clock(() => fetchCorpus(sha256, objects, place));
  if (!(await side.objects.has(CORPORA, sha256))) say("NATS: the corpus was lost");
  say(
    `NATS: a corpus of ${megabytes.toFixed(0)} MB sent at ${rate(sentMs)}, fetched and checked at ${rate(fetchedMs)} (asked: 50); sent again in ${(againMs / 1000).toFixed(2)} s, and found in the cache in ${(cachedMs / 1000).toFixed(2)} s`,
  );
}
