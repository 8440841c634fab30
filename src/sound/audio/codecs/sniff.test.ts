import { describe, expect, test } from "vitest";
import { sniff } from "./sniff.ts";

function bytesOf(text: string, length = 64): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(Array.from(text, (letter) => letter.charCodeAt(0)));
  return bytes;
}

/** Frames of silence: a header, then zeros up to the next one. */
function mpegFrames(header: readonly number[], frameBytes: number): Uint8Array {
  const bytes = new Uint8Array(3 * frameBytes);
  for (let frame = 0; frame < 3; frame += 1) bytes.set(header, frame * frameBytes);
  return bytes;
}

describe("sniff()", () => {
  test.each([
    ["wav", "RIFF\0\0\0\0WAVE"],
    ["wav", "RF64\0\0\0\0WAVE"],
    ["aiff", "FORM\0\0\0\0AIFF"],
    ["aiff", "FORM\0\0\0\0AIFC"],
    ["caf", "caff\0\x01"],
    ["flac", "fLaC"],
    ["ogg-flac", `OggS\0\x02${"\0".repeat(20)}\x01\x33\x7fFLAC`],
    ["ogg-vorbis", `OggS\0\x02${"\0".repeat(20)}\x01\x1e\x01vorbis`],
    ["opus", `OggS\0\x02${"\0".repeat(20)}\x01\x13OpusHead`],
  ])("knows %s by %j", (format, head) => {
    expect(sniff(bytesOf(head))).toEqual({ kind: "audio", format, startByte: 0 });
  });

  // Header bytes and frame lengths by ISO 11172-3 and 13818-3.
  test.each([
    {
      name: "MPEG 1 layer III, 128 kbit/s, 44.1 kHz",
      header: [0xff, 0xfb, 0x90, 0],
      frameBytes: 417,
    },
    { name: "the same, padded", header: [0xff, 0xfb, 0x92, 0], frameBytes: 418 },
    {
      name: "MPEG 1 layer III, 320 kbit/s, 48 kHz",
      header: [0xff, 0xfb, 0xe4, 0],
      frameBytes: 960,
    },
    {
      name: "MPEG 2 layer III, 64 kbit/s, 22.05 kHz",
      header: [0xff, 0xf3, 0x80, 0],
      frameBytes: 208,
    },
    {
      name: "MPEG 2.5 layer III, 32 kbit/s, 8 kHz",
      header: [0xff, 0xe3, 0x48, 0],
      frameBytes: 288,
    },
    { name: "MPEG 1 layer II, 192 kbit/s, 48 kHz", header: [0xff, 0xfd, 0xa4, 0], frameBytes: 576 },
    { name: "MPEG 1 layer I, 384 kbit/s, 48 kHz", header: [0xff, 0xff, 0xc4, 0], frameBytes: 384 },
  ])("finds frames of $name, also behind junk", ({ header, frameBytes }) => {
    const frames = mpegFrames(header, frameBytes);
    expect(sniff(frames)).toEqual({ kind: "audio", format: "mp3", startByte: 0 });
    const late = new Uint8Array(700 + frames.length);
    late.set(frames, 700);
    expect(sniff(late)).toEqual({ kind: "audio", format: "mp3", startByte: 700 });
  });

  test("does not take frames that do not follow each other for sound", () => {
    expect(sniff(mpegFrames([0xff, 0xfb, 0x90, 0], 400))).toEqual({ kind: "unknown" });
  });

  test.each([
    ["MPEG-4", "\0\0\0\x20ftypM4A "],
    ["Windows Media", "\x30\x26\xb2\x75\x8e\x66\xcf\x11"],
    ["MIDI", "MThd"],
    ["Ogg", "OggS"],
  ])("names %s, which is not decoded", (name, head) => {
    expect(sniff(bytesOf(head))).toEqual({
      kind: "unsupported",
      isSound: name !== "MIDI",
      name: expect.stringContaining(name),
    });
  });

  test.each(["", "R", "RIFF", "ID3", "{}", "\x89PNG\r\n\x1a\n", "%PDF-1.7", "\xff\xd8\xff\xe0"])(
    "knows nothing about %j",
    (head) => {
      expect(sniff(bytesOf(head, head.length))).toEqual({ kind: "unknown" });
    },
  );
});
