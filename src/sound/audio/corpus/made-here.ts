/**
 * The mark in every sound that étude writes: its name in the WAV file's INFO list, as other
 * programs write theirs. A scan leaves marked files out, because a model trained on its own output
 * drifts away from the recordings.
 */

import { textAt } from "../codecs/text-at.ts";

const SOFTWARE = "etude";

/** A whole LIST chunk, to stand behind the samples: 26 bytes. */
export function madeHereChunk(): Uint8Array<ArrayBuffer> {
  const name = `${SOFTWARE}\0`;
  const chunk = new Uint8Array(LIST_BYTES + CHUNK_BYTES + name.length);
  const view = new DataView(chunk.buffer);
  putText(chunk, 0, "LIST");
  view.setUint32(4, chunk.length - CHUNK_BYTES, true);
  putText(chunk, 8, "INFOISFT");
  view.setUint32(16, name.length, true);
  putText(chunk, LIST_BYTES + CHUNK_BYTES, name);
  return chunk;
}

/** Whether a WAV file carries the mark, wherever in the file another program put it. */
export function isMadeHere(bytes: Uint8Array): boolean {
  if (textAt(bytes, 0, 4) !== "RIFF" || textAt(bytes, 8, 4) !== "WAVE") return false;
  for (const list of chunksOf(bytes, [12, bytes.length])) {
    if (list.name !== "LIST" || textAt(bytes, list.start, 4) !== "INFO") continue;
    for (const { name, start, end } of chunksOf(bytes, [list.start + 4, list.end])) {
      if (name !== "ISFT") continue;
      const value = textAt(bytes, start, Math.min(end - start, SOFTWARE.length + 1));
      if (value === SOFTWARE || value === `${SOFTWARE}\0`) return true;
    }
  }
  return false;
}

const CHUNK_BYTES = 8;
/** Chunk header and the word INFO. */
const LIST_BYTES = 12;

interface Chunk {
  readonly name: string;
  /** Of its content, in bytes. */
  readonly start: number;
  readonly end: number;
}

function* chunksOf(bytes: Uint8Array, [from, to]: readonly [number, number]): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = from;
  while (at + CHUNK_BYTES <= to) {
    const size = view.getUint32(at + 4, true);
    const start = at + CHUNK_BYTES;
    yield { name: textAt(bytes, at, 4), start, end: Math.min(to, start + size) };
    at = start + size + (size % 2);
  }
}

function putText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i += 1) bytes[at + i] = text.charCodeAt(i);
}
