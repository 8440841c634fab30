/** What the command line is told to beside the console: paths, failures, the port. */

import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleRun } from "../../test/example-run.ts";
import type { UserError } from "../errors.ts";
import { nodeClock } from "../host.node.ts";
import { exportOption } from "../options/export-options.ts";
import { EXPORT_FORMATS } from "../show/metrics/formats.ts";
import type { CommandContext } from "./context.ts";
import { type ExportsOptions, openExports, requireApart } from "./exports.node.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude exports ü "));
});
afterAll(() => rm(folder, { recursive: true }));

interface Asked extends ExportsOptions {
  readonly words?: readonly string[];
  readonly metricsPort?: number;
}

/** Opens exports as a command does, and keeps what it says on stderr. */
async function opened({ words = [], metricsPort, ...options }: Asked) {
  const said: string[] = [];
  const stderr = { write: (text: string) => void said.push(text) };
  const context = { clock: nodeClock, workingFolder: folder, stderr } as unknown as CommandContext;
  const exports = await openExports(context, { export: words, metricsPort }, options);
  return { exports, said };
}

test("the formats in the help text are those there are", () => {
  for (const format of Object.keys(EXPORT_FORMATS))
    expect(exportOption.description).toContain(format);
});

test("writes every format, into folders that it makes", async () => {
  const words = Object.keys(EXPORT_FORMATS).map((format) => `${format}=all/of them/${format}.out`);
  const { exports } = await opened({ words });
  for (const event of exampleRun()) exports.show(event);
  await exports.close();
  expect((await readdir(join(folder, "all", "of them"))).sort()).toEqual([
    "asciicast.out",
    "csv.out",
    "jsonl.out",
    "openmetrics.out",
    "otlp-logs.out",
    "otlp.out",
    "tensorboard.out",
  ]);
});

test("replaces what an earlier export left, and writes it whole", async () => {
  const path = join(folder, "run.csv");
  await writeFile(path, "x".repeat(1_000_000));
  const { exports } = await opened({ words: ["csv=run.csv"] });
  const events = exampleRun();
  for (const event of events.slice(0, 10)) exports.recall(event);
  for (const event of events.slice(10)) exports.show(event);
  await exports.close();
  const text = await readFile(path, "utf8");
  expect(text).not.toContain("x".repeat(10));
  expect(text.match(/,step-done,/g)).toHaveLength(120);
});

