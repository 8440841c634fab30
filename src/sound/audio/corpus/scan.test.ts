import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { sine } from "../../../../test/support/tones.ts";
import { createDecoderPool, type DecoderPool } from "../codecs/decoder-pool.node.ts";
import { type WavOptions, writeWav } from "../codecs/wav-write.ts";
import { peakOfChannels, rootMeanSquare } from "../level.ts";
import { type CorpusFile, type CorpusReport, corpusReport } from "./corpus.ts";
import type { CorpusEntry } from "./judge.ts";
import { readCorpus, type ScanTools } from "./scan.node.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/audio/", import.meta.url));
const pool = createDecoderPool();
afterAll(() => pool.close());

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "etude-scan-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
}

/** Half a second of a tone of its own. */
function tone(
  hz: number,
  options: WavOptions & { seconds?: number; rateHz?: number } = {},
): Uint8Array {
  const { seconds = 0.5, rateHz = 44_100, ...wav } = options;
  const samples = sine({ hz, rateHz, length: Math.round(seconds * rateHz) });
  return writeWav({ sampleRate: rateHz, channels: [samples] }, wav);
}

/** Reads a whole folder for its report alone. */
async function scanCorpus(
  root: string,
  tools: ScanTools & { readonly onEntry?: (entry: CorpusEntry) => void },
): Promise<CorpusReport> {
  const files: CorpusFile[] = [];
  for await (const entry of readCorpus(root, tools)) {
    files.push(entry.file);
    tools.onEntry?.(entry);
  }
  return corpusReport(root, files);
}

/** "path: what became of it". */
function fate(file: CorpusFile): string {
  switch (file.fate) {
    case "used":
      return `${file.path}: used`;
    case "duplicate":
      return `${file.path}: same as ${file.duplicateOf}`;
    case "left-out":
      return `${file.path}: ${file.code}`;
  }
}

async function fates(root = folder): Promise<string[]> {
  return (await scanCorpus(root, { pool })).files.map(fate);
}

