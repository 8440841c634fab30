/**
 * ADPCM decoders: four bits per sample, each a difference from a prediction, with an adaptive step
 * size.
 *
 * Sources: IMA Digital Audio Focus and Technical Working Groups, "Recommended Practices for
 * Enhancing Digital Audio Compatibility in Multimedia Systems", 1992; Apple, Technical Note TN1081
 * (IMA4); Microsoft, "Multimedia Data Standards Update", 1994 (MS ADPCM).
 */

/** What is common to the blocks of a WAV file. */
export interface AdpcmLayout {
  readonly channelCount: number;
  readonly blockBytes: number;
  /** MS ADPCM alone: the pairs of weights that a block chooses from. */
  readonly weights?: readonly (readonly [newer: number, older: number])[];
}

/** The coefficients of every MS ADPCM file, stated or not. */
export const MS_ADPCM_WEIGHTS = [
  [256, 0],
  [512, -256],
  [0, 0],
  [192, 64],
  [240, 0],
  [460, -208],
  [392, -232],
] as const;

interface ImaState {
  /** The last sample, as a 16-bit integer. */
  predictor: number;
  /** Index into the table of steps, 0 to 88. */
  stepIndex: number;
}

/** Reads Apple's IMA4: packets of 34 bytes a channel with 64 samples. Shape [channels][time]. */
export function readIma4(bytes: Uint8Array, channelCount: number): Float32Array[] {
  const packetCount = Math.floor(bytes.length / (IMA4_PACKET_BYTES * channelCount));
  return Array.from({ length: channelCount }, (_, channel) => {
    const samples = new Float32Array(packetCount * IMA4_PACKET_SAMPLES);
    const state: ImaState = { predictor: 0, stepIndex: 0 };
    for (let packet = 0; packet < packetCount; packet += 1) {
      let at = (packet * channelCount + channel) * IMA4_PACKET_BYTES;
      enterIma4Packet(state, (bytes[at]! << 8) | bytes[at + 1]!);
      at += 2;
      for (let i = 0; i < IMA4_PACKET_SAMPLES; i += 1) {
        const byte = bytes[at + (i >> 1)]!;
        const nibble = i % 2 === 0 ? byte & 15 : byte >> 4;
        samples[packet * IMA4_PACKET_SAMPLES + i] = nextIma(state, nibble);
      }
    }
    return samples;
  });
}

const IMA4_PACKET_BYTES = 34;
export const IMA4_PACKET_SAMPLES = 64;

/** A packet states its predictor with the lowest 7 bits missing: where it agrees, we know better. */
function enterIma4Packet(state: ImaState, preamble: number): void {
  const predictor = ((preamble & 0xff80) << 16) >> 16;
  const stepIndex = Math.min(preamble & 0x7f, STEP_INDEX_MAX);
  const agrees = stepIndex === state.stepIndex && Math.abs(predictor - state.predictor) <= 0x7f;
  if (!agrees) Object.assign(state, { predictor, stepIndex });
}

/** Reads IMA ADPCM as WAV holds it. Shape [channels][time]. */
export function readImaWav(bytes: Uint8Array, layout: AdpcmLayout): Float32Array[] {
  return readBlocks(bytes, layout, {
    headBytes: 4,
    headSamples: 1,
    decode: (block, blockBytes, channels) => {
      const { length: channelCount } = channels;
      for (const [channel, samples] of channels.entries()) {
        const head = 4 * channel;
        const state: ImaState = {
          predictor: block.getInt16(head, true),
          stepIndex: Math.min(block.getUint8(head + 2), STEP_INDEX_MAX),
        };
        samples[0] = state.predictor / 2 ** 15;
        for (let i = 0; i < samples.length - 1; i += 1) {
          // Four bytes of one channel, then four of the next.
          const at = 4 * channelCount * (1 + (i >> 3)) + head + ((i >> 1) & 3);
          if (at >= blockBytes) break;
          const byte = block.getUint8(at);
          samples[i + 1] = nextIma(state, i % 2 === 0 ? byte & 15 : byte >> 4);
        }
      }
    },
  });
}

