/**
 * Splits an Ogg file into its streams: pages interleaved, and possibly several links chained.
 *
 * Decoders of single streams would read a chain as one stream, and give noise or the wrong pitch.
 *
 * Source: RFC 3533.
 */

import { crc32 } from "./checksums.ts";
import type { ReadableFormat } from "./sniff.ts";
import { textAt } from "./text-at.ts";

/** One stream of sound, from its first page to its last. */
export interface OggLink {
  readonly format: OggFormat;
  readonly pages: readonly OggPage[];
  /** True unless its last page is missing. */
  readonly isEnded: boolean;
}

export type OggFormat = Extract<ReadableFormat, "ogg-flac" | "ogg-vorbis" | "opus">;

export interface OggFile {
  /** In order of time. Of streams side by side, the first with sound. */
  readonly links: readonly OggLink[];
  /** How often something damaged stood between or inside the pages. */
  readonly gapCount: number;
}

export interface OggPage {
  /** With its header. */
  readonly bytes: Uint8Array;
  readonly serial: number;
  readonly flags: number;
}

export const FLAG_CONTINUED = 1;
export const FLAG_FIRST = 2;
export const FLAG_LAST = 4;
export const HEADER_BYTES = 27;

/** Splits an Ogg file into its streams; those without sound (video, Skeleton) are left out. */
export function readOggFile(bytes: Uint8Array): OggFile {
  const { pages, gapCount } = readPages(bytes);
  const links: { format: OggFormat; pages: OggPage[]; isEnded: boolean }[] = [];
  let isHead = false;
  let hasSound = false;
  for (const page of pages) {
    const isFirst = (page.flags & FLAG_FIRST) !== 0;
    // The first pages of all streams of a link stand together, before everything else.
    if (isFirst && !isHead) hasSound = false;
    isHead = isFirst;
    const current = links.at(-1);
    if (isFirst) {
      const format = formatOf(page);
      if (format === undefined || hasSound) continue;
      links.push({ format, pages: [page], isEnded: false });
      hasSound = true;
    } else if (hasSound && current?.pages[0]?.serial === page.serial && !current.isEnded) {
      current.pages.push(page);
    }
    const link = links.at(-1);
    if (link !== undefined && link.pages.at(-1) === page) {
      link.isEnded = (page.flags & FLAG_LAST) !== 0;
    }
  }
  return { links, gapCount };
}

function formatOf(page: OggPage): OggFormat | undefined {
  const body = HEADER_BYTES + page.bytes[26]!;
  const magics = [
    ["ogg-flac", "\x7fFLAC"],
    ["ogg-vorbis", "\x01vorbis"],
    ["opus", "OpusHead"],
  ] as const;
  return magics.find(([, magic]) => textAt(page.bytes, body, magic.length) === magic)?.[0];
}

/**
 * All whole pages with a correct checksum. Some programs write no checksums: then all pages are
 * accepted.
 */
function readPages(bytes: Uint8Array): { pages: OggPage[]; gapCount: number } {
  const found: { page: OggPage; isRight: boolean; afterGap: boolean }[] = [];
  let at = 0;
  let endByte = 0;
  while (at < bytes.length) {
    const length = pageLength(bytes, at);
    if (length === undefined) {
      at = nextPageByte(bytes, at + 1);
      continue;
    }
    const pageBytes = bytes.subarray(at, at + length);
    const view = new DataView(pageBytes.buffer, pageBytes.byteOffset, length);
    const page = { bytes: pageBytes, serial: view.getUint32(14, true), flags: pageBytes[5]! };
    const isRight = checksumOf(pageBytes) === view.getUint32(22, true);
    found.push({ page, isRight, afterGap: at > endByte });
    // The length of a damaged page may be wrong: then the next one is looked for from its start.
    const next = at + length;
    at = isRight || pageLength(bytes, next) !== undefined ? next : nextPageByte(bytes, at + 1);
    endByte = at;
  }
  const rightCount = found.filter(({ isRight }) => isRight).length;
  const areChecked = rightCount > found.length / 2;
  const good = areChecked ? found.filter(({ isRight }) => isRight) : found;
  const gapCount = found.length - good.length + good.filter(({ afterGap }) => afterGap).length;
  return { pages: good.map(({ page }) => page), gapCount };
}

/** Length of the page at this position, if there is a whole one. */
function pageLength(bytes: Uint8Array, at: number): number | undefined {
  if (textAt(bytes, at, 5) !== "OggS\0" || at + HEADER_BYTES > bytes.length) return undefined;
  const segmentCount = bytes[at + 26]!;
  let length = HEADER_BYTES + segmentCount;
  for (let i = 0; i < segmentCount; i += 1) length += bytes[at + HEADER_BYTES + i] ?? 0;
  return at + length <= bytes.length ? length : undefined;
}

function nextPageByte(bytes: Uint8Array, fromByte: number): number {
  let at = fromByte;
  for (;;) {
    at = bytes.indexOf(0x4f, at);
    if (at < 0) return bytes.length;
    if (textAt(bytes, at, 5) === "OggS\0") return at;
    at += 1;
  }
}

/** The checksum itself counts as four zeros. */
function checksumOf(page: Uint8Array): number {
  const upToIt = crc32(page.subarray(0, 22));
  return crc32(page.subarray(26), crc32(new Uint8Array(4), upToIt));
}

/** Puts the packets of a stream together, in order; those that lack a part are left out. */
export function packetsOf(pages: readonly OggPage[]): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let parts: Uint8Array[] | undefined;
  for (const { bytes, flags } of pages) {
    if ((flags & FLAG_CONTINUED) === 0) parts = [];
    const segmentCount = bytes[26]!;
    let start = HEADER_BYTES + segmentCount;
    let end = start;
    for (const size of bytes.subarray(HEADER_BYTES, start)) {
      end += size;
      if (size === 255) continue;
      if (parts !== undefined) packets.push(joinBytes([...parts, bytes.subarray(start, end)]));
      parts = [];
      start = end;
    }
    parts?.push(bytes.subarray(start, end));
  }
  return packets;
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
