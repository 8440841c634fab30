/** `etude simulate --dialect` as a process: what a log collector would be given. */

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commands } from "../src/cli/commands.ts";
import { lineToEvent } from "../src/events/wire.ts";
import { DIALECTS } from "../src/rehearsal/dialects/dialects.ts";
import { etudeHere } from "./support/command-here.ts";
import { startEtude } from "./support/etude-process.ts";

const small = ["--model", "SmolLM2-135M", "--gpus", "H100:8", "--tokens", "20M", "--seed", "5"];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude-dialects-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the dialects on the command line are those there are, and our own view", () => {
  const { choices } = commands.simulate.options.dialect;
  expect([...choices].sort()).toEqual(["etude", ...Object.keys(DIALECTS)].sort());
});

test("stdout has the lines of the dialect and nothing else", async () => {
  const words = ["simulate", "--dialect", "torchtitan", ...small, "--once", "-s", "1e9"];
  const { stdout, stderr, exitCode } = await etudeHere(words, folder);
  const lines = stdout.trimEnd().split("\n");
  expect(exitCode).toBe(0);
  expect(lines[0]).toMatch(/^# simulated by etude/);
  expect(lines.at(-1)).toMatch(/^# simulated by etude.*run finished after step \d+$/);
  expect(stdout).toMatch(/\[rank0\]:\[titan\] .* - root - INFO - step: 10 {2}loss: /);
  expect(stderr).toMatch(/^Goodbye: 1 run told/);
});

test("JSON wins over a dialect", async () => {
  const words = ["simulate", "--dialect", "megatron", "--json", ...small, "--once", "-s", "1e9"];
  const { stdout } = await etudeHere(words, folder);
  for (const line of stdout.trimEnd().split("\n")) expect(lineToEvent(line)).toHaveProperty("seq");
});

test("lines count for --instant-print-lines, and a reader that leaves ends it quietly", async () => {
  const words = ["simulate", "--dialect", "nanotron", ...small, "-s", "0.01", "-i", "150"];
  const child = startEtude(words, folder);
  const closed = once(child, "close");
  let errors = "";
  child.stderr?.on("data", (text) => {
    errors += String(text);
  });
  if (child.stdout === null) throw new Error("The child has no stdout");
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    count += line.startsWith("[default0]") ? 1 : 0;
    if (count === 22) break;
  }
  child.stdout.destroy();
  child.kill("SIGINT");
  const [exitCode] = await closed;
  expect(exitCode).toBe(0);
  expect(errors).not.toContain("    at ");
});