function nextIma(state: ImaState, nibble: number): number {
  const step = IMA_STEPS[state.stepIndex]!;
  const difference =
    (step >> 3) +
    ((nibble & 4) === 0 ? 0 : step) +
    ((nibble & 2) === 0 ? 0 : step >> 1) +
    ((nibble & 1) === 0 ? 0 : step >> 2);
  state.predictor = toInt16(state.predictor + ((nibble & 8) === 0 ? difference : -difference));
  const stepIndex = state.stepIndex + IMA_INDEX_CHANGES[nibble & 7]!;
  state.stepIndex = Math.max(0, Math.min(STEP_INDEX_MAX, stepIndex));
  return state.predictor / 2 ** 15;
}

const IMA_INDEX_CHANGES = [-1, -1, -1, -1, 2, 4, 6, 8];
const IMA_STEPS = [
  7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73,
  80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494,
  544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499,
  2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10_442,
  11_487, 12_635, 13_899, 15_289, 16_818, 18_500, 20_350, 22_385, 24_623, 27_086, 29_794, 32_767,
];
const STEP_INDEX_MAX = IMA_STEPS.length - 1;

/** Reads MS ADPCM. Shape [channels][time]. */
export function readMsAdpcm(bytes: Uint8Array, layout: AdpcmLayout): Float32Array[] {
  const { weights = MS_ADPCM_WEIGHTS } = layout;
  return readBlocks(bytes, layout, {
    headBytes: 7,
    headSamples: 2,
    decode: (block, blockBytes, channels) => {
      const { length: channelCount } = channels;
      for (const [channel, samples] of channels.entries()) {
        const [newerWeight, olderWeight] = weights[block.getUint8(channel)] ?? [0, 0];
        const word = (index: number): number =>
          block.getInt16(channelCount + 2 * (index * channelCount + channel), true);
        let [step, newer, older] = [word(0), word(1), word(2)];
        samples[0] = older / 2 ** 15;
        if (samples.length > 1) samples[1] = newer / 2 ** 15;
        for (let i = 0; i < samples.length - 2; i += 1) {
          const index = i * channelCount + channel;
          const at = 7 * channelCount + (index >> 1);
          if (at >= blockBytes) break;
          const nibble = index % 2 === 0 ? block.getUint8(at) >> 4 : block.getUint8(at) & 15;
          const guess = Math.trunc((newer * newerWeight + older * olderWeight) / 256);
          const next = toInt16(guess + (nibble < 8 ? nibble : nibble - 16) * step);
          step = Math.max(16, Math.trunc((MS_STEP_CHANGES[nibble]! * step) / 256));
          [newer, older] = [next, newer];
          samples[i + 2] = next / 2 ** 15;
        }
      }
    },
  });
}

const MS_STEP_CHANGES = [
  230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230,
];

function toInt16(value: number): number {
  return Math.max(-32_768, Math.min(32_767, value));
}

interface BlockCodec {
  /** What the head of a block takes for each channel, and how many samples stand in it. */
  readonly headBytes: number;
  readonly headSamples: number;
  /** Fills the channels with the samples of one block. */
  readonly decode: (block: DataView, blockBytes: number, channels: Float32Array[]) => void;
}

/** The last block may be shorter than the others. */
function readBlocks(bytes: Uint8Array, layout: AdpcmLayout, codec: BlockCodec): Float32Array[] {
  const { channelCount, blockBytes } = layout;
  const samplesIn = (byteCount: number): number => {
    const dataBytes = byteCount - codec.headBytes * channelCount;
    return dataBytes < 0 ? 0 : codec.headSamples + Math.floor((2 * dataBytes) / channelCount);
  };
  const blockSamples = samplesIn(blockBytes);
  const wholeBlocks = Math.floor(bytes.length / blockBytes);
  const length = wholeBlocks * blockSamples + samplesIn(bytes.length % blockBytes);
  const channels = Array.from({ length: channelCount }, () => new Float32Array(length));
  for (let first = 0, at = 0; first < length; first += blockSamples, at += blockBytes) {
    const size = Math.min(blockBytes, bytes.length - at);
    const block = new DataView(bytes.buffer, bytes.byteOffset + at, size);
    const parts = channels.map((samples) => samples.subarray(first, first + blockSamples));
    codec.decode(block, size, parts);
  }
  return channels;
}
