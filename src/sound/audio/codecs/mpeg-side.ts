/**
 * The side information of a layer III frame: how many bits its sound takes, and where they begin.
 *
 * The bits of a frame (its main data) may begin in the bodies of frames before it, up to 511 bytes
 * back, and must be over before those of the next frame begin: what does not fit is damaged.
 *
 * Source: ISO/IEC 11172-3, section 2.4.1.7, and 13818-3.
 */

import { BitReader } from "./bit-reader.ts";
import type { MpegHeader } from "./mpeg-frames.ts";

export interface MpegSide {
  /** Where the side information begins: behind the header and, if there is one, its checksum. */
  readonly startByte: number;
  /** Where the body of the frame begins. */
  readonly bodyByte: number;
  /** How many bytes before the body the main data begins. */
  readonly mainBackBytes: number;
  readonly mainBytes: number;
}

/** Reads the side information; undefined where it says something impossible. */
export function readMpegSide(
  bytes: Uint8Array,
  frameByte: number,
  header: MpegHeader,
): MpegSide | undefined {
  const { isVersion1, isMono } = header;
  const hasChecksum = (bytes[frameByte + 1]! & 1) === 0;
  const startByte = frameByte + 4 + (hasChecksum ? 2 : 0);
  const channelCount = isMono ? 1 : 2;
  const reader = new BitReader(bytes, startByte);
  const mainBackBytes = reader.unsigned(backBits(header));
  // Private bits, and which scale factors are shared.
  reader.unsigned(isVersion1 ? (isMono ? 9 : 11) : channelCount);
  const granuleCount = (isVersion1 ? 2 : 1) * channelCount;
  let mainBits = 0;
  for (let granule = 0; granule < granuleCount; granule += 1) {
    mainBits += reader.unsigned(12);
    const BIG_VALUES_MAX = 288;
    if (reader.unsigned(9) > BIG_VALUES_MAX) return undefined;
    reader.unsigned(8 + (isVersion1 ? 4 : 9));
    const switchesWindow = reader.unsigned(1) === 1;
    const windowType = reader.unsigned(2);
    if (switchesWindow && windowType === 0) return undefined;
    reader.unsigned(isVersion1 ? 23 : 22);
  }
  if (reader.isPastEnd) return undefined;
  const mainBytes = Math.ceil(mainBits / 8);
  return { startByte, bodyByte: startByte + mpegSideBytes(header), mainBackBytes, mainBytes };
}

/** Bytes of the side information. */
export function mpegSideBytes({ isVersion1, isMono }: MpegHeader): number {
  if (isVersion1) return isMono ? 17 : 32;
  return isMono ? 9 : 17;
}

/** Bits of the number that says how far back the main data begins. */
export function backBits({ isVersion1 }: MpegHeader): number {
  return isVersion1 ? 9 : 8;
}
