/**
 * The INFO list of a WAV file: its tags. Values are UTF-8, as most programs write them today.
 *
 * Source: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", 1991.
 */

import { joinBytes } from "./ogg-pages.ts";
import { riffChunk } from "./riff-chunk.ts";
import { commentOf, SOFTWARE, type SoundTags } from "./sound-tags.ts";

/** A whole LIST chunk, to stand behind the samples; without tags, of the program's name alone. */
export function infoList(tags?: SoundTags): Uint8Array<ArrayBuffer> {
  const fields = [
    ["INAM", tags?.title ?? ""],
    ["IART", tags?.artist ?? ""],
    ["IPRD", tags?.album ?? ""],
    ["ICMT", tags === undefined ? "" : commentOf(tags)],
    ["ISFT", SOFTWARE],
  ] as const;
  const chunks = fields
    .filter(([, value]) => value !== "")
    .map(([name, value]) => riffChunk(name, new TextEncoder().encode(`${value}\0`)));
  return riffChunk("LIST", joinBytes([new TextEncoder().encode("INFO"), ...chunks]));
}
