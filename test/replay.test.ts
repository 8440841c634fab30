/** Exports and `etude replay` as a person meets them: processes, files, exit codes. */

import { once } from "node:events";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventToLine } from "../src/events/wire.ts";
import { exampleRun } from "./example-run.ts";
import { etudeHere } from "./support/command-here.ts";
import {
  type Ended,
  endOf,
  eventsOf,
  expectRefused,
  startEtude,
  writePlucks,
} from "./support/etude-process.ts";

const SIMULATE = ["simulate", "--model", "SmolLM2-135M", "--gpus", "H100:16", "--tokens", "60M"];
const FAST = ["-s", "1e9", "--seed", "3"];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude replay ä "));
});
afterAll(() => rm(folder, { recursive: true }));

/** With an input, and for a training, in a process of its own. */
const run = (words: readonly string[], input?: string): Promise<Ended> => {
  const isHere = input === undefined && ["simulate", "replay"].includes(words[0] ?? "");
  return isHere ? etudeHere(words, folder) : endOf(startEtude(words, folder, input));
};

/** Words that export everything under a name, and what to compare of it. */
function everything(name: string) {
  const formats = ["csv", "jsonl", "openmetrics", "otlp", "tensorboard"];
  return {
    words: formats.flatMap((format) => ["--export", `${format}=${name}/${format}`]),
    contents: async () => {
      const paths = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
      const files = paths.filter((entry) => entry.isFile());
      const read = files.map(async ({ parentPath, name: file }) => {
        const path = join(parentPath, file);
        return [path.slice(join(folder, name).length), await readFile(path, "latin1")] as const;
      });
      return Object.fromEntries((await Promise.all(read)).sort());
    },
  };
}

