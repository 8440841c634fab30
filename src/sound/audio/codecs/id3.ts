/**
 * ID3 tags, version 2.3: the tags of MP3, and beside their own of WAV and AIFF.
 *
 * Version 2.3 with UTF-16 is what every program reads; 2.4 with UTF-8 is not.
 *
 * Source: id3.org, "ID3 tag version 2.3.0".
 */

import { joinBytes } from "./ogg-pages.ts";
import { commentOf, ownFields, SOFTWARE, type SoundTags } from "./sound-tags.ts";
import { textAt } from "./text-at.ts";

/** A whole tag. */
export function id3Tag(tags: SoundTags): Uint8Array<ArrayBuffer> {
  const texts = [
    ["TIT2", tags.title ?? ""],
    ["TPE1", tags.artist ?? ""],
    ["TALB", tags.album ?? ""],
    ["TSSE", SOFTWARE],
  ] as const;
  const frames = [
    ...texts.filter(([, value]) => value !== "").map(([name, value]) => frame(name, utf16(value))),
    frame("COMM", joinBytes([latin("eng"), utf16(""), ZERO, utf16(commentOf(tags))])),
    ...ownFields(tags).map(([name, value]) =>
      frame("TXXX", joinBytes([utf16(name), ZERO, utf16(value)])),
    ),
  ];
  const body = joinBytes(frames);
  const head = new Uint8Array(HEADER_BYTES);
  head.set(latin("ID3"));
  head[3] = 3;
  for (let i = 0; i < 4; i += 1) head[9 - i] = (body.length >> (7 * i)) & 0x7f;
  return joinBytes([head, body]);
}

/**
 * The texts of a tag that begins at a byte: names of frames, of TXXX the name that it holds, of
 * COMM "COMM". Reads versions 2.3 and 2.4, as many frames as are whole.
 */
export function readId3(
  bytes: Uint8Array,
  startByte: number,
): (readonly [name: string, value: string])[] {
  if (textAt(bytes, startByte, 3) !== "ID3" || startByte + HEADER_BYTES > bytes.length) return [];
  const version = bytes[startByte + 3]!;
  if (version !== 3 && version !== 4) return [];
  const end = Math.min(
    bytes.length,
    startByte + HEADER_BYTES + syncSafe(bytes.subarray(startByte + 6, startByte + 10)),
  );
  const fields: (readonly [string, string])[] = [];
  let at = startByte + HEADER_BYTES;
  while (at + HEADER_BYTES <= end) {
    const name = textAt(bytes, at, 4);
    if (!/^[A-Z0-9]{4}$/.test(name)) break;
    const sizeBytes = bytes.subarray(at + 4, at + 8);
    const size = version === 4 ? syncSafe(sizeBytes) : bigEndian(sizeBytes);
    const start = at + HEADER_BYTES;
    if (start + size > end) break;
    const field = fieldOf(name, bytes.subarray(start, start + size));
    if (field !== undefined) fields.push(field);
    at = start + size;
  }
  return fields;
}

// --- internal ---

const HEADER_BYTES = 10;
const UTF16_WITH_MARK = 1;
/** Ends a text of UTF-16. */
const ZERO = new Uint8Array(2);

function frame(name: string, content: Uint8Array): Uint8Array {
  const head = new Uint8Array(HEADER_BYTES + 1);
  head.set(latin(name));
  new DataView(head.buffer).setUint32(4, content.length + 1);
  head[HEADER_BYTES] = UTF16_WITH_MARK;
  return joinBytes([head, content]);
}

function latin(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** With the mark of its byte order before it. */
function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(2 + 2 * text.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xfeff, true);
  for (let i = 0; i < text.length; i += 1) view.setUint16(2 + 2 * i, text.charCodeAt(i), true);
  return bytes;
}

function syncSafe(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 2 ** 7 + (byte & 0x7f), 0);
}

function bigEndian(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 2 ** 8 + byte, 0);
}

function fieldOf(name: string, content: Uint8Array): readonly [string, string] | undefined {
  if (name !== "COMM" && !name.startsWith("T")) return undefined;
  const coding = content[0] ?? 0;
  const texts = textsOf(content.subarray(name === "COMM" ? 4 : 1), coding);
  if (name === "TXXX") return [(texts[0] ?? "").toUpperCase(), texts[1] ?? ""];
  return [name, (name === "COMM" ? texts[1] : texts[0]) ?? ""];
}

const decoders = ["latin1", "utf-16le", "utf-16be", "utf-8"] as const;

function textsOf(bytes: Uint8Array, coding: number): string[] {
  const isBigEndian = coding === UTF16_WITH_MARK && bytes[0] === 0xfe && bytes[1] === 0xff;
  const decoder = new TextDecoder(isBigEndian ? "utf-16be" : (decoders[coding] ?? "latin1"));
  // The decoder takes the mark of the first text away, but not those behind.
  return decoder
    .decode(bytes)
    .split("\0")
    .map((text) => text.replace(/^\ufeff/, ""));
}
