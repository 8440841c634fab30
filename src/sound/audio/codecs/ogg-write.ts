/**
 * Writes Ogg: packets into pages.
 *
 * Source: RFC 3533.
 */

import { crc32 } from "./checksums.ts";
import { FLAG_CONTINUED, FLAG_FIRST, FLAG_LAST, HEADER_BYTES, joinBytes } from "./ogg-pages.ts";

/** A packet, and the position in the sound where what it holds ends, in samples. */
export interface OggPacket {
  readonly bytes: Uint8Array;
  readonly endSample: number;
}

export interface OggStream {
  /** Tells this stream from others in the same file. */
  readonly serial: number;
  /** The first stands in a page of its own, and so do the others together. */
  readonly heads: readonly Uint8Array[];
  readonly packets: readonly OggPacket[];
}

/** A complete file of one stream. */
export function writeOgg({ serial, heads, packets }: OggStream): Uint8Array<ArrayBuffer> {
  const [first, ...others] = heads.map((bytes) => ({ bytes, endSample: 0 }));
  const groups = [first === undefined ? [] : [first], others, ...inPages(packets)];
  const pages = groups.flatMap((group) => pagesOf(group));
  return joinBytes(
    pages.map((page, sequence) => {
      const flags =
        (page.isContinued ? FLAG_CONTINUED : 0) |
        (sequence === 0 ? FLAG_FIRST : 0) |
        (sequence === pages.length - 1 ? FLAG_LAST : 0);
      return pageBytes(page, { serial, sequence, flags });
    }),
  );
}

/**
 * Gives a page of another stream a new place: its serial, number and checksum.
 *
 * @returns A copy.
 */
export function renumbered(
  page: Uint8Array,
  { serial, sequence }: { readonly serial: number; readonly sequence: number },
): Uint8Array {
  const copy = Uint8Array.from(page);
  const view = new DataView(copy.buffer);
  view.setUint32(14, serial, true);
  view.setUint32(18, sequence, true);
  view.setUint32(22, 0, true);
  view.setUint32(22, crc32(copy), true);
  return copy;
}

/** Pages of packets that stand together, without their flags of a whole stream. */
export function headPages(
  packets: readonly Uint8Array[],
  { serial, firstSequence }: { readonly serial: number; readonly firstSequence: number },
): Uint8Array[] {
  return pagesOf(packets.map((bytes) => ({ bytes, endSample: 0 }))).map((page, i) =>
    pageBytes(page, {
      serial,
      sequence: firstSequence + i,
      flags: page.isContinued ? FLAG_CONTINUED : 0,
    }),
  );
}

// --- internal ---

/** Bytes of sound in a page: players seek by pages. */
const PAGE_BYTES = 8192;

/** A page is made of at most so many segments of at most 255 bytes. */
const SEGMENTS_MAX = 255;

interface Page {
  readonly segments: readonly number[];
  readonly content: Uint8Array;
  /** Of the last packet that ends in it; -1 if none does. */
  readonly endSample: number;
  /** Whether it begins inside a packet. */
  readonly isContinued: boolean;
}

function inPages(packets: readonly OggPacket[]): OggPacket[][] {
  const groups: OggPacket[][] = [];
  let bytes = PAGE_BYTES;
  for (const packet of packets) {
    if (bytes >= PAGE_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(packet);
    bytes += packet.bytes.length;
  }
  return groups;
}

function pagesOf(packets: readonly OggPacket[]): Page[] {
  const lacing = packets.flatMap(({ bytes, endSample }) => {
    const sizes = Array.from({ length: Math.floor(bytes.length / 255) }, () => 255);
    return [...sizes, bytes.length % 255].map((size, i, all) => ({
      size,
      endSample: i === all.length - 1 ? endSample : -1,
      isInside: i > 0,
    }));
  });
  const content = joinBytes(packets.map(({ bytes }) => bytes));
  const pages: Page[] = [];
  let at = 0;
  for (let first = 0; first < lacing.length; first += SEGMENTS_MAX) {
    const part = lacing.slice(first, first + SEGMENTS_MAX);
    const segments = part.map(({ size }) => size);
    const end = at + segments.reduce((sum, size) => sum + size, 0);
    pages.push({
      segments,
      content: content.subarray(at, end),
      endSample: part.findLast(({ endSample }) => endSample >= 0)?.endSample ?? -1,
      isContinued: part[0]?.isInside === true,
    });
    at = end;
  }
  return pages;
}

function pageBytes(
  { segments, content, endSample }: Page,
  place: { readonly serial: number; readonly sequence: number; readonly flags: number },
): Uint8Array {
  const page = new Uint8Array(HEADER_BYTES + segments.length + content.length);
  page.set([0x4f, 0x67, 0x67, 0x53]);
  page[5] = place.flags;
  const view = new DataView(page.buffer);
  view.setBigInt64(6, BigInt(endSample), true);
  page[26] = segments.length;
  page.set(segments, HEADER_BYTES);
  page.set(content, HEADER_BYTES + segments.length);
  return renumbered(page, place);
}
