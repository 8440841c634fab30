/**
 * A stereo stream of layer III -> streams of one channel each, which need half as much room.
 *
 * In free format a frame may hold more than the highest standard bitrate takes. One channel of it
 * always fits, and the bits of one channel stand together in each half of a frame, so they can be
 * moved without being decoded. Frames hold left and right, or their sum and difference (mid and
 * side) divided by the root of 2, which a decoder undoes before the inverse transform. That is
 * linear, as is all that follows, so it may as well be undone in the samples: what stands in the
 * frames of one kind goes into two streams of its own, silent during the frames of the other.
 *
 * Source: ISO/IEC 11172-3, sections 2.4.1.7 and 2.4.3.4.
 */

import { BitReader } from "./bit-reader.ts";
import { BitWriter } from "./bit-writer.ts";
import type { PlacedFrame } from "./mpeg-free-format.ts";

/** What one stream holds. */
export type Part = "left" | "right" | "mid" | "side";

/** Frames of one channel each, as many as there were. */
type OneChannelParts = ReadonlyMap<Part, readonly PlacedFrame[]>;

/**
 * Divides frames of MPEG 1 with two channels.
 *
 * @returns undefined if channels share their upper bands (intensity stereo).
 */
export function oneChannelParts(frames: readonly PlacedFrame[]): OneChannelParts | undefined {
  const kinds = frames.map(stereoOf);
  if (kinds.includes("intensity")) return undefined;
  const sounding = (kind: string): boolean =>
    frames.some(({ isInfo }, i) => !isInfo && kinds[i] === kind);
  const parts = (["left", "right", "mid", "side"] as const).filter((part) =>
    sounding(kindOf(part)),
  );
  return new Map(
    parts.map((part) => [
      part,
      frames.map((frame, i) => oneChannel(frame, part, kinds[i] === kindOf(part))),
    ]),
  );
}

function kindOf(part: Part): "plain" | "mid-side" {
  return part === "left" || part === "right" ? "plain" : "mid-side";
}

function stereoOf({ head, isInfo }: PlacedFrame): "plain" | "mid-side" | "intensity" {
  const JOINT = 1;
  const mode = head[3]! >> 6;
  const extension = (head[3]! >> 4) & 3;
  if (mode !== JOINT || isInfo) return "plain";
  if ((extension & 1) !== 0) return "intensity";
  return extension === 2 ? "mid-side" : "plain";
}

const HALVES = 2;
const CHANNELS = 2;

/** Bits of the side information about one channel in one half of a frame. */
const GRANULE_BITS = 59;
const LENGTH_BITS = 12;

/** Of how far back the main data begins, and the private bits of one and of two channels. */
const BACK_BITS = 9;
const PRIVATE_BITS = { one: 5, two: 3 } as const;
const SHARED_FACTORS_BITS = 4;

function oneChannel(frame: PlacedFrame, part: Part, isSounding: boolean): PlacedFrame {
  const { head, main, isInfo } = frame;
  const header = Uint8Array.of(head[0]!, head[1]!, head[2]!, (head[3]! & 0x0f) | 0xc0);
  const channel = part === "left" || part === "mid" ? 0 : 1;
  const side = new BitWriter();
  side.put(0, BACK_BITS + PRIVATE_BITS.one);
  if (isInfo || !isSounding) {
    side.put(0, SHARED_FACTORS_BITS);
    for (let half = 0; half < HALVES; half += 1) putZeros(side, GRANULE_BITS);
    return { isInfo, head: joined(header, side), main: isInfo ? main : NOTHING };
  }
  const reader = new BitReader(head, header.length);
  reader.unsigned(BACK_BITS + PRIVATE_BITS.two);
  for (let i = 0; i < CHANNELS; i += 1) {
    const shared = reader.unsigned(SHARED_FACTORS_BITS);
    if (i === channel) side.put(shared, SHARED_FACTORS_BITS);
  }
  const source = new BitReader(main);
  const own = new BitWriter();
  for (let granule = 0; granule < HALVES * CHANNELS; granule += 1) {
    const isOwn = granule % CHANNELS === channel;
    const length = reader.unsigned(LENGTH_BITS);
    if (isOwn) side.put(length, LENGTH_BITS);
    copyBits(reader, isOwn ? side : undefined, GRANULE_BITS - LENGTH_BITS);
    copyBits(source, isOwn ? own : undefined, length);
  }
  own.align();
  return { isInfo, head: joined(header, side), main: own.bytes().slice() };
}

const NOTHING = new Uint8Array(0);
const COPIED_BITS = 24;

function copyBits(from: BitReader, to: BitWriter | undefined, count: number): void {
  for (let left = count; left > 0; left -= COPIED_BITS) {
    const bits = Math.min(left, COPIED_BITS);
    const value = from.unsigned(bits);
    to?.put(value, bits);
  }
}

function putZeros(to: BitWriter, count: number): void {
  for (let left = count; left > 0; left -= COPIED_BITS) to.put(0, Math.min(left, COPIED_BITS));
}

function joined(header: Uint8Array, side: BitWriter): Uint8Array {
  return Uint8Array.from([...header, ...side.bytes()]);
}

/** Left and right again, from what each stream was decoded to. */
export function leftAndRight(
  decoded: ReadonlyMap<Part, Float32Array>,
): [left: Float32Array, right: Float32Array] {
  const length = Math.max(0, ...[...decoded.values()].map((samples) => samples.length));
  const [left, right] = [new Float32Array(length), new Float32Array(length)];
  const mid = decoded.get("mid");
  const side = decoded.get("side");
  left.set(decoded.get("left") ?? []);
  right.set(decoded.get("right") ?? []);
  for (let i = 0; i < length; i += 1) {
    const [m, s] = [mid?.[i] ?? 0, side?.[i] ?? 0];
    left[i] = left[i]! + (m + s) * Math.SQRT1_2;
    right[i] = right[i]! + (m - s) * Math.SQRT1_2;
  }
  return [left, right];
}
