/**
 * Finds tags before, after and between sounds: names and pictures, no sound.
 *
 * Sources: id3.org, "ID3 tag version 2.4.0", and the APEv2 specification of Hydrogenaudio.
 */

import { textAt } from "./text-at.ts";

/** Length of all consecutive tags at a byte; 0 if there are none. */
export function tagBytesAt(bytes: Uint8Array, startByte: number): number {
  let at = startByte;
  for (;;) {
    const length = id3v2Bytes(bytes, at) || apeBytes(bytes, at) || id3v1Bytes(bytes, at);
    if (length === 0) return Math.min(at, bytes.length) - startByte;
    at += length;
  }
}

/** Its size holds 7 bits a byte. */
function id3v2Bytes(bytes: Uint8Array, at: number): number {
  if (textAt(bytes, at, 3) !== "ID3" || at + 10 > bytes.length) return 0;
  const footer = (bytes[at + 5]! & 0x10) !== 0 ? 10 : 0;
  const size = bytes
    .subarray(at + 6, at + 10)
    .reduce((sum, byte) => sum * 2 ** 7 + (byte & 0x7f), 0);
  return 10 + size + footer;
}

/**
 * Its size counts the items and the footer. Without a header before them, they are skipped as junk.
 */
function apeBytes(bytes: Uint8Array, at: number): number {
  if (textAt(bytes, at, 8) !== "APETAGEX" || at + APE_HEADER_BYTES > bytes.length) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, APE_HEADER_BYTES);
  const isHeader = (view.getUint32(20, true) & 0x2000_0000) !== 0;
  return APE_HEADER_BYTES + (isHeader ? view.getUint32(12, true) : 0);
}

const APE_HEADER_BYTES = 32;

function id3v1Bytes(bytes: Uint8Array, at: number): number {
  return textAt(bytes, at, 3) === "TAG" && at + 128 <= bytes.length ? 128 : 0;
}
