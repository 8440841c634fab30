/** Reads MP3 run by run, each with its own instance of mpg123. */

import type { RawSound } from "../corpus/check-sound.ts";
import { peakOfChannels } from "../level.ts";
import type { OnShare } from "../on-share.ts";
import { lengthOf, type Sound } from "../sound.ts";
import { DecodeError } from "./decode-outcome.ts";
import { damageNote } from "./flac-read.ts";
import { joinSounds } from "./join-sounds.ts";
import type { MpegHeader } from "./mpeg-frames.ts";
import { placedFrames, standardFrames } from "./mpeg-free-format.ts";
import { leftAndRight, oneChannelParts, type Part } from "./mpeg-one-channel.ts";
import { findMpegRuns, infoByte, isInfoFrame, type MpegRun, mpegRunLength } from "./mpeg-runs.ts";

/**
 * Reads a whole MP3 file.
 *
 * @throws DecodeError if no frame of it can be read.
 */
export async function readMp3(bytes: Uint8Array, onShare?: OnShare): Promise<RawSound> {
  const { runs, gapCount } = findMpegRuns(bytes);
  const sounds: Sound[] = [];
  let damageCount = gapCount;
  for (const run of runs) {
    const { sound, dropCount } = withoutBursts(await decodeRun(bytes, run, onShare));
    if (lengthOf(sound) > 0) sounds.push(sound);
    damageCount += dropCount;
  }
  const truncated = isCutOff(bytes, runs);
  if (sounds.length === 0) {
    throw truncated
      ? new DecodeError("truncated", "no sound can be read from it: it is cut off or damaged")
      : new DecodeError("no-samples", "the decoder found no sound in it");
  }
  const { sound, notes } = joinSounds(sounds);
  const damage = damageCount === 0 ? [] : [damageNote(damageCount)];
  return { sound, notes: [...notes, ...damage], truncated };
}

async function decodeRun(
  bytes: Uint8Array,
  run: MpegRun,
  onShare: OnShare | undefined,
): Promise<Sound> {
  const frames = bytes.subarray(run.startByte, run.endByte);
  const decode = run.header.kbps === 0 ? decodeFree : decodePieces;
  const channels = await decode(frames, {
    header: run.header,
    lengthMax: mpegRunLength(bytes, run) + TAIL_LENGTH_MAX,
    onShare: (share) =>
      onShare?.((run.startByte + share * (run.endByte - run.startByte)) / bytes.length),
  });
  // The first frames behind a gap lack bits that stood in it, and come out as zeros.
  const zeros = run.isBehindGap ? leadingZeros(channels) : 0;
  return {
    sampleRate: run.header.rateHz,
    channels: channels.map((samples) => samples.subarray(zeros)),
  };
}

interface PiecesToDecode {
  readonly header: MpegHeader;
  /** Samples to expect at most. */
  readonly lengthMax: number;
  readonly onShare: OnShare;
}

/**
 * Decodes frames of free format: at the highest standard bitrate or, if they hold more than that,
 * one channel after the other.
 */
async function decodeFree(frames: Uint8Array, given: PiecesToDecode): Promise<Float32Array[]> {
  const { header } = given;
  const placed = header.layer === 3 ? placedFrames(frames) : [];
  const whole = standardFrames(placed, header);
  if (whole !== undefined) return decodePieces(whole, given);
  const canSplit = header.layer === 3 && header.isVersion1 && !header.isMono;
  const parts = canSplit ? oneChannelParts(placed) : undefined;
  if (parts === undefined) throw freeFormatUnsupported();
  const mono = { ...header, isMono: true };
  const decoded = new Map<Part, Float32Array>();
  for (const [part, frame] of parts) {
    const stream = standardFrames(frame, mono);
    if (stream === undefined) throw freeFormatUnsupported();
    const [samples = NO_SAMPLES] = await decodePieces(stream, { ...given, header: mono });
    decoded.set(part, samples);
  }
  return leftAndRight(decoded);
}

function freeFormatUnsupported(): DecodeError {
  const message = "MP3 in free format, at more than the highest standard bitrate, is not supported";
  return new DecodeError("unsupported-format", message);
}

