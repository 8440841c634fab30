import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { sine } from "../../../../test/support/tones.ts";
import { seededRandom } from "../../../random.ts";
import { isMadeHere } from "../corpus/made-here.ts";
import { gainToDecibels } from "../decibel.ts";
import { lengthOf, type Sound } from "../sound.ts";
import { CEILING_DB, levelled, truePeak } from "../true-peak.ts";
import { decodeBytes } from "./decode.ts";
import type { AudioFileFormat } from "./file-format.ts";
import type { SampleEncoding } from "./pcm-write.ts";
import { writeAudio } from "./write-audio.ts";

const formats: readonly AudioFileFormat[] = ["wav", "flac", "aiff", "mp3", "ogg", "opus"];

/** Noise and a tone, different in each channel. */
function soundOf(sampleRate: number, channelCount: number, seconds = 0.2): Sound {
  const length = Math.round(seconds * sampleRate) + 77;
  const channels = Array.from({ length: channelCount }, (_, channel) => {
    const random = seededRandom(channel + 1);
    const tone = sine({ hz: 500 * (channel + 1), rateHz: sampleRate, length, amplitude: 0.4 });
    let low = 0;
    return tone.map((value) => {
      low += 0.3 * (random.next() - 0.5 - low);
      return value + low;
    });
  });
  return levelled({ sampleRate, channels }, CEILING_DB);
}

async function decoded(bytes: Uint8Array): Promise<Sound> {
  const outcome = await decodeBytes(bytes);
  if (!outcome.ok) throw new Error(outcome.message);
  expect(outcome.warnings).toEqual([]);
  return outcome.sound;
}

function correlation(a: Float32Array, b: Float32Array): number {
  let [product, energyA, energyB] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    product += value * b[i]!;
    energyA += value ** 2;
    energyB += b[i]! ** 2;
  }
  return product / Math.sqrt(energyA * energyB);
}

const tags = {
  title: "Regen — 🌧",
  artist: "étude & Ü",
  album: "Rain",
  seed: 7,
  model: "Rain",
  preset: "Dusk",
};

describe("writeAudio()", () => {
  const exact: readonly [AudioFileFormat, SampleEncoding, number][] = [
    ["wav", "int16", 2 ** -15],
    ["wav", "int24", 2 ** -23],
    ["wav", "float32", 0],
    ["flac", "int16", 2 ** -15],
    ["flac", "int24", 2 ** -23],
    ["aiff", "int16", 2 ** -15],
    ["aiff", "int24", 2 ** -23],
    ["aiff", "float32", 0],
  ];
  test.each(exact)("%s keeps every sample as %s", async (format, encoding, step) => {
    for (const [rate, channelCount] of [
      [44_100, 1],
      [88_200, 2],
      [96_000, 4],
    ] as const) {
      const sound = soundOf(rate, channelCount, 0.1);
      const back = await decoded(await writeAudio(sound, { format, encoding, tags }));
      expect(back.sampleRate).toBe(rate);
      expect(back.channels.length).toBe(channelCount);
      for (const [channel, samples] of sound.channels.entries()) {
        const errors = samples.map((value, i) => value - back.channels[channel]![i]!);
        // With dither up to a step and a half, at 16 bits.
        const most = encoding === "int16" ? 1.5 * step : step / 2;
        expect(Math.max(...errors.map(Math.abs))).toBeLessThanOrEqual(most);
        expect(errors.length).toBe(back.channels[channel]!.length);
      }
    }
  });

  test.each([
    ["mp3", 44_100, 1],
    ["mp3", 48_000, 2],
    ["ogg", 96_000, 1],
    ["ogg", 44_100, 2],
    ["opus", 48_000, 1],
    ["opus", 48_000, 2],
  ] as const)("%s at %i Hz keeps length, moment and sound", async (format, rate, channelCount) => {
    const sound = soundOf(rate, channelCount);
    const back = await decoded(await writeAudio(sound, { format, tags }));
    expect(back.sampleRate).toBe(rate);
    expect(back.channels.length).toBe(channelCount);
    expect(lengthOf(back)).toBe(lengthOf(sound));
    for (const [channel, samples] of sound.channels.entries()) {
      expect(correlation(samples, back.channels[channel]!)).toBeGreaterThan(0.97);
    }
  });

  test.each(formats)("%s is marked as made here, with tags and without", async (format) => {
    const sound = soundOf(48_000, 1, 0.1);
    expect(isMadeHere(await writeAudio(sound, { format, tags }))).toBe(true);
    expect(isMadeHere(await writeAudio(sound, { format }))).toBe(true);
  });

  test.each(formats)("%s is never above -1 dB of true peak", async (format) => {
    const loud = soundOf(48_000, 2, 0.2);
    const sound = { ...loud, channels: loud.channels.map((x) => x.map((y) => 4 * y)) };
    const back = await decoded(await writeAudio(sound, { format }));
    expect(gainToDecibels(truePeak(back))).toBeLessThan(CEILING_DB + 0.06);
    expect(gainToDecibels(truePeak(back))).toBeGreaterThan(CEILING_DB - 1.5);
  });

  test.each(formats)("%s gives the same bytes for the same sound", async (format) => {
    const sound = soundOf(48_000, 2, 0.1);
    const options = { format, tags };
    expect(await writeAudio(sound, options)).toEqual(await writeAudio(sound, options));
  });

  test.each(formats)("%s takes very short sounds and silence", async (format) => {
    for (const length of [1, 7, 4800]) {
      const sound = { sampleRate: 48_000, channels: [new Float32Array(length)] };
      expect((await writeAudio(sound, { format })).length).toBeGreaterThan(20);
    }
  });

  test("says what a format cannot hold", async () => {
    const write = (sound: Sound, format: AudioFileFormat, encoding?: SampleEncoding) =>
      writeAudio(sound, { format, ...(encoding && { encoding }) });
    const mono = soundOf(96_000, 1, 0.1);
    await expect(write(mono, "mp3")).rejects.toThrow(
      "Cannot write MP3 at 96000 Hz: need 44100 or 48000",
    );
    await expect(write(mono, "opus")).rejects.toThrow("Cannot write Opus at 96000 Hz: need 48000");
    await expect(write(mono, "flac", "float32")).rejects.toThrow(
      "Cannot write FLAC with samples of 32f: need 16 or 24 bits",
    );
    await expect(write(soundOf(48_000, 4, 0.1), "ogg")).rejects.toThrow(
      "Cannot write Ogg Vorbis of 4 channels: need at most 2",
    );
    await expect(write(soundOf(48_000, 1, 0.1), "mp3", "int16")).rejects.toThrow(
      "Cannot write MP3 with a bit depth: found 16, need none",
    );
  });

  test("dither keeps a tone of less than a step", async () => {
    const length = 48_000;
    const quiet = sine({ hz: 1000, rateHz: 48_000, length, amplitude: 0.4 * 2 ** -15 });
    const bytes = await writeAudio(
      { sampleRate: 48_000, channels: [quiet] },
      { format: "wav", encoding: "int16" },
    );
    const back = await decoded(bytes);
    // 48 whole periods, so that the tone alone adds up: in noise of half a step it is at 0.4.
    const probe = sine({ hz: 1000, rateHz: 48_000, length, amplitude: 1 });
    const amplitude =
      (2 / length) * probe.reduce((sum, value, i) => sum + value * back.channels[0]![i]!, 0);
    expect(amplitude / (0.4 * 2 ** -15)).toBeCloseTo(1, 1);
  });
});

