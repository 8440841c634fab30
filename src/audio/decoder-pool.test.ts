import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  createDecoderPool,
  type DecoderPool,
  type DecoderPoolOptions,
} from "./decoder-pool.node.ts";

const fixtures = fileURLToPath(new URL("../../test/fixtures/audio/", import.meta.url));

let open: DecoderPool[] = [];
function poolOf(options: DecoderPoolOptions = {}): DecoderPool {
  const pool = createDecoderPool(options);
  open.push(pool);
  return pool;
}
afterEach(async () => {
  await Promise.all(open.map((pool) => pool.close()));
  open = [];
});

describe("createDecoderPool()", () => {
  test("decodes in another thread, with all channels at their own rate", async () => {
    const { bytes, outcome } = await poolOf().decode(join(fixtures, "pair.ogg"));
    expect(bytes).toBe(5233);
    expect(outcome).toMatchObject({
      ok: true,
      format: "ogg-vorbis",
      sound: { sampleRate: 44_100 },
    });
    if (outcome.ok)
      expect(outcome.sound.channels.map((channel) => channel.length)).toEqual([22_050, 22_050]);
  });

  test("prepares mono at the rate asked for, and takes a path as bytes", async () => {
    const path = new TextEncoder().encode(join(fixtures, "tone.flac"));
    const { outcome } = await poolOf().prepare(path, 48_000);
    if (!outcome.ok) throw new Error(outcome.message);
    expect(outcome.mono.length).toBe(24_000);
    expect(outcome.facts).toMatchObject({
      sampleRateHz: 22_050,
      channelCount: 1,
      durationSeconds: 0.5,
    });
    expect(outcome.contentHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("says why a file cannot be read", async () => {
    const { outcome } = await poolOf().decode(join(fixtures, "not-there.wav"));
    expect(outcome).toMatchObject({ ok: false, code: "unreadable" });
  });

  test("answers many files at once, each with its own sound", async () => {
    const pool = poolOf({ workerCount: 2 });
    const names = ["tone.mp3", "tone.opus", "tone.caf", "tone.aiff", "tone.flac", "tone.m4a"];
    const replies = await Promise.all(names.map((name) => pool.decode(join(fixtures, name))));
    const told = replies.map(({ outcome }) => (outcome.ok ? outcome.format : outcome.code));
    expect(told).toEqual(["mp3", "opus", "caf", "aiff", "flac", "unsupported-format"]);
  });

  test("says so at once where the worker was not built", () => {
    const workerUrl = new URL("./no-such-worker.js", import.meta.url);
    expect(() => createDecoderPool({ workerUrl })).toThrow(/run the build/);
  });
});

describe("a pool whose worker dies", () => {
  let folder = "";
  let workerUrl: URL;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "etude-pool-"));
    // A worker that does what a decoder may do with a hostile file, as the file's name asks.
    const script = `
      const { parentPort } = require("node:worker_threads");
      const done = () => parentPort.postMessage({ bytes: 1, outcome: { ok: false, code: "empty", message: "fine" } });
      parentPort.on("message", ({ path }) => {
        if (path === "hang") for (;;);
        if (path === "throw") throw new WebAssembly.RuntimeError("memory access out of bounds");
        if (path === "exit") process.exit(7);
        if (path === "grow") { const all = []; for (;;) all.push(new Array(1e6).fill(all)); }
        done();
        if (path === "die later") setImmediate(() => { throw new Error("in free()"); });
      });`;
    const path = join(folder, "hostile.cjs");
    writeFileSync(path, script);
    workerUrl = new URL(`file://${path}`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    { path: "throw", code: "decoder-crashed", message: /memory access out of bounds/ },
    { path: "exit", code: "decoder-crashed", message: /without an answer/ },
    { path: "hang", code: "decoder-timeout", message: /longer than/ },
    { path: "grow", code: "decoder-crashed", message: /memory/ },
  ])("names the file that made it $path, and goes on with a new one", async (row) => {
    const pool = poolOf({
      workerCount: 1,
      heapMiB: 32,
      timeoutMs: row.path === "hang" ? 300 : 60_000,
      workerUrl,
    });
    const replies = await Promise.all(["ok", row.path, "ok"].map((path) => pool.decode(path)));
    expect(replies.map(({ outcome }) => (outcome.ok ? "" : outcome.code))).toEqual([
      "empty",
      row.code,
      "empty",
    ]);
    const failure = replies[1]?.outcome;
    expect(failure?.ok === false && failure.message).toMatch(row.message);
  });

  test("does not blame the next file for a death after the answer", async () => {
    const pool = poolOf({ workerCount: 1, workerUrl });
    for (const path of ["die later", "ok", "die later", "ok"]) {
      expect((await pool.decode(path)).outcome).toMatchObject({ message: "fine" });
    }
  });

  test("rejects what is unfinished when it closes", async () => {
    const pool = poolOf({ workerCount: 1, workerUrl });
    const unfinished = [pool.decode("hang"), pool.decode("ok")];
    const settled = Promise.allSettled(unfinished);
    await pool.close();
    expect((await settled).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });
});