/** Samples that a decoder may return beyond its frames. */
const TAIL_LENGTH_MAX = 2 * 1152;

/** A long sound is written in place: joining its parts at the end would take twice the memory. */
async function decodePieces(
  frames: Uint8Array,
  { header, lengthMax, onShare }: PiecesToDecode,
): Promise<Float32Array[]> {
  // The decoder doubles a single channel.
  const channelCount = header.isMono ? 1 : 2;
  const { decoder } = await import("@audio/decode-mp3");
  const mpg123 = await decoder();
  const channels = Array.from({ length: channelCount }, () => new Float32Array(lengthMax));
  let length = 0;
  try {
    for (let start = 0; start < frames.length; start += PIECE_BYTES) {
      const { channelData } = mpg123.decode(frames.subarray(start, start + PIECE_BYTES));
      for (const [channel, samples] of channels.entries()) {
        samples.set((channelData[channel] ?? NO_SAMPLES).subarray(0, lengthMax - length), length);
      }
      length = Math.min(lengthMax, length + (channelData[0]?.length ?? 0));
      onShare(start / frames.length);
    }
  } finally {
    mpg123.free();
  }
  return channels.map((samples) => samples.subarray(0, length));
}

const PIECE_BYTES = 2 ** 18;
const NO_SAMPLES = new Float32Array(0);

function leadingZeros(channels: readonly Float32Array[]): number {
  return Math.min(
    ...channels.map((samples) => {
      const first = samples.findIndex((sample) => sample !== 0);
      return first < 0 ? samples.length : first;
    }),
  );
}

/** Samples that one frame, or its half, gives at once. */
const BLOCK_LENGTH = 576;
const BURST_PEAK = 2;
const BURST_RATIO = 4;

/**
 * Drops blocks far louder than full scale and than the rest of the sound: they come from frames
 * with corrupt bits.
 */
function withoutBursts(sound: Sound): { sound: Sound; dropCount: number } {
  const blockCount = Math.ceil(lengthOf(sound) / BLOCK_LENGTH);
  const peaks = Array.from({ length: blockCount }, (_, block) =>
    peakOfChannels(sound.channels.map((samples) => blockOf(samples, block))),
  );
  const usual = peaks.toSorted((a, b) => a - b)[blockCount >> 1] ?? 0;
  const limit = Math.max(BURST_PEAK, BURST_RATIO * usual);
  if (!peaks.some((peak) => peak > limit)) return { sound, dropCount: 0 };
  // What a burst leaves in the filters rings on into the next block.
  const isGood = (block: number): boolean =>
    (peaks[block] ?? 0) <= limit && (peaks[block - 1] ?? 0) <= limit;
  const good = [...peaks.keys()].filter(isGood);
  const channels = sound.channels.map((samples) =>
    Float32Array.from(good.flatMap((block) => [...blockOf(samples, block)])),
  );
  const dropCount = good.filter((block, i) => block !== (good[i - 1] ?? -1) + 1).length;
  const endsWithDrop = (good.at(-1) ?? -1) < blockCount - 1;
  return { sound: { ...sound, channels }, dropCount: dropCount + (endsWithDrop ? 1 : 0) };
}

function blockOf(samples: Float32Array, block: number): Float32Array {
  return samples.subarray(block * BLOCK_LENGTH, (block + 1) * BLOCK_LENGTH);
}

/** LAME and others state the length in bytes in a first, silent frame. */
function isCutOff(bytes: Uint8Array, runs: readonly MpegRun[]): boolean {
  const HAS_FRAMES = 1;
  const HAS_BYTES = 2;
  const last = runs.findLast(({ startByte, header }) => isInfoFrame(bytes, startByte, header));
  if (last === undefined) return false;
  const at = infoByte(last.startByte, last.header);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + 16 > bytes.length) return true;
  const flags = view.getUint32(at + 4);
  if ((flags & HAS_BYTES) === 0) return false;
  const stated = view.getUint32(at + ((flags & HAS_FRAMES) === 0 ? 8 : 12));
  // Tag editors rewrite files carelessly: only a clear shortfall counts.
  return bytes.length - last.startByte < stated * COMPLETE_SHARE;
}

const COMPLETE_SHARE = 0.98;
