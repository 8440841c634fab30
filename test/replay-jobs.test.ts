/** The log of several jobs told again: `etude replay` beside the `etude simulate --jobs` it is from. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { etudeHere } from "./support/command-here.ts";
import { type Ended, endOf, etude, eventsOf, startEtude } from "./support/etude-process.ts";

const small = ["--model", "SmolLM2-135M", "--gpus", "H100:8", "--tokens", "20M", "--seed", "5"];
const simulate = ["simulate", "--jobs", "3", ...small, "--once", "-s", "1e9"];

let folder = "";
let log = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude replay jobs ä "));
  log = (await run([...simulate, "--json"])).stdout;
  await writeFile(join(folder, "jobs.jsonl"), log);
});
afterAll(() => rm(folder, { recursive: true }));

/** With an input in a process of its own. */
function run(words: readonly string[], input?: string): Promise<Ended> {
  return input === undefined ? etudeHere(words, folder) : endOf(startEtude(words, folder, input));
}

describe("in a pipe", () => {
  test.each([[["--dialect", "etude"]], [["--dialect", "megatron"]], [["--json"]]])(
    "%s: the same lines as were told, from a file and from a pipe",
    async (words) => {
      const told = await run([...simulate, ...words]);
      const replayed = await run(["replay", "jobs.jsonl", ...words]);
      expect(replayed).toMatchObject({ exitCode: 0, stderr: "" });
      // Only the simulation says goodbye.
      expect(told.stdout.replace(/Goodbye: .*\n$/, "")).toBe(replayed.stdout);
      expect((await run(["replay", "-", ...words], log)).stdout).toBe(replayed.stdout);
    },
  );

  test("the runs of a job are told apart", async () => {
    const words = ["--jobs", "2", ...small, "-s", "1e9", "--exit-after-modules", "4"];
    const told = await run(["simulate", ...words]);
    const { stdout } = await run(["simulate", ...words, "--json"]);
    const replayed = await run(["replay", "-"], stdout);
    for (const job of ["[1]", "[2]"]) {
      const [before, after] = [told, replayed].map((one) =>
        one.stdout
          .split(/(?<=\n)/)
          .filter((line) => line.startsWith(job))
          .join(""),
      );
      // A job that was stopped between two runs had said that another one begins.
      expect(before?.startsWith(after ?? "-")).toBe(true);
    }
    expect(replayed.stdout).toMatch(/^\[1\] Starting a new run\n/m);
  });

  test("--from-step holds for each job, and its files have the whole of it", async () => {
    const words = ["replay", "jobs.jsonl", "--from-step", "5", "--json"];
    const { stdout } = await run([...words, "--export", "csv=from.csv"]);
    for (const job of [1, 2, 3]) {
      const told = eventsOf(stdout).filter((event) => event.job === job);
      expect(told[0]?.type).toBe("run-started");
      expect(told[1]).toMatchObject({ type: "step-done", step: 5 });
    }
    const all = await run([...simulate, "--export", "csv=all.csv"]);
    expect(all.exitCode).toBe(0);
    const table = (name: string) => readFile(join(folder, name), "utf8");
    expect(await table("from-2.csv")).toBe(await table("all-2.csv"));
  });

  test("a log of one of the jobs is that of a run alone", async () => {
    const second = log
      .split(/(?<=\n)/)
      .filter((line) => line.endsWith(',"job":2}\n'))
      .join("");
    const alone = await run(["simulate", ...small, "--seed", "6", "--once", "-s", "1e9"]);
    const replayed = await run(["replay", "-"], second);
    expect(alone.stdout.startsWith(replayed.stdout)).toBe(true);
    expect(replayed.stdout).not.toMatch(/^\[\d\]/m);
    expect((await run(["replay", "-", "--json"], second)).stdout).toBe(second);
  });

  test("runs that were not all simulated come one after the other, each as what it is", async () => {
    const [first = "", ...rest] = log.split(/(?<=\n)/);
    const trained = [first.replace('"simulated"', '"trained"'), ...rest].join("");
    const { stdout } = await run(["replay", "-"], trained);
    expect(stdout).not.toMatch(/^\[\d\]/m);
    expect(stdout.match(/SIMULATED RUN: .*seed/g)).toHaveLength(2);
  });
});

test("exports are written once a job, as they were while it was told", async () => {
  const formats = ["csv", "jsonl", "openmetrics", "otlp"];
  const words = (name: string) => formats.flatMap((one) => ["--export", `${one}=${name}.${one}`]);
  expect((await run([...simulate, ...words("told")])).exitCode).toBe(0);
  expect((await run(["replay", "jobs.jsonl", ...words("again")])).exitCode).toBe(0);
  for (const format of formats) {
    for (const job of [1, 2, 3]) {
      const [told, again] = ["told", "again"].map((name) =>
        readFile(join(folder, `${name}-${job}.${format}`), "utf8"),
      );
      expect(await again).toBe(await told);
    }
  }
});

test("each job is served on a port of its own, and there must be enough of them", async () => {
  const { stderr, exitCode } = await run(["replay", "jobs.jsonl", "--metrics-port", "0"]);
  expect(exitCode).toBe(0);
  expect([...stderr.matchAll(/^\[(\d)\] metrics at \S+$/gm)].map(([, job]) => job)).toEqual([
    "1",
    "2",
    "3",
  ]);
  const refused = await run(["replay", "jobs.jsonl", "--metrics-port", "65534"]);
  expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
  expect(refused.stderr).toContain("need one port each");
});

describe.skipIf(process.platform === "win32")("on a terminal", () => {
  test.each([["--instant"], ["--speed-factor", "1e9"]])(
    "%s: side by side on the whole screen, with a line for each job afterwards",
    async (...pace) => {
      const { stdout, exitCode } = await endOf(onTerminal(["replay", "jobs.jsonl", ...pace]));
      expect(exitCode).toBe(0);
      expect(
        stdout
          .split(LEAVE_SCREEN)
          .at(-1)
          ?.match(/^\[\d\] /gm),
      ).toHaveLength(3);
    },
  );

  test("Ctrl-C gives the screen back and says goodbye", async () => {
    const child = onTerminal(["replay", "jobs.jsonl", "--speed-factor", "0.01"]);
    const ended = endOf(child);
    await once(child.stdout, "data");
    child.kill("SIGINT");
    const { stdout, exitCode } = await ended;
    expect(exitCode).toBe(0);
    const [before = "", after = ""] = stdout.split(LEAVE_SCREEN);
    expect(before).toContain("\u001b[?1049h");
    expect(after.match(/^\[\d\] /gm)).toHaveLength(3);
    expect(after).toMatch(/Goodbye: the replay ends here\.\n$/);
  });
});

/** The cursor is shown, and what stood there before comes back. */
const LEAVE_SCREEN = "\u001b[?25h\u001b[?1049l";

/** With a standard output that says it is a terminal. */
function onTerminal(words: readonly string[]) {
  const script = "Object.assign(process.stdout, { isTTY: true, columns: 100, rows: 30 });";
  const preload = `data:text/javascript,${encodeURIComponent(script)}`;
  const node = ["--import", preload, etude, ...words];
  return spawn(process.execPath, node, { cwd: folder, env: { HOME: folder, NO_COLOR: "1" } });
}
