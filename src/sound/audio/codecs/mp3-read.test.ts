import { describe, expect, test } from "vitest";
import { decoded, fixture, joined } from "../../../../test/support/recordings.ts";
import { fitSine } from "../../../../test/support/tones.ts";
import { seededRandom } from "../../../random.ts";
import { peakOfChannels } from "../level.ts";
import { decodeBytes } from "./decode.ts";
import type { DecodeSuccess } from "./decode-outcome.ts";
import { writeMp3 } from "./mp3-write.ts";
import { placedFrames, standardFrames } from "./mpeg-free-format.ts";
import { leftAndRight, oneChannelParts, type Part } from "./mpeg-one-channel.ts";
import { findMpegRuns } from "./mpeg-runs.ts";

function codes({ warnings }: DecodeSuccess): string[] {
  return warnings.map(({ code }) => code);
}

/** Repeatable bytes without a header of MPEG in them. */
function junk(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 89 + (i >> 3) * 31) % 251);
}

/** A tag of a length, with its header and without a footer. */
function apeTag(length: number): Uint8Array {
  const tag = junk(length);
  tag.set(new TextEncoder().encode("APETAGEX"));
  const view = new DataView(tag.buffer);
  view.setUint32(12, length - 32, true);
  view.setUint32(20, 0xa000_0000, true);
  return tag;
}

const tone = fixture("tone.mp3");

describe("MP3 files that are more than one stream", () => {
  test("two files in one are both heard, each without its encoder's silence", async () => {
    const alone = decoded(await decodeBytes(tone)).sound.channels[0] ?? [];
    const outcome = decoded(await decodeBytes(joined(tone, tone)));
    expect(outcome.sound.channels).toEqual([Float32Array.from([...alone, ...alone])]);
    expect(outcome.warnings).toEqual([]);
  });

  test("a rate that changes changes no pitch", async () => {
    const outcome = decoded(await decodeBytes(joined(tone, fixture("tone-660hz.mp3"))));
    const { sampleRate, channels } = outcome.sound;
    expect(sampleRate).toBe(44_100);
    expect(codes(outcome)).toEqual(["format-change"]);
    const [samples = new Float32Array(0)] = channels;
    expect(samples.length).toBe(22_050 + 2 * 8064);
    expect(fitSine(samples.subarray(0, 22_050), 440, 44_100).snrDb).toBeGreaterThan(25);
    expect(fitSine(samples.subarray(26_000, 34_000), 660, 44_100).snrDb).toBeGreaterThan(25);
  });

  test("a second channel that comes later is heard", async () => {
    const outcome = decoded(await decodeBytes(joined(tone, fixture("right.mp3"))));
    expect(codes(outcome)).toEqual(["format-change"]);
    const [left = new Float32Array(0), right = new Float32Array(0)] = outcome.sound.channels;
    const later = (samples: Float32Array): Float32Array => samples.subarray(26_000, 34_000);
    expect(fitSine(later(right), 440, 44_100).amplitude).toBeCloseTo(0.47, 1);
    expect(peakOfChannels([later(left)])).toBeLessThan(0.01);
    expect(fitSine(left.subarray(0, 22_050), 440, 44_100).amplitude).toBeCloseTo(0.5, 1);
  });
});

