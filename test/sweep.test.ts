/** A sweep without a server, with workers as processes: killed, stopped, gone on with, and the same. */

import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeClock } from "../src/host.node.ts";
import { openNatsLink } from "../src/queue/nats-link.node.ts";
import { natsWorkerSide } from "../src/queue/nats-queue.node.ts";
import { work } from "../src/queue/worker.node.ts";
import {
  endOf,
  eventsOf,
  expectRefused,
  ofType,
  startAhead,
  startEtude,
  startLimited,
  startSignalled,
  writePlucks,
} from "./support/etude-process.ts";
import { makeNatsSecrets, type NatsSecrets } from "./support/secured-nats.ts";

const SMALL = ["model=mel", "latent=4", "chunk-seconds=0.4", "batch-size=1", "lr=1e-3,3e-3"];
const HOUR_MS = 3_600_000;
const GRID = SMALL.flatMap((values) => ["--grid", values]);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude sweep ä "));
  await writePlucks(join(folder, "plucks"), 4);
});

afterAll(() => rm(folder, { recursive: true }));

const start = (...words: string[]) => startEtude(words, folder);
const sweep = (name: string, ...words: string[]) =>
  start("sweep", "plucks", "-o", name, ...GRID, "--epochs", "3", "--no-analysis", ...words);
const csvOf = (name: string) => readFile(join(folder, name, "table.csv"), "utf8");

test("runs are trained by workers, ranked, and the best comes into the library", async () => {
  const ended = await endOf(sweep("whole", "--workers", "1", "--json", "--csv", "runs.csv"));
  expect({ exitCode: ended.exitCode, stderr: ended.stderr }).toEqual({ exitCode: 0, stderr: "" });
  const { rows, runs, best, work } = JSON.parse(ended.stdout);
  expect(rows.map(({ rank }: { rank: number }) => rank)).toEqual([1, 2]);
  expect(rows[0].validation).toBeLessThan(rows[1].validation);
  expect(runs).toHaveLength(2);
  expect(best).toMatchObject({ point: rows[0].point, validationLoss: rows[0].validation });
  expect(work.map(({ worker }: { worker: string }) => worker)).toEqual(["local-1", "local-1"]);
  expect(await readFile(join(folder, "runs.csv"), "utf8")).toBe(await csvOf("whole"));
  const listed = await endOf(start("model", "list", "--json"));
  expect(listed.stdout).toContain('"plucks"');
  // What only a sweep at work needs is gone; the best run can be gone on with.
  expect((await readdir(join(folder, "whole"))).toSorted()).toEqual(
    [".gitignore", "results", "runs", "sweep.json", "table.csv", "table.json"].toSorted(),
  );
  const kept = join(folder, "whole", "runs", best.id, "checkpoints");
  expect(await readdir(kept)).toEqual(["step-00000024.safetensors"]);
});

describe("a sweep whose worker and coordinator are killed", () => {
  beforeAll(async () => {
    const coordinator = sweep("killed", "--workers", "0", "--checkpoint-seconds", "0");
    const end = endOf(coordinator);
    await until(() => stat(join(folder, "killed", "queue", "jobs.jsonl")));
    // The worker dies in its second epoch: the checkpoint of the first has been handed over.
    const words = ["worker", "killed", "--name", "first", "--json"];
    const at = { line: /"type":"epoch-done","epoch":2,/, signal: "SIGKILL" } as const;
    const worker = await endOf(startSignalled(words, folder, [at]));
    expect(worker.exitCode).toBeNull();
    // Its disk is too small for a checkpoint: what it has taken up goes back.
    const full = await endOf(startLimited(["worker", "killed", "--name", "full"], folder, 1000));
    expectRefused(full, "the file is larger than this disk", 1);
    coordinator.kill("SIGKILL");
    await end;
  });

  test("goes on elsewhere from the last checkpoint, to the same numbers", async () => {
    const ended = await endOf(
      start("sweep", "--resume", "-o", "killed", "--workers", "1", "--no-analysis", "--json"),
    );
    expect({ exitCode: ended.exitCode, stderr: ended.stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(await csvOf("killed")).toBe(await csvOf("whole"));
    const { work } = JSON.parse(ended.stdout);
    const epochs = work.map(({ epoch }: { epoch: number }) => epoch);
    expect(epochs.toSorted()).toEqual([1, 3]);
    const [{ id }] = work.filter(({ epoch }: { epoch: number }) => epoch === 3);
    const log = join(folder, "killed", "runs", id, "events.jsonl");
    const events = eventsOf(await readFile(log, "utf8"));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i));
    expect(events.filter(({ type }) => type === "run-started")).toMatchObject([
      { resumedAtStep: 0 },
      { resumedAtStep: 8 },
      { resumedAtStep: 8 },
    ]);
  });
});

const installed = (program: string): string | undefined =>
  ["/usr/sbin", ...(process.env["PATH"] ?? "").split(delimiter)]
    .map((place) => join(place, program))
    .find((path) => existsSync(path));
const server = installed("nats-server");
const canRun = server !== undefined && installed("openssl") !== undefined;
const leftOut = canRun ? "" : " (left out: needs nats-server and openssl)";

