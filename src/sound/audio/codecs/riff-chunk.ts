/** Chunks of RIFF (WAV) and IFF (AIFF): a name of four letters, a size, and that many bytes. */

import { textAt } from "./text-at.ts";

export const CHUNK_HEADER_BYTES = 8;

/** A whole chunk, with a zero behind content of an odd length. RIFF's sizes are little endian. */
export function riffChunk(
  name: string,
  content: Uint8Array,
  littleEndian = true,
): Uint8Array<ArrayBuffer> {
  const { length } = content;
  const chunk = new Uint8Array(CHUNK_HEADER_BYTES + length + (length % 2));
  for (let i = 0; i < 4; i += 1) chunk[i] = name.charCodeAt(i);
  new DataView(chunk.buffer).setUint32(4, length, littleEndian);
  chunk.set(content, CHUNK_HEADER_BYTES);
  return chunk;
}

export interface FoundChunk {
  readonly name: string;
  readonly content: Uint8Array;
}

/** The chunks that stand one after another from a byte on; the last may be cut off. */
export function* chunksFrom(
  bytes: Uint8Array,
  startByte: number,
  littleEndian = true,
): Generator<FoundChunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = startByte;
  while (at + CHUNK_HEADER_BYTES <= bytes.length) {
    const size = view.getUint32(at + 4, littleEndian);
    const start = at + CHUNK_HEADER_BYTES;
    yield { name: textAt(bytes, at, 4), content: bytes.subarray(start, start + size) };
    at = start + size + (size % 2);
  }
}

/** The format tag of a WAV file whose real format stands further on. */
export const TAG_EXTENSIBLE = 0xfffe;
