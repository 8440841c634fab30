/**
 * One frame of FLAC: header, subframes and checksum.
 *
 * Source: RFC 9639, section 9.
 */

import { BitReader } from "./bit-reader.ts";
import { crc8, crc16 } from "./checksums.ts";
import { readSubframe } from "./flac-subframe.ts";

/** Constants of the whole stream; a frame that differs does not belong to it. */
export interface FlacFormat {
  readonly channelCount: number;
  readonly bitsPerSample: number;
}

export interface FlacFrame {
  /** Shape [channels][time], integers. */
  readonly channels: readonly Float64Array[];
  /** Where the next frame may start. */
  readonly endByte: number;
}

/** Reads the frame that begins at a byte; undefined where none does, or a damaged one. */
export function readFlacFrame(
  bytes: Uint8Array,
  startByte: number,
  format: FlacFormat,
): FlacFrame | undefined {
  const header = readFlacHeader(bytes, startByte, format);
  if (header === undefined) return undefined;
  const { blockLength, assignment, bodyByte } = header;
  const reader = new BitReader(bytes, bodyByte);
  const channels: Float64Array[] = [];
  for (let channel = 0; channel < format.channelCount; channel += 1) {
    const bits = format.bitsPerSample + (channel === SIDE_CHANNEL[assignment] ? 1 : 0);
    const samples = readSubframe(reader, blockLength, bits);
    if (samples === undefined || reader.isPastEnd) return undefined;
    channels.push(samples);
  }
  const endByte = reader.nextByte + CHECKSUM_BYTES;
  if (endByte > bytes.length) return undefined;
  if (crc16(bytes.subarray(startByte, endByte)) !== 0) return undefined;
  uncouple(channels, assignment);
  return { channels, endByte };
}

const CHECKSUM_BYTES = 2;

interface FlacHeader {
  /** Samples per channel. */
  readonly blockLength: number;
  /** Up to 7: channels on their own; 8 to 10: how two of them are coupled. */
  readonly assignment: number;
  /** Where the subframes begin. */
  readonly bodyByte: number;
}

export const LEFT_SIDE = 8;
const SIDE_RIGHT = 9;
export const MID_SIDE = 10;

/** Which channel holds the difference of two, which takes one bit more. */
const SIDE_CHANNEL: { readonly [assignment: number]: number } = {
  [LEFT_SIDE]: 1,
  [SIDE_RIGHT]: 0,
  [MID_SIDE]: 1,
};

const SAMPLE_BITS = [0, 8, 12, -1, 16, 20, 24, 32];

/** Reads the frame header at this position, if there is one with a correct checksum. */
export function readFlacHeader(
  bytes: Uint8Array,
  startByte: number,
  format: FlacFormat,
): FlacHeader | undefined {
  if (bytes[startByte] !== 0xff || (bytes[startByte + 1]! & 0xfe) !== 0xf8) return undefined;
  const reader = new BitReader(bytes, startByte + 2);
  const blockCode = reader.unsigned(4);
  const rateCode = reader.unsigned(4);
  const assignment = reader.unsigned(4);
  const bits = SAMPLE_BITS[reader.unsigned(3)];
  if (reader.unsigned(1) !== 0 || blockCode === 0 || rateCode === 15) return undefined;
  const channelCount = assignment < LEFT_SIDE ? assignment + 1 : 2;
  if (assignment > MID_SIDE || channelCount !== format.channelCount) return undefined;
  if (bits !== 0 && bits !== format.bitsPerSample) return undefined;
  // The number of the frame: one byte, or as many as there are ones at its start.
  const numberBytes = Math.clz32(~(reader.unsigned(8) << 24));
  for (let i = 1; i < numberBytes; i += 1) reader.unsigned(8);
  const blockLength = blockLengthOf(blockCode, reader);
  if (rateCode >= 12) reader.unsigned(rateCode === 12 ? 8 : 16);
  const checksumByte = reader.nextByte;
  const header = bytes.subarray(startByte, checksumByte);
  if (checksumByte >= bytes.length || crc8(header) !== bytes[checksumByte]) return undefined;
  return { blockLength, assignment, bodyByte: checksumByte + 1 };
}

function blockLengthOf(code: number, reader: BitReader): number {
  if (code === 1) return 192;
  if (code <= 5) return 144 * 2 ** code;
  if (code <= 7) return reader.unsigned(code === 6 ? 8 : 16) + 1;
  return 2 ** code;
}

/** Turns left and side, side and right, or mid and side into left and right, in place. */
function uncouple(channels: readonly Float64Array[], assignment: number): void {
  const [first, second] = channels;
  if (assignment < LEFT_SIDE || first === undefined || second === undefined) return;
  for (let i = 0; i < first.length; i += 1) {
    const [a, b] = [first[i]!, second[i]!];
    if (assignment === LEFT_SIDE) second[i] = a - b;
    else if (assignment === SIDE_RIGHT) first[i] = a + b;
    else {
      // The lowest bit of the sum is that of the difference, and was not written.
      const sum = 2 * a + Math.abs(b % 2);
      first[i] = (sum + b) / 2;
      second[i] = (sum - b) / 2;
    }
  }
}