describe.skipIf(!canRun)(`a sweep through a NATS server with TLS and credentials${leftOut}`, () => {
  let broker: ChildProcess;
  let coordinator: ChildProcessWithoutNullStreams;
  let ended: ReturnType<typeof endOf>;
  let url: string;
  let secrets: NatsSecrets;
  let access: readonly string[];

  const startBroker = async (port: string): Promise<void> => {
    const place = ["-js", "-sd", join(folder, "jetstream"), "-a", "127.0.0.1", "-p", port];
    const words = ["-c", secrets.config, ...place];
    broker = spawn(server ?? "", [...words, "--ports_file_dir", folder], { stdio: "ignore" });
    const file = join(folder, `nats-server_${broker.pid}.ports`);
    await until(async () => {
      // The file says "tls://"; both schemes are accepted, and --tls-ca asks for TLS by itself.
      const { nats, tls = nats } = JSON.parse(await readFile(file, "utf8"));
      url = tls[0].replace("tls://", "nats://");
      return url;
    });
  };

  beforeAll(async () => {
    secrets = await makeNatsSecrets(folder);
    await startBroker("-1");
    access = ["--nats", url, "--creds", secrets.creds, "--tls-ca", secrets.ca];
    coordinator = sweep("far", ...access, "--checkpoint-seconds", "0", "--json");
    ended = endOf(coordinator);
    // The worker dies in its second epoch, with the checkpoint of the first handed over.
    const at = { line: /"type":"epoch-done","epoch":2,/, signal: "SIGKILL" } as const;
    const words = ["worker", ...access, "--name", "twin", "--json"];
    const worker = await endOf(startSignalled(words, folder, [at]));
    expect(worker.exitCode).toBeNull();
  });

  afterAll(() => {
    for (const child of [coordinator, broker]) child?.kill("SIGKILL");
  });

  test("refuses a worker of another version, with the reason", async () => {
    const { signal } = new AbortController();
    const { creds, ca: tlsCa } = secrets;
    const about = { url, clock: nodeClock, signal, name: "test" };
    const link = await openNatsLink({ ...about, creds, tlsCa });
    const session = "other";
    const side = natsWorkerSide({ link, clock: nodeClock, session });
    const options = { name: "other", session, program: "etude 9.9.9", untilIdle: false };
    const tools = { side, clock: nodeClock, signal, corpusFolder: async () => folder, say() {} };
    await expect(work({ ...options, workFolder: folder }, tools)).rejects.toMatchObject({
      code: "worker-of-another-version",
      message: expect.stringMatching(/it is of etude \d.*, this is etude 9\.9\.9/),
    });
  });

  test("refuses who has no credentials, those of another account, or another authority", async () => {
    const { ca: tlsCa, foreignCreds, creds } = secrets;
    const about = { url, clock: nodeClock, signal: new AbortController().signal, name: "test" };
    const refused = { code: "nats-not-admitted" };
    await expect(openNatsLink({ ...about, tlsCa })).rejects.toMatchObject(refused);
    const foreign = openNatsLink({ ...about, tlsCa, creds: foreignCreds });
    await expect(foreign).rejects.toMatchObject(refused);
    // Signed by an authority that this system does not know.
    await expect(openNatsLink({ ...about, creds })).rejects.toMatchObject({
      code: "nats-not-reached",
      message: expect.stringContaining("verify"),
    });
  });

  test("goes on after the server was killed, by two workers of one name and an hour apart, to the same numbers", async () => {
    broker.kill("SIGKILL");
    await once(broker, "exit");
    await startBroker(new URL(url).port);
    const words = ["worker", ...access, "--name", "twin", "--until-idle"];
    const twins = [endOf(start(...words)), endOf(startAhead(words, folder, HOUR_MS))];
    const { exitCode, stdout } = await ended;
    expect(exitCode).toBe(0);
    expect(await csvOf("far")).toBe(await csvOf("whole"));
    const { work: works } = JSON.parse(stdout);
    const epochs = works.map(({ epoch }: { epoch: number }) => epoch);
    expect(epochs.toSorted()).toEqual([1, 2]);
    const [{ id }] = works.filter(({ epoch }: { epoch: number }) => epoch === 2);
    const log = eventsOf(await readFile(join(folder, "far", "runs", id, "events.jsonl"), "utf8"));
    expect(ofType(log, "run-started").map((event) => event.resumedAtStep)).toEqual([0, 8]);
    for (const { exitCode: code } of await Promise.all(twins)) expect(code).toBe(0);
  });
});

test("a sweep is refused in words, before anything is made", async () => {
  const [noFolder, range, taken] = await Promise.all([
    endOf(start("sweep")),
    endOf(sweep("ranged", "--grid", "dropout=0..0.5")),
    endOf(sweep("whole")),
  ]);
  expectRefused(noFolder, "need the recordings");
  expectRefused(range, "--random");
  expectRefused(taken, "already holds one");
  await expect(stat(join(folder, "ranged"))).rejects.toThrow("ENOENT");
});

/** Resolves once it does: looked at again and again, for whatever makes it so is another process. */
async function until(look: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
