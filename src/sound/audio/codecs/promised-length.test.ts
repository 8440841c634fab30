import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { lengthOf } from "../sound.ts";
import { decodeBytes } from "./decode.ts";
import { promisedLength, requireRoom, SAMPLES_MAX } from "./promised-length.ts";
import { sniff } from "./sniff.ts";

function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../../../../test/fixtures/audio/${name}`, import.meta.url));
}

function promisedBy(bytes: Uint8Array) {
  const sniffed = sniff(bytes);
  if (sniffed.kind !== "audio") throw new Error(sniffed.kind);
  return promisedLength(sniffed.format, bytes.subarray(sniffed.startByte));
}

/** A FLAC file whose header promises so many samples. */
function flacOfLength(length: number): Uint8Array {
  const bytes = Uint8Array.from(fixture("tone.flac"));
  const view = new DataView(bytes.buffer);
  view.setUint8(21, (view.getUint8(21) & 0xf0) | Math.floor(length / 2 ** 32));
  view.setUint32(22, length % 2 ** 32);
  return bytes;
}

describe("promisedLength()", () => {
  // Encoders put some silence around a sound, which decoders may take away.
  test.each([
    { file: "tone.flac", extra: 0 },
    { file: "tone-flac.ogg", extra: 0 },
    { file: "pair.ogg", extra: 0 },
    { file: "tone.opus", extra: 1000 },
    { file: "tone.mp3", extra: 3500 },
  ])("of $file is what its decoder gives", async ({ file, extra }) => {
    const outcome = await decodeBytes(fixture(file));
    if (!outcome.ok) throw new Error(outcome.message);
    const { sampleRate, channels } = outcome.sound;
    const promised = promisedBy(fixture(file));
    expect(promised).toMatchObject({ sampleRate, channelCount: channels.length });
    const more = (promised?.length ?? 0) - lengthOf(outcome.sound);
    expect(more).toBeGreaterThanOrEqual(0);
    expect(more).toBeLessThanOrEqual(extra);
  });

  test("of a chain is the sum of its links", () => {
    const link = fixture("pair.ogg");
    const chain = new Uint8Array(2 * link.length);
    chain.set(link);
    chain.set(link, link.length);
    expect(promisedBy(chain)?.length).toBe(2 * (promisedBy(link)?.length ?? 0));
  });

  test.each(["tone.aiff", "tone.caf"])("is not needed for %s", (file) => {
    expect(promisedBy(fixture(file))).toBeUndefined();
  });

  test.each(["tone.flac", "pair.ogg", "tone.opus", "tone.mp3"])(
    "of any piece of %s is told without an error",
    (file) => {
      const bytes = fixture(file);
      const { format } = sniff(bytes) as { format: "flac" };
      for (let length = 0; length < 400; length += 7) {
        expect(() => promisedLength(format, bytes.subarray(0, length))).not.toThrow();
      }
    },
  );
});

describe("a file that promises too much", () => {
  test("is refused before it is decoded, with the number", async () => {
    expect(await decodeBytes(flacOfLength(22_050 * 3600 * 11))).toEqual({
      ok: false,
      code: "too-large",
      format: "flac",
      message:
        "it holds 660 minutes in 1 channel, 873 million samples, more than 537 million: cut it into shorter files",
    });
  });

  test("is so by length times channels", () => {
    const sound = { sampleRate: 48_000, channelCount: 4, length: SAMPLES_MAX / 4 };
    expect(() => requireRoom(sound)).not.toThrow();
    expect(() => requireRoom({ ...sound, length: sound.length + 1 })).toThrow(/in 4 channels/);
  });
});
