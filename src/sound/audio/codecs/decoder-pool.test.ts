import { createHash } from "node:crypto";
import { on } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { PreparedOutcome } from "../corpus/prepare.ts";
import type { DecodeJob, JobReply, SoundAhead } from "./decode-jobs.ts";
import {
  createDecoderPool,
  type DecoderPool,
  type DecoderPoolOptions,
} from "./decoder-pool.node.ts";
import { writeWav } from "./wav-write.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/audio/", import.meta.url));

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
    const pool = poolOf();
    const { outcome } = await pool.prepare(path, 48_000);
    if (!outcome.ok) throw new Error(outcome.message);
    expect(outcome.mono.length).toBe(24_000);
    expect(outcome.facts).toMatchObject({
      sampleRateHz: 22_050,
      channelCount: 1,
      durationSeconds: 0.5,
    });
    const sha256 = (...pieces: Uint8Array[]): string => {
      const hash = createHash("sha256");
      for (const piece of pieces) hash.update(piece);
      return hash.digest("hex");
    };
    expect(outcome.contentHash).toBe(sha256(readFileSync(join(fixtures, "tone.flac"))));
    const decoded = await pool.decode(path);
    if (!decoded.outcome.ok) throw new Error(decoded.outcome.message);
    const rate = Buffer.alloc(8);
    rate.writeDoubleBE(22_050);
    const [samples = new Float32Array(0)] = decoded.outcome.sound.channels;
    const integers = Int16Array.from(samples, (x) => Math.round(32_768 * x));
    expect(outcome.soundHash).toBe(sha256(rate, new Uint8Array(integers.buffer)));
  });

  test("says why a file cannot be read", async () => {
    const { outcome } = await poolOf().decode(join(fixtures, "not-there.wav"));
    expect(outcome).toMatchObject({ ok: false, code: "unreadable" });
  });

  test("says of a long file how much of it is done, and of a short one nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "etude-long-"));
    const lasting = (seconds: number): string => {
      const path = join(folder, `${seconds}.wav`);
      const channels = [Float32Array.from({ length: 8000 * seconds }, (_, i) => Math.sin(i))];
      writeFileSync(path, writeWav({ sampleRate: 8000, channels }));
      return path;
    };
    const pool = poolOf({ workerCount: 1 });
    const shares: number[] = [];
    const short: number[] = [];
    await pool.prepare(lasting(61), 44_100, (share) => shares.push(share));
    await pool.prepare(lasting(2), 44_100, (share) => short.push(share));
    rmSync(folder, { recursive: true });
    expect(short).toEqual([]);
    expect(shares.length).toBeGreaterThan(3);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBeLessThan(1);
    expect(shares.at(-1)).toBeGreaterThan(0.85);
  });

  test("says of a long file that needs no resampling how much is done, and hands its samples on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "etude-long-"));
    const path = join(folder, "long.wav");
    const samples = Float32Array.from({ length: 8000 * 400 }, (_, i) => Math.sin(i));
    const sound = { sampleRate: 8000, channels: [samples] };
    writeFileSync(path, writeWav(sound, { encoding: "float32" }));
    const shares: number[] = [];
    const { outcome } = await poolOf().prepare(path, 8000, (share) => shares.push(share));
    rmSync(folder, { recursive: true });
    if (!outcome.ok) throw new Error(outcome.message);
    expect(Buffer.from(outcome.mono.buffer).equals(Buffer.from(samples.buffer))).toBe(true);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    // Within the decoding, and after it.
    expect(shares.filter((share) => share < 0.5).length).toBeGreaterThan(2);
    expect(shares.filter((share) => share >= 0.5).length).toBeGreaterThan(2);
  });

  test("answers many files at once, each with its own sound", async () => {
    const pool = poolOf({ workerCount: 2 });
    const names = ["tone.mp3", "tone.opus", "tone.caf", "tone.aiff", "tone.flac", "README.md"];
    const replies = await Promise.all(names.map((name) => pool.decode(join(fixtures, name))));
    const told = replies.map(({ outcome }) => (outcome.ok ? outcome.format : outcome.code));
    expect(told).toEqual(["mp3", "opus", "caf", "aiff", "flac", "not-audio"]);
  });

  test("says so at once where the worker was not built", () => {
    const workerUrl = new URL("./no-such-worker.js", import.meta.url);
    expect(() => createDecoderPool({ workerUrl })).toThrow(/run the build/);
  });
});

describe("the worker", () => {
  test("tells how long a sound is going to be, then answers", async () => {
    const worker = new Worker(
      new URL("../../../../program/decode-worker.node.js", import.meta.url),
    );
    const job: DecodeJob = { task: "prepare", path: join(fixtures, "tone.flac"), toHz: 48_000 };
    const messages: (SoundAhead | JobReply<PreparedOutcome>)[] = [];
    worker.postMessage(job);
    for await (const [message] of on(worker, "message")) {
      messages.push(message);
      if ("outcome" in message) break;
    }
    await worker.terminate();
    const fileBytes = statSync(join(fixtures, "tone.flac")).size;
    expect(messages.slice(0, 2)).toEqual([
      { soundSeconds: fileBytes / 16_000 },
      { soundSeconds: Math.max(fileBytes / 16_000, 0.5) },
    ]);
    expect(messages[2]).toMatchObject({ bytes: fileBytes, outcome: { ok: true } });
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
    { path: "grow", code: "decoder-crashed", message: /memory/ },
  ])("names the file that made it $path, and goes on with a new one", async (row) => {
    const pool = poolOf({
      workerCount: 1,
      heapMiB: 32,
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

  test("names the file that made it hang, and goes on with a new one", async () => {
    const pool = poolOf({ workerCount: 1, timeoutMs: 300, workerUrl });
    expect((await pool.decode("hang")).outcome).toMatchObject({
      code: "decoder-timeout",
      message: expect.stringContaining("longer than"),
    });
    // A busy machine may take longer than that to start a worker, which counts.
    const again = async () => (await pool.decode("ok")).outcome;
    await expect.poll(again, { timeout: 500_000 }).toMatchObject({ message: "fine" });
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
