/**
 * The mark in every sound that étude writes: its name where each format keeps the name of the
 * program, and fields of its own. A scan leaves marked files out, because a model trained on its
 * own output drifts away from the recordings.
 */

import { readId3 } from "../codecs/id3.ts";
import { joinBytes, packetsOf, readOggFile } from "../codecs/ogg-pages.ts";
import { chunksFrom, riffChunk } from "../codecs/riff-chunk.ts";
import { MADE_BY, OWN_FIELD, SOFTWARE } from "../codecs/sound-tags.ts";
import { tagBytesAt } from "../codecs/tags.ts";
import { textAt } from "../codecs/text-at.ts";
import { readVorbisComment } from "../codecs/vorbis-comment.ts";

/** Whether a file carries the mark, also where another program moved or converted it. */
export function isMadeHere(bytes: Uint8Array): boolean {
  return fieldsOf(bytes).some(
    ([name, value]) =>
      (SOFTWARE_FIELDS.has(name) && value === SOFTWARE) ||
      name.startsWith(OWN_FIELD) ||
      (COMMENT_FIELDS.has(name) && value.startsWith(MADE_BY)),
  );
}

/** Sounds of étude that a person picked to learn from begin so, in their INFO list. */
const PICKED = "Picked from étude: ";

/**
 * The mark of a sound that étude made and a person picked to learn from: it is no recording, but a
 * scan takes it in and says where it comes from. A whole LIST chunk for a WAV file without any other
 * mark.
 *
 * @param origin "history 3fa2..., model rain, seed 7"
 */
export function pickedMark(origin: string): Uint8Array<ArrayBuffer> {
  const source = riffChunk("ISRC", new TextEncoder().encode(`${PICKED}${origin}\0`));
  return riffChunk("LIST", joinBytes([new TextEncoder().encode("INFO"), source]));
}

/** Where a picked sound comes from; undefined for any other. */
export function originOf(bytes: Uint8Array): string | undefined {
  const source = fieldsOf(bytes).find(
    ([name, value]) => name === "ISRC" && value.startsWith(PICKED),
  );
  return source?.[1].slice(PICKED.length);
}

const SOFTWARE_FIELDS = new Set(["ISFT", "TSSE", "ENCODER"]);
const COMMENT_FIELDS = new Set(["ICMT", "COMM", "COMMENT", "DESCRIPTION", "ANNO"]);

type Field = readonly [name: string, value: string];

/** What a file says in words, in whatever format. */
function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const tagBytes = tagBytesAt(bytes, 0);
  const before = tagBytes > 0 ? readId3(bytes, 0) : [];
  const body = bytes.subarray(tagBytes);
  switch (textAt(body, 0, 4)) {
    case "RIFF":
      return textAt(body, 8, 4) === "WAVE" ? [...before, ...riffFields(body)] : before;
    case "FORM":
      return [...before, ...aiffFields(body)];
    case "fLaC":
      return [...before, ...flacFields(body)];
    case "OggS":
      return [...before, ...oggFields(body)];
    default:
      return before;
  }
}

function riffFields(bytes: Uint8Array): Field[] {
  return [...chunksFrom(bytes, 12)].flatMap(({ name, content }) => {
    if (/^id3 $/i.test(name)) return readId3(content, 0);
    if (name !== "LIST" || textAt(content, 0, 4) !== "INFO") return [];
    return [...chunksFrom(content, 4)].map((field): Field => [field.name, textOf(field.content)]);
  });
}

function aiffFields(bytes: Uint8Array): Field[] {
  return [...chunksFrom(bytes, 12, false)].flatMap(({ name, content }) => {
    if (name === "ID3 ") return readId3(content, 0);
    return name === "ANNO" ? [[name, textOf(content)] as const] : [];
  });
}

const FLAC_COMMENT = 4;

function flacFields(bytes: Uint8Array): readonly Field[] {
  let at = 4;
  for (let isLast = false; !isLast && at + 4 <= bytes.length; ) {
    const start = at + 4;
    const end = start + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
    isLast = (bytes[at]! & 0x80) !== 0;
    if ((bytes[at]! & 0x7f) === FLAC_COMMENT) return readVorbisComment(bytes.subarray(start, end));
    at = end;
  }
  return [];
}

/** Comments stand in the second packet; they are looked for near the start alone. */
const OGG_HEAD_BYTES = 2 ** 17;

function oggFields(bytes: Uint8Array): Field[] {
  const { links } = readOggFile(bytes.subarray(0, OGG_HEAD_BYTES));
  return links.flatMap(({ pages }) => {
    const [, comments] = packetsOf(pages);
    if (comments === undefined) return [];
    const isOpus = textAt(comments, 0, 8) === "OpusTags";
    return readVorbisComment(comments.subarray(isOpus ? 8 : 7));
  });
}

/** Up to the first zero. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
