import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../random.ts";
import { readFlac } from "./flac-read.ts";
import { writeFlac } from "./flac-write.ts";
import { md5 } from "./md5.ts";
import { writeWav } from "./wav-write.ts";

const random = seededRandom(5);
const noise = (length: number, gain = 1) =>
  Float32Array.from({ length }, () => gain * (2 * random.next() - 1));

describe("writeFlac()", () => {
  test.each([
    { name: "full noise", samples: noise(9000) },
    { name: "silence", samples: new Float32Array(5000) },
    { name: "one sample", samples: noise(1) },
    { name: "full scale, back and forth", samples: noise(5000).map((x) => (x > 0 ? 2 : -2)) },
    { name: "clicks in silence", samples: noise(9000).map((x) => (x > 0.999 ? 1 : 0)) },
    {
      name: "a tone that stops",
      samples: noise(9000).map((_, i) => (i < 4200 ? Math.sin(i / 9) : 0)),
    },
    { name: "half a block of a slow tone", samples: noise(2048).map((_, i) => Math.sin(i / 99)) },
  ])("keeps every sample of $name", ({ samples }) => {
    for (const [encoding, bits] of [
      ["int16", 16],
      ["int24", 24],
    ] as const) {
      const quiet = samples.map((x) => 0.3 * x);
      const sound = { sampleRate: 48_000, channels: [samples, quiet] };
      const back = readFlac(writeFlac(sound, { encoding, tags: {} }));
      expect(back.truncated).toBe(false);
      const limit = 2 ** (bits - 1);
      for (const [channel, original] of sound.channels.entries()) {
        const wanted = original.map((x) => {
          const rounded = Math.sign(x) * Math.floor(Math.abs(x) * limit + 0.5);
          return Math.max(-limit, Math.min(limit - 1, rounded)) / limit + 0;
        });
        expect(back.sound.channels[channel]).toEqual(wanted);
      }
    }
  });

  test("takes up to eight channels and any rate", () => {
    const channels = Array.from({ length: 8 }, () => noise(300));
    const { sound } = readFlac(
      writeFlac({ sampleRate: 12_345, channels }, { encoding: "int16", tags: {} }),
    );
    expect([sound.sampleRate, sound.channels.length]).toEqual([12_345, 8]);
  });

  test("is much smaller than WAV for a tone, and never much larger", () => {
    const tone = {
      sampleRate: 48_000,
      channels: [noise(20_000).map((_, i) => Math.sin(i / 20) / 2)],
    };
    const options = { encoding: "int24", tags: {} } as const;
    const wavBytes = writeWav(tone, { encoding: "int24" }).length;
    expect(writeFlac(tone, options).length).toBeLessThan(0.35 * wavBytes);
    const hiss = { sampleRate: 48_000, channels: [noise(20_000)] };
    expect(writeFlac(hiss, options).length).toBeLessThan(1.01 * wavBytes);
  });

  const hasFlac = spawnSync("flac", ["--version"]).status === 0;
  test.skipIf(!hasFlac)(
    "passes the check of the flac program (skipped where it is not installed)",
    () => {
      const sound = { sampleRate: 96_000, channels: [noise(9000, 0.5), noise(9000, 0.01)] };
      for (const encoding of ["int16", "int24"] as const) {
        const input = writeFlac(sound, { encoding, tags: { title: "Ü" } });
        const { status, stderr } = spawnSync("flac", ["--test", "--silent", "-"], { input });
        expect(String(stderr)).toBe("");
        expect(status).toBe(0);
      }
    },
  );
});

test("md5() is that of Node for any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(Buffer.from(md5(bytes)).toString("hex")).toBe(
        createHash("md5").update(bytes).digest("hex"),
      );
    }),
  );
});
