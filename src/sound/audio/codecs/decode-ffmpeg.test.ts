import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { fitSine, sine } from "../../../../test/support/tones.ts";
import { decodeWithFfmpeg, type FfmpegTools } from "./decode-ffmpeg.node.ts";
import { type DecodeOutcome, decodeFailure } from "./decode-outcome.ts";
import { writeWav } from "./wav-write.ts";

const folder = mkdtempSync(join(tmpdir(), "etude-ffmpeg-"));
afterAll(() => rmSync(folder, { recursive: true }));

const refusal = decodeFailure("unsupported-format", "MPEG-4 is not supported");

function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../../../test/fixtures/audio/${name}`, import.meta.url));
}

/** A program in JavaScript that stands for ffmpeg. */
function programOf(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!${process.execPath}\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

function decode(path: string | Uint8Array, tools: FfmpegTools): Promise<DecodeOutcome> {
  return decodeWithFfmpeg({ path, fileBytes: 1000, refusal }, tools);
}

const samples = sine({ hz: 440, rateHz: 8000, length: 4000 });
const wav = writeWav({ sampleRate: 8000, channels: [samples] }, { encoding: "float32" });
const wavText = Buffer.from(wav).toString("base64");
const givesTone = `process.stdout.write(Buffer.from("${wavText}", "base64"));`;

describe.skipIf(process.platform === "win32")(
  "decodeWithFfmpeg(), with programs in its place",
  () => {
    test("gives the sound and says who decoded it", async () => {
      const outcome = await decode("a.m4a", { command: programOf("good", givesTone) });
      expect(outcome).toEqual({
        ok: true,
        format: "foreign",
        sound: { sampleRate: 8000, channels: [samples] },
        warnings: [{ code: "by-ffmpeg", message: "decoded with ffmpeg" }],
      });
    });

    test("hands over the path as one argument, whatever it holds, and allows nothing but files", async () => {
      const path = "-odd; $(name) `x` é.m4a";
      const told = join(folder, "told.json");
      const tell = `require("fs").writeFileSync(${JSON.stringify(told)}, JSON.stringify(process.argv));`;
      await decode(new TextEncoder().encode(path), {
        command: programOf("tell", tell + givesTone),
      });
      const words: string[] = JSON.parse(readFileSync(told, "utf8"));
      expect(words[words.indexOf("-i") + 1]).toBe(`file:${path}`);
      expect(words[words.indexOf("-protocol_whitelist") + 1]).toBe("file,pipe");
    });

    test("passes on what it complained about", async () => {
      const body = `process.stderr.write("[aac @ 0x55] channel element 3 is not allocated\\n");${givesTone}`;
      const outcome = await decode("a.m4a", { command: programOf("damaged", body) });
      expect(outcome).toMatchObject({
        ok: true,
        warnings: [
          { code: "by-ffmpeg" },
          {
            code: "damaged",
            message: "ffmpeg found it damaged: channel element 3 is not allocated",
          },
        ],
      });
    });

    test.each([
      {
        name: "a refusal",
        body: `process.stderr.write("moov atom not found\\n"); process.exitCode = 1;`,
        message: "MPEG-4 is not supported; ffmpeg did not read it either (moov atom not found)",
      },
      {
        name: "nothing",
        body: "",
        message: "MPEG-4 is not supported; ffmpeg did not read it either",
      },
    ])("keeps the reason, and adds $name", async ({ name, body, message }) => {
      const outcome = await decode("a.m4a", { command: programOf(name, body) });
      expect(outcome).toEqual({ ...refusal, message });
    });

    test("ends a program that never ends", async () => {
      const command = programOf("hangs", "setInterval(() => undefined, 1000);");
      const outcome = await decode("a.m4a", { command, timeoutMs: 1 });
      expect(outcome).toMatchObject({ ok: false, code: "decoder-timeout" });
    });
  },
);

describe("decodeWithFfmpeg()", () => {
  test("advises where there is no ffmpeg", async () => {
    const outcome = await decode("a.m4a", { command: join(folder, "missing") });
    expect(outcome).toEqual({
      ...refusal,
      message:
        "MPEG-4 is not supported; install ffmpeg on the PATH to read it, or convert it to WAV",
    });
  });

  test("advises where a name is no text", async () => {
    const outcome = await decode(Uint8Array.of(0x61, 0xff), {});
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining("plain text") });
  });

  const realCommand = "ffmpeg";
  const hasFfmpeg = spawnSync(realCommand, ["-version"]).status === 0;
  test.skipIf(!hasFfmpeg).each(["tone.m4a", "tone.aac"])(
    "%s comes out right (skipped where no ffmpeg is installed)",
    async (name) => {
      const outcome = await decode(fixturePath(name), {});
      if (!outcome.ok) throw new Error(outcome.message);
      const { sampleRate, channels } = outcome.sound;
      const [first = new Float32Array(0)] = channels;
      expect(first.length / sampleRate).toBeCloseTo(0.5, 1);
      const fit = fitSine(first.subarray(3000, 18_000), 440, sampleRate);
      expect(fit.amplitude).toBeCloseTo(0.5, 1);
      expect(fit.snrDb).toBeGreaterThan(10);
      expect(outcome.warnings.map(({ code }) => code)).toEqual(["by-ffmpeg"]);
    },
  );
});