describe("MP3 files with something else in them", () => {
  test.each([
    { name: "zeros", before: new Uint8Array(20_000) },
    { name: "set bits", before: new Uint8Array(20_000).fill(0xff) },
    { name: "junk", before: junk(20_000) },
    { name: "an APE tag", before: apeTag(12_000) },
    { name: "two tags", before: joined(apeTag(9000), apeTag(500)) },
  ])("$name before the first frame changes nothing", async ({ before }) => {
    const plain = decoded(await decodeBytes(tone));
    expect(decoded(await decodeBytes(joined(before, tone)))).toEqual(plain);
  });

  test.each([
    { name: "an APE tag", behind: apeTag(5000) },
    { name: "an ID3v1 tag", behind: joined(new TextEncoder().encode("TAG"), junk(125)) },
  ])("$name between two files is no damage", async ({ behind }) => {
    const outcome = decoded(await decodeBytes(joined(tone, behind, tone, behind)));
    expect(outcome.sound.channels[0]?.length).toBe(44_100);
    expect(outcome.warnings).toEqual([]);
  });

  test.each([
    { name: "overwritten", bytes: joined(tone.subarray(0, 2000), junk(700), tone.subarray(2700)) },
    { name: "missing", bytes: joined(tone.subarray(0, 2000), tone.subarray(2705)) },
    { name: "inserted", bytes: joined(tone.subarray(0, 2000), junk(900), tone.subarray(2000)) },
  ])("a stretch that is $name costs its frames, makes no burst, and is said", async ({ bytes }) => {
    const outcome = decoded(await decodeBytes(bytes));
    const [samples = new Float32Array(0)] = outcome.sound.channels;
    expect(codes(outcome)).toContain("damaged");
    expect(peakOfChannels([samples])).toBeLessThan(0.6);
    expect(samples.length).toBeGreaterThan(11_000);
    expect(samples.length).toBeLessThan(24_000);
    expect(fitSine(samples.subarray(-5500, -2500), 440, 44_100).amplitude).toBeCloseTo(0.5, 1);
  });
});

describe("MP3 in free format", () => {
  test("is read like any other", async () => {
    const { sound, warnings } = decoded(await decodeBytes(fixture("tone-free-format.mp3")));
    expect(sound.sampleRate).toBe(44_100);
    expect(sound.channels.map(({ length }) => length)).toEqual([13_230]);
    const fit = fitSine(sound.channels[0] ?? new Float32Array(0), 440, 44_100);
    expect(fit.amplitude).toBeCloseTo(0.5, 1);
    expect(fit.snrDb).toBeGreaterThan(25);
    expect(warnings).toEqual([]);
  });

  test("is read above the highest standard bitrate, each channel by itself", async () => {
    const outcome = decoded(await decodeBytes(fixture("pair-free-format-400.mp3")));
    const { channels } = outcome.sound;
    expect(channels.map(({ length }) => length)).toEqual([44_100, 44_100]);
    expect(outcome.warnings).toEqual([]);
    const [left = new Float32Array(0), right = new Float32Array(0)] = channels.map((samples) =>
      samples.subarray(15_000, 40_000),
    );
    expect(fitSine(left, 220, 44_100).amplitude).toBeCloseTo(0.35, 2);
    expect(fitSine(right, 220, 44_100).amplitude).toBeLessThan(0.01);
    expect(peakOfChannels([left, right])).toBeLessThan(0.65);
  });

  test("one channel at a time, also of mid and side, is what a decoder makes of both", async () => {
    const random = seededRandom(3);
    // Alike at first, then not: an encoder takes mid and side, then left and right.
    const channels = [0, 1].map((channel) =>
      Float32Array.from({ length: 22_050 }, (_, i) => {
        const hz = i < 11_025 ? 440 : 300 + 360 * channel;
        const noise = i < 11_025 ? 0 : 0.02 * (random.next() - 0.5);
        return 0.4 * Math.sin((2 * Math.PI * hz * i) / 44_100) + noise;
      }),
    );
    const bytes = await writeMp3({ sampleRate: 44_100, channels }, {});
    const whole = decoded(await decodeBytes(bytes)).sound.channels;
    const { runs } = findMpegRuns(bytes);
    const [run] = runs;
    if (run === undefined) throw new Error("no frames");
    const parts = oneChannelParts(placedFrames(bytes.subarray(run.startByte, run.endByte)));
    expect([...(parts?.keys() ?? [])]).toEqual(["left", "right", "mid", "side"]);
    const mono = { ...run.header, isMono: true };
    const sounds = new Map<Part, Float32Array>();
    for (const [part, frames] of parts ?? []) {
      const { sound } = decoded(await decodeBytes(standardFrames(frames, mono) ?? bytes));
      sounds.set(part, sound.channels[0] ?? new Float32Array(0));
    }
    for (const [channel, samples] of leftAndRight(sounds).entries()) {
      expect(samples.length).toBe(whole[channel]?.length);
      const errors = samples.map((sample, i) => sample - (whole[channel]?.[i] ?? 0));
      expect(peakOfChannels([errors])).toBeLessThan(1e-4);
    }
  });
});
