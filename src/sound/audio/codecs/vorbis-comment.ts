/**
 * Vorbis comments: the tags of FLAC, Ogg Vorbis and Opus.
 *
 * Source: Xiph.Org, "Ogg Vorbis I format specification: comment field and header specification".
 */

import { commentOf, ownFields, SOFTWARE, type SoundTags } from "./sound-tags.ts";

/** A block of comments, without what stands around it in each format. */
export function vorbisComment(tags: SoundTags, vendor: string): Uint8Array<ArrayBuffer> {
  const fields = [
    ["TITLE", tags.title ?? ""],
    ["ARTIST", tags.artist ?? ""],
    ["ALBUM", tags.album ?? ""],
    ["COMMENT", commentOf(tags)],
    ["ENCODER", SOFTWARE],
    ...ownFields(tags),
  ].filter(([, value]) => value !== "");
  const texts = [vendor, ...fields.map(([name, value]) => `${name}=${value}`)].map((text) =>
    new TextEncoder().encode(text),
  );
  const block = new Uint8Array(4 + texts.reduce((sum, text) => sum + 4 + text.length, 0));
  const view = new DataView(block.buffer);
  let at = 0;
  for (const [i, text] of texts.entries()) {
    view.setUint32(at, text.length, true);
    block.set(text, at + 4);
    at += 4 + text.length;
    if (i === 0) {
      view.setUint32(at, fields.length, true);
      at += 4;
    }
  }
  return block;
}

/** The fields of a block, names in upper case; as many as are whole. */
export function readVorbisComment(block: Uint8Array): (readonly [name: string, value: string])[] {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const fields: (readonly [string, string])[] = [];
  if (block.length < 8) return fields;
  let at = 4 + view.getUint32(0, true);
  if (at + 4 > block.length) return fields;
  const count = view.getUint32(at, true);
  at += 4;
  for (let i = 0; i < count && at + 4 <= block.length; i += 1) {
    const size = view.getUint32(at, true);
    if (at + 4 + size > block.length) break;
    const text = new TextDecoder().decode(block.subarray(at + 4, at + 4 + size));
    const equals = text.indexOf("=");
    if (equals > 0) fields.push([text.slice(0, equals).toUpperCase(), text.slice(equals + 1)]);
    at += 4 + size;
  }
  return fields;
}