describe("a simulated run", () => {
  test("is exported alike while it is told, and from its log, also by a pipe", async () => {
    const [told, replayed, piped] = ["told", "replayed", "piped"].map(everything);
    const first = await run([...SIMULATE, ...FAST, "--once", ...(told?.words ?? [])]);
    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    const log = join("told", "jsonl");
    const again = await run(["replay", log, ...(replayed?.words ?? [])]);
    expect(again).toMatchObject({ exitCode: 0, stderr: "" });
    const lines = await readFile(join(folder, log), "utf8");
    const third = await run(["replay", "-", ...(piped?.words ?? [])], lines);
    expect(third).toMatchObject({ exitCode: 0, stdout: again.stdout });
    const contents = await told?.contents();
    expect(Object.keys(contents ?? {})).toHaveLength(6);
    expect(await replayed?.contents()).toEqual(contents);
    expect(await piped?.contents()).toEqual(contents);
    // What is said at the very end is the simulation's, not the run's.
    expect(first.stdout.startsWith(again.stdout)).toBe(true);
  });

  test("is told from its log in a dialect as it would have been told", async () => {
    const dialect = ["--dialect", "torchtitan"];
    const told = await run([
      ...SIMULATE,
      ...FAST,
      "--once",
      ...dialect,
      "--export",
      "jsonl=d.jsonl",
    ]);
    expect(told.stdout).toContain("torchtitan");
    expect((await run(["replay", "d.jsonl", ...dialect])).stdout).toBe(told.stdout);
  });

  test("several of them go into one table, and into a folder each for TensorBoard", async () => {
    const words = ["--exit-after-modules", "2", "--export", "csv=two.csv"];
    await run([...SIMULATE, ...FAST, ...words, "--export", "tensorboard=two"]);
    const rows = (await readFile(join(folder, "two.csv"), "utf8")).trimEnd().split("\n").slice(1);
    expect(new Set(rows.map((row) => row.split(",")[1]))).toEqual(new Set(["1", "2"]));
    expect((await readdir(join(folder, "two"))).sort()).toEqual([
      "simulated-SmolLM2-135M-on-16-H100-seed3",
      "simulated-SmolLM2-135M-on-16-H100-seed4",
    ]);
  });

  test("can be scraped while it goes on", async () => {
    const child = startEtude(
      [...SIMULATE, "--seed", "3", "-i", "40", "--metrics-port", "0"],
      folder,
    );
    const [said] = (await once(child.stderr ?? child, "data")) as [Buffer];
    const address = /http:\S+/.exec(String(said))?.[0] ?? "";
    await once(child.stdout ?? child, "data");
    let text = "";
    while (!text.includes("etude_loss")) text = await (await fetch(address)).text();
    expect(text).toContain('etude_run_info{source="simulated"');
    expect(text).toMatch(/^etude_loss\{source="simulated"\} \d/m);
    child.kill("SIGINT");
    const [exitCode] = await once(child, "close");
    expect(exitCode).toBe(process.platform === "win32" ? null : 0);
  });

  test("ends with 1 where its export fails on the way", async () => {
    await writeFile(join(folder, "file"), "");
    await run([...SIMULATE, ...FAST, "--once", "--export", "tensorboard=blocked"]);
    const name = (await readdir(join(folder, "blocked")))[0] ?? "";
    await rm(join(folder, "blocked", name), { recursive: true });
    await cp(join(folder, "file"), join(folder, "blocked", name));
    const words = ["--once", "--export", "tensorboard=blocked"];
    const { exitCode, stderr } = await run([...SIMULATE, ...FAST, ...words]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^etude: Cannot write ".*blocked/);
    expect(stderr).not.toContain("    at ");
  });
});

describe("etude replay", () => {
  const events = exampleRun();
  const lines = events.map(eventToLine);

  test("with --json tells the log's own lines", async () => {
    await writeFile(join(folder, "run.jsonl"), lines.join(""));
    const { stdout, exitCode } = await run(["replay", "run.jsonl", "--json"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: lines.join("") });
  });

  test("names damaged lines, and shows what can be read", async () => {
    const damaged = [...lines];
    damaged.splice(20, 1, '{"type":"step-done","se\n');
    damaged.splice(50, 0, "\0\0\0\n", "[]\n");
    await writeFile(join(folder, "damaged.jsonl"), `${damaged.join("")}{"type":"cut`);
    const { stdout, stderr, exitCode } = await run(["replay", "damaged.jsonl", "--json"]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe(
      'warning: 3 lines of "damaged.jsonl" could not be read and were left out: 21, 51, 52; the last line of "damaged.jsonl" is cut short and was left out\n',
    );
    expect(eventsOf(stdout)).toEqual(events.filter(({ seq }) => seq !== 20));
  });

  test("names lines that a newer version wrote, and shows what it understands", async () => {
    const newer = [...lines];
    newer.splice(3, 0, '{"type":"gpu-sold","seq":3,"atMs":0}\n');
    newer.push('{"type":"notice","level":"alarm","code":"c","text":"t","seq":999,"atMs":0}\n');
    await writeFile(join(folder, "newer.jsonl"), newer.join(""));
    const { stdout, stderr, exitCode } = await run(["replay", "newer.jsonl", "--json"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: lines.join("") });
    expect(stderr).toBe(
      `warning: 2 lines of "newer.jsonl" are of a newer version of etude and were left out: 4, ${newer.length} (event "gpu-sold", level "alarm")\n`,
    );
  });

  test.each([
    {
      name: "trained",
      shown: /0\.4\d+ on validation, in epoch 1|1 epoch/,
      metrics: ["etude_kl_weight", "etude_loss_kl", "etude_kl_divergence"],
      foreign: "etude_mfu",
    },
    {
      name: "pretraining",
      shown: /SIMULATED/,
      metrics: ["etude_loss", "etude_mfu_ratio"],
      foreign: "etude_kl_weight",
    },
    {
      name: "reinforcement",
      shown: /SIMULATED/,
      metrics: ["etude_kl_weight", "etude_loss_kl"],
      foreign: "etude_kl_divergence",
    },
  ])("shows and exports a log of protocol 1: $name", async ({ name, shown, metrics, foreign }) => {
    const path = join(import.meta.dirname, "fixtures", "protocol-1", `${name}.jsonl`);
    const words = ["replay", path, "--export", `openmetrics=${name}.txt`];
    const { stdout, stderr, exitCode } = await run(words);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).not.toContain("warning: ");
    expect(stdout + stderr).toMatch(shown);
    const exported = await readFile(join(folder, `${name}.txt`), "utf8");
    for (const metric of metrics) expect(exported).toContain(metric);
    expect(exported).not.toContain(foreign);
  });

  test("begins at the step it is told, and exports all of the run", async () => {
    const words = ["replay", "run.jsonl", "--from-step", "100", "--export", "csv=from.csv"];
    const { stdout } = await run([...words, "--json"]);
    expect(
      eventsOf(stdout)
        .map(({ type }) => type)
        .slice(0, 2),
    ).toEqual(["run-started", "step-done"]);
    expect(eventsOf(stdout)[1]).toMatchObject({ step: 100 });
    const table = await readFile(join(folder, "from.csv"), "utf8");
    expect(table.match(/,step-done,/g)).toHaveLength(120);
  });

  test("looks like a training where it was one, and like a simulation where it was one", async () => {
    const trained = await run(["replay", "run.jsonl"]);
    expect(trained.stdout).toContain("started: birds");
    expect(trained.stdout).not.toContain("SIMULATED");
    const told = await run([...SIMULATE, ...FAST, "--once", "--json"]);
    const simulated = await run(["replay", "-"], told.stdout);
    expect(simulated.stdout).toMatch(/^SIMULATED RUN: nothing here is measured/);
    expect(simulated.stdout).toMatch(/\nSIMULATED RUN finished[^\n]*\n$/);
  });

  test.each([
    { words: ["replay", "nowhere"], code: 2, says: 'Cannot replay "nowhere"' },
    { words: ["replay", "."], code: 2, says: "holds no events.jsonl" },
    { words: ["replay", "empty"], code: 1, says: "found no events" },
    { words: ["replay", "run.jsonl", "--export", "xml=x"], code: 2, says: "FORMAT=PATH" },
    { words: ["replay", "run.jsonl", "-s", "0"], code: 2, says: "of at least 0.01" },
  ])("ends with $code for $words", async ({ words, code, says }) => {
    await writeFile(join(folder, "empty"), "");
    expectRefused(await run(words), says, code);
  });
});

test("a training and its resume are exported as one run, the same as from its folder", async () => {
  await writePlucks(join(folder, "corpus"), 6);
  const small =
    "--model mel --latent 4 --chunk-seconds 0.4 --batch-size 1 --threads 1 --seed 7 --preview-every 0 --no-analysis".split(
      " ",
    );
  const train = ["train", "corpus", "-o", "run", "--epochs", "1", ...small];
  const first = await run([...train, "--json", "--export", "csv=one.csv"]);
  expect(first.exitCode).toBe(0);
  const [resumed, replayed] = ["resumed", "again"].map(everything);
  const words = ["resume", "--no-analysis", "run", "--epochs", "2", "--json"];
  expect((await run([...words, ...(resumed?.words ?? [])])).exitCode).toBe(0);
  expect((await run(["replay", "run", ...(replayed?.words ?? [])])).exitCode).toBe(0);
  const contents = (await resumed?.contents()) ?? {};
  expect(contents).toEqual(await replayed?.contents());
  expect(contents["/jsonl"]).toBe(await readFile(join(folder, "run", "events.jsonl"), "latin1"));
  // What is saved between two steps depends on how long they take.
  const steps = stepRows(contents["/csv"] ?? "");
  expect(steps).toHaveLength(16);
  const before = stepRows(await readFile(join(folder, "one.csv"), "utf8"));
  expect(before).toHaveLength(8);
  expect(steps.slice(0, 8)).toEqual(before);
  expect(contents["/csv"]).not.toMatch(/^simulated,/m);
});

function stepRows(table: string): string[] {
  return table.split("\n").filter((row) => row.includes(",step-done,"));
}
