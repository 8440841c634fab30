/** Runs of which something is lost, moved or cannot be written: what they make of it. */

import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { News, RunEvent } from "../src/events/events.ts";
import { startTraining } from "../src/sound/train/runner.node.ts";
import { etudeHere } from "./support/command-here.ts";
import {
  type Ended,
  endOf,
  etude,
  eventsOf,
  lineOf,
  ofType,
  startEtude,
  startSignalled,
  writePlucks,
} from "./support/etude-process.ts";
import { flipByte, modelSum, numbersOf } from "./support/kept-runs.ts";
import { virtualClock } from "./support/virtual-clock.ts";

const SMALL =
  "--model mel --latent 4 --chunk-seconds 0.2 --batch-size 1 --threads 1 --seed 7 --no-analysis".split(
    " ",
  );
const STEPS_PER_EPOCH = 9;
const STEPS = 2 * STEPS_PER_EPOCH;
const STOPPED_AT = 11;

let folder: string;
let corpus: string;
/** What the run told that never stopped. */
let lines: string;
let events: readonly RunEvent[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude lost ä 🎻 "));
  corpus = join(folder, "Klänge für 🎻");
  await writePlucks(corpus, 6);
  const { exitCode, stdout } = await run(trainWords("whole"));
  expect(exitCode).toBe(0);
  lines = stdout;
  events = eventsOf(stdout);
  const stop = { line: lineOf("step-done", STOPPED_AT), signal: "SIGINT" } as const;
  await endOf(startSignalled(trainWords("cut"), folder, [stop]));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const run = (words: readonly string[]): Promise<Ended> => endOf(startEtude(words, folder));
/** What is refused before any thread begins needs no process of its own. */
const refused = (words: readonly string[]): Promise<Ended> => etudeHere(words, folder);
const trainWords = (name: string): string[] => {
  const every = ["--checkpoint-every", "1", "--preview-every", "0", "--epochs", "2", "--json"];
  return ["train", corpus, "-o", join(folder, name), ...SMALL, ...every];
};

/** A copy that a test may damage. */
async function copyOf(name: "whole" | "cut", copy: string): Promise<string> {
  const path = join(folder, copy);
  await cp(join(folder, name), path, { recursive: true });
  return path;
}

/** The address of a module that makes appending to files fail like a full disk does. */
const withoutSpaceForLogs: string = `data:text/javascript,${encodeURIComponent(`
  import { open } from "node:fs/promises";
  const file = await open(process.execPath);
  Object.getPrototypeOf(file).appendFile = async () => {
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  };
  await file.close();
`)}`;

test("a run that was killed between its record and its first checkpoint begins with that record", async () => {
  const killed = join(folder, "killed early");
  await mkdir(killed);
  await cp(join(folder, "whole", "run.json"), join(killed, "run.json"));
  const told = lines.split("\n").slice(0, 4).join("\n");
  await writeFile(join(killed, "events.jsonl"), `${told}\n{"type":"che`);
  const resumed = await run(["resume", "--no-analysis", killed, "--json"]);
  expect(resumed).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("cut short") });
  const again = eventsOf(resumed.stdout);
  expect(again[0]).toMatchObject({ type: "run-started", resumedAtStep: 0, seq: 4 });
  expect(numbersOf(again)).toEqual(numbersOf(events));
  expect(await modelSum(killed)).toBe(await modelSum(join(folder, "whole")));
});

/** The address of a module that ends a process like a driver does, once it has told of a step. */
const endedByDriver: string = `data:text/javascript,${encodeURIComponent(`
  const { send } = process;
  if (send) process.send = function (message, ...rest) {
    const isIt = message?.news?.type === "step-done" && message.news.step === ${STOPPED_AT};
    return send.call(this, message, isIt ? () => process.kill(process.pid, "SIGKILL") : rest[0]);
  };
`)}`;

test("a run whose process is ended by the driver of a GPU goes on by the processor, nothing lost", async () => {
  const words = [...trainWords("crashed"), "--device", "gpu"];
  const env = { HOME: folder, NODE_OPTIONS: `--import=${endedByDriver}` };
  const ended = await endOf(spawn(process.execPath, [etude, ...words], { cwd: folder, env }));
  expect(ended.exitCode).toBe(0);
  const told = eventsOf(ended.stdout);
  expect(ofType(told, "run-started").map(({ resumedAtStep }) => resumedAtStep)).toEqual([
    0,
    STEPS_PER_EPOCH,
  ]);
  expect(ofType(told, "notice").map(({ code }) => code)).toContain("gpu-lost");
  expect(await modelSum(join(folder, "crashed"))).toBe(await modelSum(join(folder, "whole")));
});

