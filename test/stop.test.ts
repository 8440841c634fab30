/** Ctrl-C as a person meets it, before a command has begun and while it waits. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../src/cli/commands.ts";
import { eventToLine } from "../src/events/wire.ts";
import { exampleRun } from "./example-run.ts";
import { type Ended, endOf, etude, startEtude } from "./support/etude-process.ts";

const COLOUR_CODE = /\p{Cc}\[[\d;]*m/gu;
const CTRL_C = process.platform === "win32" ? null : 0;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude stop ä "));
  // Builds once, so that no test below pays for it.
  await endOf(startEtude(["--version"], folder));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a command that first runs this when somebody begins to listen to the signal. */
function withListener(code: string, words: readonly string[]): Promise<Ended> {
  const script = `
    const stop = () => process.kill(process.pid, "SIGINT");
    let listeners = 0;
    process.on("newListener", (name) => {
      if (name !== "SIGINT") return;
      listeners += 1;
      ${code}
    });
  `;
  const preload = `data:text/javascript,${encodeURIComponent(script)}`;
  const node = ["--import", preload, etude, ...words];
  return endOf(spawn(process.execPath, node, { cwd: folder, env: { HOME: folder } }));
}

/** Stopped as soon as anybody listens. */
function stoppedAtOnce(words: readonly string[]): Promise<Ended> {
  return withListener("setImmediate(stop);", words);
}

describe.skipIf(process.platform === "win32")("Ctrl-C before the command has begun", () => {
  test.each([
    ["simulate"],
    ["replay", "run.jsonl"],
    ["--device", "cpu", "simulate", "--json"],
    ["--config=x.toml", "simulate", "train"],
  ])("says goodbye and ends with 0: %s %s %s", async (...words) => {
    const ended = await stoppedAtOnce(words);
    expect(ended).toEqual({ exitCode: 0, stdout: "", stderr: "Goodbye: nothing was shown yet.\n" });
  });

  test("is not lost where it comes while the command takes over", async () => {
    const code = "if (listeners === 2) stop();";
    const { exitCode, stdout } = await withListener(code, ["simulate"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Goodbye: [^\n]*\n$/);
  });

  test.each([["train", "simulate"], ["--config", "simulate", "doctor"], ["doctor"]])(
    "ends with 130 and nothing else: %s %s",
    async (...words) => {
      expect(await stoppedAtOnce(words)).toEqual({ exitCode: 130, stdout: "", stderr: "" });
    },
  );
});

describe("Ctrl-C twice, the second one before the first has done anything", () => {
  // A key that bounces, or npx, which passes on what the terminal has sent to everybody.
  const script = `
    Object.assign(process.stdout, { isTTY: true, columns: 100, rows: 30 });
    const write = process.stdout.write;
    process.stdout.write = function (...words) {
      process.stdout.write = write;
      setImmediate(() => {
        process.emit("SIGINT", "SIGINT");
        process.emit("SIGINT", "SIGINT");
      });
      return write.apply(process.stdout, words);
    };
  `;
  const preload = `data:text/javascript,${encodeURIComponent(script)}`;

  test.each([["simulate"], ["simulate", "--jobs", "2"], ["replay", "run.jsonl"]])(
    "says goodbye, with the terminal as it was: %s %s %s",
    async (...words) => {
      await writeFile(join(folder, "run.jsonl"), exampleRun().map(eventToLine).join(""));
      const node = ["--import", preload, etude, ...words];
      const child = spawn(process.execPath, node, { cwd: folder, env: { HOME: folder } });
      const { exitCode, stdout } = await endOf(child);
      expect(exitCode).toBe(0);
      expect(child.signalCode).toBeNull();
      expect(stdout).toMatch(/Goodbye: [^\n]*\n$/);
      expect(stdout.lastIndexOf("\u001b[?25h")).toBeGreaterThan(stdout.lastIndexOf("\u001b[?25l"));
      const colours = stdout.match(COLOUR_CODE) ?? [];
      expect(colours.length).toBeGreaterThan(0);
      expect(["\u001b[0m", "\u001b[39m", "\u001b[22m"]).toContain(colours.at(-1));
    },
  );
});

describe("Ctrl-C while a replay waits for more", () => {
  const lines = exampleRun().map(eventToLine).slice(0, 40).join("");

  test.each([
    { words: ["replay", "-"], farewellOn: "stdout" },
    { words: ["replay", "-", "--json"], farewellOn: "stderr" },
  ] as const)("$words says goodbye on $farewellOn and ends with 0", async (row) => {
    const { words, farewellOn } = row;
    const child = spawn(process.execPath, [etude, ...words], {
      cwd: folder,
      env: { HOME: folder },
    });
    // More might come: the pipe stays open.
    child.stdin.write(lines);
    const ended = endOf(child);
    await once(child.stdout, "data");
    child.kill("SIGINT");
    const { exitCode, ...said } = await ended;
    expect(exitCode).toBe(CTRL_C);
    if (CTRL_C === 0)
      expect(said[farewellOn]).toMatch(
        /\nGoodbye: the replay ends here\.\n$|^Goodbye: the replay ends here\.\n$/,
      );
    const other = farewellOn === "stdout" ? said.stderr : said.stdout;
    expect(other).not.toContain("Goodbye");
  });

  test("says nothing of it where the reader has gone", async () => {
    const child = spawn(process.execPath, [etude, "replay", "-", "--json"], {
      cwd: folder,
      env: { HOME: folder },
    });
    child.stdin.on("error", () => {});
    child.stdin.write(lines);
    await once(child.stdout, "data");
    child.stdout.destroy();
    const said = text(child.stderr);
    // Telling this, it meets the closed pipe.
    child.stdin.write(lines);
    const [exitCode] = await once(child, "close");
    const stderr = await said;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});

test("what listens before the build knows the commands that are ended by a signal", async () => {
  const source = await readFile(new URL("../bin/etude.mjs", import.meta.url), "utf8");
  const [, list = "[]"] = /const ENDED_BY_STOP = (\[.*?\]);/.exec(source) ?? [];
  const ended = Object.entries(commands).filter(([, spec]) => spec.endsWhenStopped === true);
  expect(JSON.parse(list).sort()).toEqual(ended.map(([name]) => name).sort());
});