const hasFfmpeg = spawnSync("ffprobe", ["-version"]).status === 0;

describe.skipIf(!hasFfmpeg)(
  "files as FFmpeg reads them (skipped where it is not installed)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "etude-formats-"));
    afterAll(() => rmSync(folder, { recursive: true }));

    test.each(formats)("%s: tags, rate, length and true peak", async (format) => {
      const sound = soundOf(48_000, 2, 0.4);
      const path = join(folder, `sound.${format}`);
      writeFileSync(path, await writeAudio(sound, { format, tags }));
      const probe = ["-v", "error", "-of", "json", "-show_format", "-show_streams", path];
      const { format: facts, streams } = JSON.parse(
        execFileSync("ffprobe", probe, { encoding: "utf8" }),
      );
      const [stream] = streams;
      const found = Object.fromEntries(
        Object.entries({ ...stream.tags, ...facts.tags }).map(([name, value]) => [
          name.toLowerCase(),
          value,
        ]),
      );
      expect(found).toMatchObject({
        title: "Regen — 🌧",
        artist: "étude & Ü",
        album: "Rain",
        comment: "Made by étude: seed 7, model Rain, preset Dusk",
        // FFmpeg looks for no ID3 in WAV.
        ...(format !== "wav" && { etude_seed: "7", etude_model: "Rain", etude_preset: "Dusk" }),
      });
      expect(stream.sample_rate).toBe("48000");
      const { stdout, stderr } = spawnSync(
        "ffmpeg",
        ["-hide_banner", "-nostats", "-i", path, "-af", "ebur128=peak=true", "-f", "f32le", "-"],
        { maxBuffer: 2 ** 26 },
      );
      expect(stdout.length / 8).toBe(lengthOf(sound));
      const peaks = [...String(stderr).matchAll(/Peak:\s+(-?[\d.]+) dBFS/g)].map(([, db]) =>
        Number(db),
      );
      expect(peaks.length).toBeGreaterThan(0);
      // FFmpeg rounds to a tenth.
      for (const peak of peaks) expect(peak).toBeLessThanOrEqual(CEILING_DB + 0.1);
    });
  },
);