test("a run whose GPU never answers is ended there and goes on by the processor, nothing lost", async () => {
  const hung = await copyOf("cut", "hung");
  const clock = virtualClock();
  const about = { corpusFolder: corpus, name: "cut", program: "etude", overrides: {} };
  const run = await startTraining(
    { ...about, runFolder: hung, runFolderShown: hung, resume: true, device: "gpu" },
    { clock, gpuProgram: new URL("./fixtures/hanging-gpu.mjs", import.meta.url) },
  );
  const told: News[] = [];
  const reading = (async () => {
    for await (const news of run.news) told.push(news);
  })();
  while (told.length === 0) await clock.advance(60_000);
  await Promise.all([reading, run.finished]);
  expect(told.filter((news) => news.type === "notice")).toContainEqual(
    expect.objectContaining({
      code: "gpu-lost",
      text: expect.stringMatching(/^the GPU has not answered for 5 minutes, .* newest checkpoint$/),
    }),
  );
  expect(told.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished", step: STEPS });
  expect(await modelSum(hung)).toBe(await modelSum(join(folder, "whole")));
});

test("a run that lost its checkpoints later does not begin anew by itself", async () => {
  const robbed = await copyOf("whole", "robbed");
  await rm(join(robbed, "checkpoints"), { recursive: true });
  const { exitCode, stderr } = await refused(["resume", "--no-analysis", robbed, "--epochs", "9"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("found 0 checkpoints");
});

test("a finished run goes on from its one checkpoint and its model", async () => {
  const longer = await run([
    "resume",
    "--no-analysis",
    await copyOf("whole", "longer"),
    "--epochs",
    "3",
    "--json",
  ]);
  expect(longer).toMatchObject({ exitCode: 0, stderr: "" });
  const told = eventsOf(longer.stdout);
  expect(told[0]).toMatchObject({ type: "run-started", resumedAtStep: STEPS });
  expect(ofType(told, "notice").map(({ code }) => code)).not.toContain("best-model-lost");
  expect(told.at(-1)).toMatchObject({ outcome: "finished", step: STEPS + STEPS_PER_EPOCH });
});

test("a run whose best model is damaged ends with one, and a warning", async () => {
  const damaged = await copyOf("cut", "best damaged");
  await flipByte(join(damaged, "checkpoints", "best.etude"));
  const resumed = await run(["resume", "--no-analysis", damaged, "--json"]);
  expect(resumed).toMatchObject({ exitCode: 0, stderr: "" });
  const told = eventsOf(resumed.stdout);
  const [lost] = ofType(told, "notice").filter(({ code }) => code === "best-model-lost");
  const { step } = ofType(told, "step-done")[0] ?? { step: 0 };
  expect(lost).toMatchObject({
    level: "warning",
    text: expect.stringContaining(`at step ${step - 1},`),
  });
  expect(ofType(told, "model-saved")).toHaveLength(1);
  expect(await modelSum(damaged)).toMatch(/^[0-9a-f]{64}$/);
});

test("recordings that have moved and got other names and copies give the same model", async () => {
  const moved = join(folder, "moved corpus");
  await cp(corpus, moved, { recursive: true });
  await rename(join(moved, "pluck 1.wav"), join(moved, "first.wav"));
  await cp(join(moved, "pluck 2.wav"), join(moved, "a copy of pluck 2.wav"));
  const resumed = await copyOf("cut", "moved");
  const ended = await run([
    "resume",
    "--no-analysis",
    resumed,
    "--corpus",
    "moved corpus",
    "--json",
  ]);
  expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await modelSum(resumed)).toBe(await modelSum(join(folder, "whole")));
  // From now on it knows where they are.
  await rm(moved, { recursive: true });
  const gone = await refused(["resume", "--no-analysis", resumed, "--epochs", "9"]);
  expect(gone).toMatchObject({ exitCode: 2, stdout: "" });
  expect(gone.stderr).toMatch(/moved corpus": there is no such folder\n {2}.*--corpus/);
});

test("a run is not resumed on recordings that lie around its own folder", async () => {
  const { exitCode, stderr } = await refused([
    "resume",
    "--no-analysis",
    join(folder, "cut"),
    "--corpus",
    ".",
  ]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain("lies in the corpus");
});

test("a run whose log cannot be written any more stops, says why and how to go on", async () => {
  const full = await copyOf("cut", "full");
  const words = ["--import", withoutSpaceForLogs, etude, "resume", full, "--json"];
  const child = spawn(process.execPath, words, { cwd: folder, env: { HOME: folder } });
  const { exitCode, stdout, stderr } = await endOf(child);
  expect(exitCode).toBe(1);
  expect(eventsOf(stdout).at(-1)).toMatchObject({
    type: "run-ended",
    outcome: "failed",
    reason: expect.stringMatching(/^Cannot write the event log .*: the disk is full$/),
  });
  expect(stderr).toMatch(/^etude: Cannot write the event log [^\n]*\n {2}Free some space/);
  expect(stderr).toContain("continue with etude resume");
  expect(await readdir(full)).not.toContain("lock");
  expect(await run(["resume", "--no-analysis", full, "--json"])).toMatchObject({
    exitCode: 0,
    stderr: "",
  });
});

test("a run whose log cannot be opened leaves no lock", async () => {
  const closed = await copyOf("cut", "closed");
  await rm(join(closed, "events.jsonl"));
  await mkdir(join(closed, "events.jsonl"));
  const { exitCode, stderr } = await refused(["resume", "--no-analysis", closed]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("Cannot write the event log");
  expect(await readdir(closed)).not.toContain("lock");
});