test.each([
  {
    words: ["cvs=run.csv"],
    message: /--export: found "cvs=run.csv", need FORMAT=PATH/,
    hint: /"csv=/,
  },
  { words: ["csv"], message: /need FORMAT=PATH/, hint: /csv=run.csv/ },
  { words: ["csv="], message: /need FORMAT=PATH/, hint: /csv=run.csv/ },
  { words: ["=run.csv"], message: /need FORMAT=PATH, with one of asciicast, csv/, hint: /For/ },
  { words: ["toString=x"], message: /need FORMAT=PATH/, hint: /For/ },
  { words: ["otlp=a.jsonl", "jsonl=a-logs.jsonl"], message: /-logs.*" twice/, hint: /path of its/ },
  { words: ["csv=a", "jsonl=./a"], message: /to ".*a" twice/, hint: /path of its own/ },
])("refuses $words as wrong usage", async ({ words, message, hint }) => {
  const failure: UserError = await opened({ words }).catch((error) => error);
  expect(failure).toMatchObject({ code: "usage", exitCode: 2 });
  expect(failure.message).toMatch(message);
  expect(failure.hint).toMatch(hint);
});

test.each([
  { truth: "a.jsonl", words: ["csv=b.csv", "jsonl=./x/../a.jsonl"], isRefused: true },
  { truth: "a-logs.jsonl", words: ["otlp=a.jsonl"], isRefused: true },
  { truth: "a.jsonl", words: ["jsonl=b.jsonl", "otlp=c.jsonl"], isRefused: false },
  { truth: undefined, words: ["jsonl=a.jsonl"], isRefused: false },
])("the truth in $truth beside $words: refused $isRefused", ({ truth, words, isRefused }) => {
  const check = (): void => requireApart({ truth, export: words }, { workingFolder: folder });
  if (!isRefused) return check();
  expect(check).toThrow(
    expect.objectContaining({
      code: "usage",
      exitCode: 2,
      message: `Cannot write --truth and --export to one file: found "${truth}" for both, need two`,
    }),
  );
});

describe("a path that cannot be written", () => {
  beforeAll(() => writeFile(join(folder, "file"), "kept"));

  test.each(["csv=file/run.csv", "tensorboard=file", "tensorboard=file/tb", "jsonl=."])(
    "is refused before anything is told: %s",
    async (word) => {
      await expect(opened({ words: [word] })).rejects.toMatchObject({
        code: "file-not-written",
        exitCode: 1,
        message: expect.stringMatching(/^Cannot write "/),
      });
      expect(await readFile(join(folder, "file"), "utf8")).toBe("kept");
    },
  );

  test("later on is thrown, or told once while everything else goes on", async () => {
    await mkdir(join(folder, "tb"));
    await writeFile(join(folder, "tb", "birds-1700000000"), "in the way");
    const words = ["tensorboard=tb", "jsonl=on.jsonl"];
    const strict = await opened({ words });
    expect(() => strict.exports.show(exampleRun()[0] as never)).toThrow(/Cannot write/);
    await strict.exports.close();

    const failures: UserError[] = [];
    const lenient = await opened({ words, onFailure: (failure) => failures.push(failure) });
    for (const event of exampleRun()) lenient.exports.show(event);
    await lenient.exports.close();
    expect(failures.map(({ code }) => code)).toEqual(["file-not-written"]);
    const lines = (await readFile(join(folder, "on.jsonl"), "utf8")).trimEnd().split("\n");
    expect(lines).toHaveLength(exampleRun().length);
  });
});

describe("the port", () => {
  test("answers in the format that is asked for", async () => {
    const { exports, said } = await opened({ metricsPort: 0 });
    const address = /^metrics at (http:\/\/127\.0\.0\.1:\d+\/metrics)\n$/.exec(said.join(""))?.[1];
    for (const event of exampleRun().slice(0, 20)) exports.show(event);
    const ask = async (accept: string) => {
      const response = await fetch(address ?? "", { headers: { accept } });
      return { type: response.headers.get("content-type"), text: await response.text() };
    };
    const plain = await ask("*/*");
    expect(plain.type).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(plain.text).toContain("# TYPE etude_steps_total counter\n");
    const open = await ask("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3");
    expect(open.type).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(open.text).toMatch(/# TYPE etude_steps counter\n[\s\S]*# EOF\n$/);
    const refused = await ask("application/openmetrics-text;q=0, text/plain");
    expect(refused.type).toBe(plain.type);
    await exports.close();
    await expect(fetch(address ?? "")).rejects.toThrow();
  });

  test.each([
    { path: "/", method: "GET", status: 404 },
    { path: "/metrics?x=1", method: "GET", status: 200 },
    { path: "/metrics", method: "HEAD", status: 200 },
    { path: "/metrics", method: "POST", status: 405 },
  ])("answers $method $path with $status", async ({ path, method, status }) => {
    const { exports, said } = await opened({ metricsPort: 0 });
    const origin = /http:\/\/[^/]+/.exec(said.join(""))?.[0];
    expect((await fetch(`${origin}${path}`, { method })).status).toBe(status);
    await exports.close();
  });

  test("that is taken is named, with what to do", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await expect(opened({ metricsPort: port })).rejects.toMatchObject({
      code: "port-taken",
      message: `Cannot serve metrics on port ${port}: another program uses it`,
      hint: expect.stringContaining("--metrics-port"),
    });
    other.close();
  });
});
