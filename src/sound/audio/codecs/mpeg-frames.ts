/**
 * Finds frames of MPEG audio (MP3 and the older layers): where they start and how long they are.
 *
 * A single header proves nothing, because random bytes hold eleven set bits every few kilobytes:
 * frames count only if they follow each other exactly.
 *
 * Source: ISO/IEC 11172-3 and 13818-3.
 */

export interface MpegHeader {
  readonly layer: 1 | 2 | 3;
  readonly rateHz: number;
  readonly isMono: boolean;
  /** Version 1 has frames twice as long, and more side information, than 2 and 2.5. */
  readonly isVersion1: boolean;
  /** Kilobits per second; 0 in free format, where the length follows only from the next frame. */
  readonly kbps: number;
  readonly padding: 0 | 1;
}

/** Reads the four bytes of a header; undefined where no valid one stands. */
export function mpegHeader(bytes: Uint8Array, at: number): MpegHeader | undefined {
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0 || at + 4 > bytes.length) {
    return undefined;
  }
  const version = (bytes[at + 1]! >> 3) & 3; // 0: MPEG 2.5, 1: reserved, 2: MPEG 2, 3: MPEG 1
  const layerCode = (bytes[at + 1]! >> 1) & 3;
  const topRateHz = [44_100, 48_000, 32_000][(bytes[at + 2]! >> 2) & 3];
  const bitrateCode = bytes[at + 2]! >> 4;
  if (version === 1 || layerCode === 0 || topRateHz === undefined || bitrateCode === 15) {
    return undefined;
  }
  const layer = (4 - layerCode) as 1 | 2 | 3;
  return {
    layer,
    rateHz: topRateHz / [4, 1, 2, 1][version]!,
    isMono: bytes[at + 3]! >> 6 === 3,
    isVersion1: version === 3,
    kbps: bitrateCode === 0 ? 0 : bitratesOf(version === 3, layer)[bitrateCode - 1]!,
    padding: ((bytes[at + 2]! >> 1) & 1) as 0 | 1,
  };
}

/** Whether two headers may follow each other in one stream. Their bitrates may differ. */
export function isSameStream(a: MpegHeader, b: MpegHeader): boolean {
  return a.layer === b.layer && a.rateHz === b.rateHz && (a.kbps === 0) === (b.kbps === 0);
}

/**
 * Length of the frame in bytes, header included; undefined where there is none, or where its length
 * cannot be found.
 */
export function mpegFrameBytes(bytes: Uint8Array, at: number): number | undefined {
  const header = mpegHeader(bytes, at);
  if (header === undefined) return undefined;
  if (header.kbps === 0) return freeFrameBytes(bytes, at, header);
  const { kbps, rateHz, padding, layer, isVersion1 } = header;
  if (layer === 1) return (Math.floor((12_000 * kbps) / rateHz) + padding) * 4;
  const bytesPerKilobit = layer === 3 && !isVersion1 ? 72_000 : 144_000;
  return Math.floor((bytesPerKilobit * kbps) / rateHz) + padding;
}

/**
 * Free format: the distance to the next header, if one more follows at the same distance or the
 * file ends there.
 */
function freeFrameBytes(bytes: Uint8Array, at: number, header: MpegHeader): number | undefined {
  const slotBytes = header.layer === 1 ? 4 : 1;
  const last = Math.min(at + FREE_FRAME_BYTES_MAX, bytes.length - 4);
  for (let next = at + FREE_FRAME_BYTES_MIN; next <= last; next += 1) {
    if (bytes[next] !== 0xff) continue;
    const second = mpegHeader(bytes, next);
    if (second === undefined || !isSameStream(header, second)) continue;
    const change = (second.padding - header.padding) * slotBytes;
    const third = next + (next - at) + change;
    const thirdHeader = mpegHeader(bytes, third);
    const confirmed = thirdHeader !== undefined && isSameStream(header, thirdHeader);
    if (confirmed || Math.abs(third - bytes.length) <= FREE_END_BYTES) return next - at;
  }
  // The last frame reaches to the end of the file.
  return bytes.length - at <= FREE_FRAME_BYTES_MAX ? bytes.length - at : undefined;
}

const FREE_FRAME_BYTES_MIN = 24;
const FREE_FRAME_BYTES_MAX = 5760;
/** Room for a tag behind the last frame. */
const FREE_END_BYTES = 130;

/** How many frames of one stream follow each other from here, at most `countMax`. */
export function mpegChainLength(bytes: Uint8Array, startByte: number, countMax: number): number {
  const first = mpegHeader(bytes, startByte);
  if (first === undefined) return 0;
  let count = 0;
  for (let at = startByte; count < countMax; ) {
    const header = mpegHeader(bytes, at);
    if (header === undefined || !isSameStream(first, header)) break;
    const length = mpegFrameBytes(bytes, at);
    if (length === undefined) break;
    count += 1;
    at += length;
  }
  return count;
}

/** Whether a single frame reaches exactly to the end of the file. */
export function isLastMpegFrame(bytes: Uint8Array, at: number): boolean {
  const header = mpegHeader(bytes, at);
  return (
    header !== undefined && header.kbps > 0 && at + mpegFrameBytes(bytes, at)! === bytes.length
  );
}

const BITRATES_KBPS = {
  version1: {
    1: [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    2: [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    3: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  },
  version2: {
    1: [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    3: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  },
};

function bitratesOf(isVersion1: boolean, layer: 1 | 2 | 3): readonly number[] {
  return BITRATES_KBPS[isVersion1 ? "version1" : "version2"][layer];
}
