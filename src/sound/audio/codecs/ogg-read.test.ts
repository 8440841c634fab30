import { describe, expect, test } from "vitest";
import { decoded, fixture, joined } from "../../../../test/support/recordings.ts";
import { fitSine } from "../../../../test/support/tones.ts";
import { peakOfChannels } from "../level.ts";
import { decodeBytes } from "./decode.ts";

/** The first page of a Skeleton stream, as ffmpeg2theora writes it. */
const skeletonPage = Uint8Array.from(
  Buffer.from(
    "4f6767530002000000000000000008000000000000007b22dd420140666973686561640003000000000000000000" +
      "0000e8030000000000000000000000000000e8030000000000000000000000000000000000000000000000000000",
    "hex",
  ),
);

describe("Ogg files that are more than one stream", () => {
  test("a chain is heard whole, each link with its own set-up", async () => {
    const pair = fixture("pair.ogg");
    const alone = decoded(await decodeBytes(pair)).sound.channels;
    const { sound, warnings } = decoded(await decodeBytes(joined(pair, pair)));
    expect(warnings).toEqual([]);
    const twice = alone.map((samples) => Float32Array.from([...samples, ...samples]));
    expect(sound.channels).toEqual(twice);
  });

  test("a link of another rate keeps its pitch, and one channel is heard from both sides", async () => {
    const outcome = await decodeBytes(joined(fixture("tone-660hz.ogg"), fixture("pair.ogg")));
    const { sound, warnings } = decoded(outcome);
    expect(sound.sampleRate).toBe(44_100);
    expect(sound.channels.map(({ length }) => length)).toEqual([44_100, 44_100]);
    for (const samples of sound.channels) {
      const { amplitude, snrDb } = fitSine(samples.subarray(0, 22_050), 660, 44_100);
      expect(amplitude).toBeCloseTo(0.5, 1);
      expect(snrDb).toBeGreaterThan(20);
    }
    const [left = new Float32Array(0)] = sound.channels;
    expect(fitSine(left.subarray(22_050), 440, 44_100).snrDb).toBeGreaterThan(20);
    expect(warnings).toEqual([
      {
        code: "format-change",
        message:
          "the file changes its sample rate (22050, then 44100 Hz) and its number of channels (1, then 2) on the way; all of it is used",
      },
    ]);
  });

  test.each([
    { file: "pair.ogg", format: "ogg-vorbis" },
    { file: "tone.opus", format: "opus" },
    { file: "tone-flac.ogg", format: "ogg-flac" },
  ])("$file behind a Skeleton page is found", async ({ file, format }) => {
    const plain = decoded(await decodeBytes(fixture(file)));
    const outcome = decoded(await decodeBytes(joined(skeletonPage, fixture(file))));
    expect(outcome).toEqual(plain);
    expect(outcome.format).toBe(format);
  });

  test("a chain of different codecs is heard whole", async () => {
    const outcome = await decodeBytes(joined(fixture("tone-flac.ogg"), fixture("tone.opus")));
    const { sound } = decoded(outcome);
    expect(sound.sampleRate).toBe(48_000);
    expect(sound.channels[0]?.length).toBe(4800 + 24_000);
  });

  test("a damaged page is left out, and it is said", async () => {
    const bytes = Uint8Array.from(fixture("pair.ogg"));
    bytes.fill(0x55, bytes.length - 600, bytes.length - 500);
    const chain = joined(bytes, fixture("pair.ogg"));
    const { sound, warnings } = decoded(await decodeBytes(chain));
    expect(warnings.map(({ code }) => code)).toEqual(["damaged"]);
    expect(peakOfChannels(sound.channels)).toBeLessThan(0.6);
    expect(sound.channels[0]?.length).toBeGreaterThanOrEqual(22_050);
  });

  test("a damaged set-up leaves nothing to read, and that is the reason", async () => {
    const bytes = Uint8Array.from(fixture("pair.ogg"));
    bytes[1000] = bytes[1000]! ^ 1;
    expect(await decodeBytes(bytes)).toMatchObject({ ok: false, code: "damaged" });
  });

  test("a chain whose last link is cut off says so", async () => {
    const pair = fixture("pair.ogg");
    const { warnings } = decoded(await decodeBytes(joined(pair, pair).subarray(0, -40)));
    expect(warnings.map(({ code }) => code)).toEqual(["truncated"]);
  });
});