describe("readCorpus()", () => {
  test("finds a fate for every file, in path order, subfolders included", async () => {
    put("b.wav", tone(440));
    put("a/deep/er.xyz", tone(550));
    put("B.wav", tone(660));
    put("notes.txt", "the big room, both microphones");
    put("empty.wav", "");
    put("cut.wav", tone(770).subarray(0, 20_000));
    put(
      "silent.wav",
      writeWav(
        { sampleRate: 8000, channels: [new Float32Array(4000).fill(5e-5)] },
        { encoding: "float32" },
      ),
    );
    put("click.wav", tone(440, { seconds: 0.0005 }));
    put("shot.wav", tone(440, { seconds: 0.05 }));
    expect(await fates()).toEqual([
      "B.wav: used",
      "a/deep/er.xyz: used",
      "b.wav: used",
      "click.wav: too-short",
      "cut.wav: used",
      "empty.wav: empty",
      "notes.txt: not-audio",
      "shot.wav: used",
      "silent.wav: silent",
    ]);
  });

  test("hands on each sound, mono at 48 kHz, and nothing for the others", async () => {
    put("a.wav", tone(440));
    put("b.txt", "text");
    put("c.wav", tone(440, { rateHz: 96_000, seconds: 0.25 }));
    const lengths: (number | undefined)[] = [];
    for await (const { mono, index, fileCount } of readCorpus(folder, { pool })) {
      expect(index).toBe(lengths.length);
      expect(fileCount).toBe(3);
      lengths.push(mono?.length);
    }
    expect(lengths).toEqual([24_000, undefined, 12_000]);
  });

  test("uses equal sounds once, whatever their name, format or channels", async () => {
    put("1.wav", tone(440));
    put("2 copy of 1.wav", tone(440));
    put("3 as float.wav", tone(440, { encoding: "float32" }));
    const mono = sine({ hz: 440, rateHz: 44_100, length: 22_050 });
    put("4 doubled.wav", writeWav({ sampleRate: 44_100, channels: [mono, mono] }));
    put("5 other.wav", tone(441));
    for (const name of ["tone.caf", "tone-sowt.aifc", "tone.aiff"]) {
      copyFileSync(join(fixtures, name), join(folder, name));
    }
    copyFileSync(join(fixtures, "tone.flac"), join(folder, "6.flac"));
    const { outcome } = await pool.decode(join(fixtures, "tone.flac"));
    if (outcome.ok) put("7 was a flac.wav", writeWav(outcome.sound));
    expect(await fates()).toEqual([
      "1.wav: used",
      "2 copy of 1.wav: same as 1.wav",
      "3 as float.wav: same as 1.wav",
      "4 doubled.wav: same as 1.wav",
      "5 other.wav: used",
      "6.flac: used",
      "7 was a flac.wav: same as 6.flac",
      "tone-sowt.aifc: used",
      "tone.aiff: same as tone-sowt.aifc",
      "tone.caf: same as tone-sowt.aifc",
    ]);
  });

  test("keeps the sound of takes whose channels cancel each other, and says so", async () => {
    const take = (hz: number): Uint8Array => {
      const samples = sine({ hz, rateHz: 44_100, length: 22_050 });
      return writeWav({ sampleRate: 44_100, channels: [samples, samples.map((x) => -x)] });
    };
    put("1.wav", take(440));
    put("2.wav", take(550));
    put("3 one channel of 1.wav", tone(440));
    const sounds: { readonly file: CorpusFile; readonly peak: number }[] = [];
    for await (const { file, mono = new Float32Array(1) } of readCorpus(folder, { pool })) {
      sounds.push({ file, peak: peakOfChannels([mono]) });
    }
    expect(sounds.map(({ file }) => fate(file))).toEqual([
      "1.wav: used",
      "2.wav: used",
      "3 one channel of 1.wav: same as 1.wav",
    ]);
    for (const { peak } of sounds.slice(0, 2)) expect(peak).toBeCloseTo(0.5, 2);
    const { warnings } = corpusReport(
      folder,
      sounds.map(({ file }) => file),
    );
    expect(warnings).toContainEqual({
      code: "reversed",
      message: "2 files have a channel of reversed polarity, which was inverted before mixing",
      paths: ["1.wav", "2.wav"],
    });
  });

  test("leaves out constants as silent, takes an offset out of the others, and names flaws", async () => {
    const samples = sine({ hz: 440, rateHz: 44_100, length: 22_050 });
    const of = (valueAt: (x: number) => number): Uint8Array =>
      writeWav({ sampleRate: 44_100, channels: [samples.map(valueAt)] });
    put(
      "clipped.wav",
      of((x) => Math.max(-1, Math.min(1, 4 * x))),
    );
    put(
      "constant.wav",
      of(() => 0.1),
    );
    put(
      "offset.wav",
      of((x) => 0.3 * x + 0.4),
    );
    put(
      "quiet.wav",
      of((x) => 3.5e-4 * x),
    );
    put(
      "stuck.wav",
      of((x) => 0.25 + 1e-5 * x),
    );
    const monoOf = new Map<string, Float32Array>();
    const { files, warnings } = await scanCorpus(folder, {
      pool,
      onEntry: ({ file, mono }) => {
        if (mono) monoOf.set(file.path, mono);
      },
    });
    expect(files.map(fate)).toEqual([
      "clipped.wav: used",
      "constant.wav: silent",
      "offset.wav: used",
      "quiet.wav: used",
      "stuck.wav: silent",
    ]);
    expect(files[1]).toMatchObject({
      reason: "it is silent throughout: a constant at 10 % of full scale and no sound",
    });
    const told = warnings.map(({ code, paths }) => [code, ...paths]);
    expect(told).toContainEqual(["clipped", "clipped.wav"]);
    expect(told).toContainEqual(["offset", "offset.wav"]);
    expect(told).toContainEqual(["quiet", "quiet.wav"]);
    const offsetFree = monoOf.get("offset.wav") ?? new Float32Array(1);
    expect(offsetFree.reduce((sum, x) => sum + x, 0) / offsetFree.length).toBeCloseTo(0, 3);
    expect(rootMeanSquare(offsetFree)).toBeCloseTo(0.15 / Math.SQRT2, 3);
  });

  test("skips hidden files and folders below the corpus, not above it", async () => {
    put(".library/mine/a.wav", tone(440));
    put(".library/mine/.DS_Store", "x");
    put(".library/mine/.hidden/b.wav", tone(550));
    expect(await fates(join(folder, ".library/mine"))).toEqual(["a.wav: used"]);
  });

  test("survives links that go round in circles, and links to nothing", async () => {
    put("sub/a.wav", tone(440));
    symlinkSync("..", join(folder, "sub/up"));
    symlinkSync("sub", join(folder, "sub-again"));
    symlinkSync("nowhere", join(folder, "gone.wav"));
    const found = await fates();
    expect(found.filter((line) => line.endsWith(": used")).length).toBe(1);
    expect(found).toContain("gone.wav: unreadable");
    const { files } = await scanCorpus(folder, { pool });
    expect(files).toContainEqual(
      expect.objectContaining({ reason: "it is a link to a missing file" }),
    );
  });

  test("keeps names with spaces, accents, line breaks and bytes that are not text", async () => {
    put("ein Ton – é 🎵.wav", tone(440));
    put("two\nlines.wav", tone(550));
    const odd = Buffer.concat([Buffer.from(join(folder, "bad-")), Buffer.of(0xff, 0xfe)]);
    writeFileSync(odd, tone(660));
    expect(await fates()).toEqual([
      "bad-\\xff\\xfe: used",
      "ein Ton – é 🎵.wav: used",
      "two\nlines.wav: used",
    ]);
  });

  test("names a subfolder and a file that it may not read", async () => {
    put("a.wav", tone(440));
    put("locked.wav", tone(550));
    put("vault/b.wav", tone(660));
    chmodSync(join(folder, "locked.wav"), 0);
    chmodSync(join(folder, "vault"), 0);
    const found = await fates();
    chmodSync(join(folder, "vault"), 0o700);
    // Locks do not hold the administrator, who runs the tests in many containers.
    const administrator = process.getuid?.() === 0;
    expect(found).toEqual(
      administrator
        ? ["a.wav: used", "locked.wav: used", "vault/b.wav: used"]
        : ["a.wav: used", "locked.wav: unreadable", "vault/: unreadable"],
    );
  });

  test("does not wait for what is neither file nor folder", async () => {
    const server = createServer().listen(join(folder, "socket.wav"));
    await once(server, "listening");
    expect(await fates()).toEqual(["socket.wav: unreadable"]);
    await new Promise((resolve) => server.close(resolve));
  });

  test.each([
    { name: "a missing folder", path: "missing", code: "corpus-not-found" },
    { name: "a file in place of a folder", path: "file.wav", code: "corpus-not-a-folder" },
    { name: "a folder below a file", path: "file.wav/x", code: "corpus-unreadable" },
  ])("refuses $name", async ({ path, code }) => {
    put("file.wav", tone(440));
    await expect(scanCorpus(join(folder, path), { pool })).rejects.toMatchObject({
      name: "UserError",
      code,
      exitCode: 2,
    });
  });

  test("does not wait for a file that never ends when the signal aborts", async () => {
    put("a.wav", tone(440));
    const stuck: DecoderPool = { ...pool, prepare: () => new Promise(() => undefined) };
    const stop = new AbortController();
    const scan = scanCorpus(folder, { pool: stuck, signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(scan).rejects.toThrow("enough");
  });

  test("stops when the signal says so", async () => {
    for (const hz of [440, 550, 660]) put(`${hz}.wav`, tone(hz));
    const stop = new AbortController();
    const seen: string[] = [];
    const read = async () => {
      for await (const { file } of readCorpus(folder, { pool, signal: stop.signal })) {
        seen.push(file.path);
        stop.abort(new Error("enough"));
      }
    };
    await expect(read()).rejects.toThrow("enough");
    expect(seen).toEqual(["440.wav"]);
  });
});
