import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decoded, fixture, joined } from "../../../../test/support/recordings.ts";
import { fitSine, sine } from "../../../../test/support/tones.ts";
import { peakOfChannels } from "../level.ts";
import { durationSeconds, type Sound } from "../sound.ts";
import { decodeBytes } from "./decode.ts";
import { writeWav } from "./wav-write.ts";

const toneSound: Sound = {
  sampleRate: 22_050,
  channels: [sine({ hz: 440, rateHz: 22_050, length: 11_025 })],
};

function floatWav(samples: Float32Array, sampleRate = 22_050): Uint8Array {
  return writeWav({ sampleRate, channels: [samples] }, { encoding: "float32" });
}

function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at] = value;
  return changed;
}

/** Repeatable bytes that look like nothing. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe("decodeBytes() on good files", () => {
  test.each([
    { file: "tone.mp3", format: "mp3", rate: 44_100, seconds: 0.5, snrDb: 25 },
    { file: "pair.ogg", format: "ogg-vorbis", rate: 44_100, seconds: 0.5, snrDb: 25 },
    { file: "tone.opus", format: "opus", rate: 48_000, seconds: 0.5, snrDb: 20 },
    { file: "tone.flac", format: "flac", rate: 22_050, seconds: 0.5, snrDb: 80 },
    { file: "tone-flac.ogg", format: "ogg-flac", rate: 22_050, seconds: 0.1, snrDb: 60 },
    { file: "tone.aiff", format: "aiff", rate: 22_050, seconds: 0.1, snrDb: 60 },
    { file: "tone-sowt.aifc", format: "aiff", rate: 22_050, seconds: 0.1, snrDb: 60 },
    { file: "tone-float.aifc", format: "aiff", rate: 22_050, seconds: 0.1, snrDb: 60 },
    { file: "tone-8bit.aif", format: "aiff", rate: 22_050, seconds: 0.1, snrDb: 35 },
    { file: "tone.caf", format: "caf", rate: 22_050, seconds: 0.1, snrDb: 60 },
    { file: "tone-alaw.caf", format: "caf", rate: 22_050, seconds: 0.1, snrDb: 30 },
    { file: "tone-mulaw.caf", format: "caf", rate: 22_050, seconds: 0.1, snrDb: 30 },
    { file: "tone-alaw.wav", format: "wav", rate: 22_050, seconds: 0.1, snrDb: 30 },
    { file: "pair-mulaw.wav", format: "wav", rate: 22_050, seconds: 0.1, snrDb: 30 },
    { file: "tone-float.caf", format: "caf", rate: 22_050, seconds: 0.1, snrDb: 60 },
  ])("$file keeps pitch, length and level", async ({ file, format, rate, seconds, snrDb }) => {
    const outcome = decoded(await decodeBytes(fixture(file)));
    const { sound } = outcome;
    expect(outcome.format).toBe(format);
    expect(outcome.warnings).toEqual([]);
    expect(sound.sampleRate).toBe(rate);
    expect(durationSeconds(sound)).toBe(seconds);
    expect(sound.channels.length).toBe(file.startsWith("pair") ? 2 : 1);
    const [first = new Float32Array(0), second] = sound.channels;
    const fit = fitSine(first, 440, rate);
    expect(fit.snrDb).toBeGreaterThan(snrDb);
    expect(Math.abs(fit.amplitude - 0.5)).toBeLessThan(0.03);
    if (second !== undefined) {
      expect(Math.abs(fitSine(second, 660, rate).amplitude - 0.25)).toBeLessThan(0.02);
    }
  });

  test.each([
    { file: "pair-ima.wav", format: "wav" },
    { file: "pair-ms.wav", format: "wav" },
    { file: "pair-ima4.aifc", format: "aiff" },
    { file: "pair-ima4.caf", format: "caf" },
  ])("$file keeps both tones, in blocks of four bits a sample", async ({ file, format }) => {
    const outcome = decoded(await decodeBytes(fixture(file)));
    expect(outcome).toMatchObject({ format, warnings: [], sound: { sampleRate: 22_050 } });
    const [left = new Float32Array(0), right = new Float32Array(0)] = outcome.sound.channels.map(
      (samples) => samples.subarray(0, 2205),
    );
    const fits = [fitSine(left, 440, 22_050), fitSine(right, 660, 22_050)];
    expect(fits.map(({ amplitude }) => amplitude.toFixed(2))).toEqual(["0.50", "0.25"]);
    for (const { snrDb } of fits) expect(snrDb).toBeGreaterThan(30);
  });

  test.each([
    // libsndfile 1.2 writes the samples of one of two channels, and half of the packets.
    { file: "pair-ima.wav", countAt: 49, what: "samples" },
    { file: "pair-ima4.aifc", countAt: 37, what: "packets" },
  ])("$file is read to its end where it states too few $what", async ({ file, countAt }) => {
    const bytes = fixture(file);
    const right = decoded(await decodeBytes(bytes)).sound.channels[0]!.length;
    const outcome = decoded(await decodeBytes(withByte(bytes, countAt, 2)));
    expect(outcome.warnings).toEqual([]);
    expect(outcome.sound.channels[0]!.length).toBeGreaterThanOrEqual(right);
  });

  test("A-law is not turned upside down", async () => {
    const [plain, law] = await Promise.all(
      ["tone.caf", "tone-alaw.caf"].map(async (name) => decoded(await decodeBytes(fixture(name)))),
    );
    const difference = plain?.sound.channels[0]?.map(
      (sample, i) => sample - (law?.sound.channels[0]?.[i] ?? Number.NaN),
    );
    expect(Math.max(...(difference ?? []).map(Math.abs))).toBeLessThan(0.01);
  });

  test("a tag in front of the audio is passed over", async () => {
    const tag = joined(
      textBytes("ID3"),
      Uint8Array.from([4, 0, 0, 0, 0, 1, 2]),
      new Uint8Array(130),
    );
    for (const name of ["tone.mp3", "tone.flac"]) {
      const outcome = decoded(await decodeBytes(joined(tag, fixture(name))));
      expect(durationSeconds(outcome.sound)).toBe(0.5);
    }
  });

  test("an Ogg or MP3 file in a WAV wrapper is found", async () => {
    for (const [name, tag] of [
      ["pair.ogg", 0x674f],
      ["tone.mp3", 0x55],
    ] as const) {
      const inner = fixture(name);
      const wrapper = writeWav({
        sampleRate: 44_100,
        channels: [new Float32Array(inner.length / 2 + 1)],
      });
      wrapper.set(inner, 44);
      const view = new DataView(wrapper.buffer);
      view.setUint16(20, tag, true);
      view.setUint32(40, inner.length, true);
      expect(durationSeconds(decoded(await decodeBytes(wrapper)).sound)).toBe(0.5);
    }
  });

  test("a float file somewhat above full scale is fine", async () => {
    const outcome = decoded(await decodeBytes(floatWav(Float32Array.from([0, 3.9, -4, 1]))));
    expect(peakOfChannels(outcome.sound.channels)).toBe(4);
  });
});

describe("decodeBytes() on bad files", () => {
  const wav = writeWav(toneSound);
  const manyNaN = Float32Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? Number.NaN : 0.1));

  test.each<{ name: string; bytes: Uint8Array; code: string }>([
    { name: "an empty file", bytes: new Uint8Array(0), code: "empty" },
    {
      name: "a text called .wav",
      bytes: textBytes("Notes about the session\n"),
      code: "not-audio",
    },
    { name: "a picture", bytes: joined(textBytes("\x89PNG\r\n"), noise(500)), code: "not-audio" },
    { name: "one byte", bytes: Uint8Array.of(0xff), code: "not-audio" },
    { name: "noise", bytes: noise(100_000), code: "not-audio" },
    { name: "an M4A file", bytes: fixture("tone.m4a"), code: "unsupported-format" },
    { name: "an AAC stream", bytes: fixture("tone.aac"), code: "unsupported-format" },
    { name: "a WAV header alone", bytes: wav.subarray(0, 44), code: "truncated" },
    {
      name: "a WAV of no samples",
      bytes: writeWav({ sampleRate: 8000, channels: [new Float32Array(0)] }),
      code: "no-samples",
    },
    { name: "half a WAV header", bytes: wav.subarray(0, 30), code: "damaged" },
    { name: "a WAV with 49 ms left", bytes: wav.subarray(0, 44 + 2 * 1080), code: "truncated" },
    { name: "a WAV without channels", bytes: withByte(wav, 22, 0), code: "zero-channels" },
    { name: "a WAV at 0 Hz", bytes: withByte(withByte(wav, 24, 0), 25, 0), code: "zero-rate" },
    { name: "a WAV at 34 Hz", bytes: withByte(wav, 25, 0), code: "rate-out-of-range" },
    { name: "a WAV of GSM", bytes: withByte(wav, 20, 49), code: "unsupported-format" },
    { name: "floats that are mostly not numbers", bytes: floatWav(manyNaN), code: "not-finite" },
    {
      name: "floats of 1e30",
      bytes: floatWav(new Float32Array(5000).fill(1e30)),
      code: "absurd-peak",
    },
    {
      name: "an AIFF without channels",
      bytes: withByte(fixture("tone.aiff"), 21, 0),
      code: "zero-channels",
    },
    {
      name: "an AIFF header alone",
      bytes: fixture("tone.aiff").subarray(0, 60),
      code: "truncated",
    },
    { name: "a FLAC header alone", bytes: fixture("tone.flac").subarray(0, 42), code: "truncated" },
    { name: "FLAC letters, then noise", bytes: joined(textBytes("fLaC"), noise(5000)), code: "" },
    { name: "Ogg letters, then noise", bytes: joined(textBytes("OggS"), noise(5000)), code: "" },
    {
      name: "a Vorbis head, then noise",
      bytes: joined(fixture("pair.ogg").subarray(0, 120), noise(5000)),
      code: "",
    },
    {
      name: "an Opus head, then noise",
      bytes: joined(fixture("tone.opus").subarray(0, 120), noise(5000)),
      code: "",
    },
    {
      name: "an MP3 tag, then noise",
      bytes: joined(textBytes("ID3\x03\0\0\0\0\0\0"), noise(5000)),
      code: "not-audio",
    },
    {
      name: "a CAF head, then noise",
      bytes: joined(textBytes("caff\0\x01\0\0"), noise(5000)),
      code: "",
    },
  ])("$name is refused", async ({ bytes, code }) => {
    const outcome = await decodeBytes(bytes);
    if (outcome.ok) throw new Error("it was decoded");
    // What a decoder makes of noise after a good head may vary; that it is refused may not.
    if (code !== "") expect(outcome.code).toBe(code);
    expect(outcome.message).toMatch(/^\S.*[^.]$/);
  });

  test.each([
    { name: "tone.flac", share: 0.6 },
    { name: "tone.mp3", share: 0.6 },
    { name: "tone.aiff", share: 0.6 },
    { name: "tone-sowt.aifc", share: 0.6 },
    { name: "tone.caf", share: 0.6 },
  ])("what is left of a cut-off $name is used, with a warning", async ({ name, share }) => {
    const bytes = fixture(name);
    const whole = decoded(await decodeBytes(bytes));
    const outcome = decoded(await decodeBytes(bytes.subarray(0, Math.round(bytes.length * share))));
    expect(outcome.warnings.map(({ code }) => code)).toEqual(["truncated"]);
    expect(durationSeconds(outcome.sound)).toBeGreaterThanOrEqual(0.05);
    expect(durationSeconds(outcome.sound)).toBeLessThan(durationSeconds(whole.sound));
  });

  test("a few samples that are not numbers become 0, with a warning", async () => {
    const samples = sine({ hz: 440, rateHz: 22_050, length: 2000 });
    samples[7] = Number.NaN;
    samples[9] = Number.NEGATIVE_INFINITY;
    const outcome = decoded(await decodeBytes(floatWav(samples)));
    expect(outcome.sound.channels[0]?.[7]).toBe(0);
    expect(outcome.warnings).toEqual([
      { code: "not-finite", message: "2 of 2000 samples were not numbers and became 0" },
    ]);
  });

  test("whatever happens to the bytes of a WAV or AIFF, the outcome is a usable sound or a reason", async () => {
    const originals = [wav.subarray(0, 6000), fixture("tone-8bit.aif"), fixture("tone.caf")];
    const change = fc.tuple(fc.nat(200), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.nat(6000),
        async (original, changes, length) => {
          const bytes = Uint8Array.from(original.subarray(0, length));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const outcome = await decodeBytes(bytes);
          if (!outcome.ok) return outcome.message.length > 0;
          const { sampleRate, channels } = outcome.sound;
          const lengths = new Set(channels.map((channel) => channel.length));
          return (
            sampleRate >= 1000 &&
            lengths.size === 1 &&
            !lengths.has(0) &&
            peakOfChannels(outcome.sound.channels) <= 8
          );
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });
});
