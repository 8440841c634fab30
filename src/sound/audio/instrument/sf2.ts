/**
 * An instrument as SoundFont 2 (.sf2): samples of 16 bits and one preset.
 *
 * SoundFonts know no turns: only the first of the recordings for a note is in them.
 *
 * Source: E-mu Systems, "SoundFont Technical Specification", version 2.01, 1998.
 */

import { type Random, seededRandom } from "../../../random.ts";
import { riffChunk } from "../codecs/riff-chunk.ts";
import type { MappedSample, SampleMap } from "./sample-map.ts";

/** Generators: what a zone says, by the numbers of the specification. */
const GENERATOR = {
  releaseVolEnv: 38,
  instrument: 41,
  keyRange: 43,
  velRange: 44,
  sampleId: 53,
  sampleModes: 54,
  overridingRootKey: 58,
} as const;

/** Zeros that must follow each sample. */
const GAP_SAMPLES = 46;
/** Loops for as long as the key is held, and goes on looping while the note dies away. */
const LOOPS = 1;
const MONO = 1;
const DITHER_SEED = 2;

/**
 * A complete file.
 *
 * @param samplesOf Mono samples of each that is in the map.
 * @throws RangeError where the samples would pass 4 GiB.
 */
export async function soundFont(
  map: SampleMap,
  samplesOf: (sample: MappedSample) => Promise<Float32Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  const samples = map.samples.filter(({ roundRobin }) => roundRobin === 1);
  const total = samples.reduce((sum, { length }) => sum + length + GAP_SAMPLES, 0);
  if (2 * total > 0xffff_0000) throw new RangeError("Cannot write a SoundFont of more than 4 GiB");
  const pcm = new Int16Array(total);
  const starts: number[] = [];
  const random = seededRandom(DITHER_SEED);
  let at = 0;
  for (const sample of samples) {
    starts.push(at);
    putSamples(pcm, at, { samples: await samplesOf(sample), random });
    at += sample.length + GAP_SAMPLES;
  }
  // Texts of information end with a zero and have an even length: FluidSynth refuses others.
  const named = fixedText(map.name, 2 * Math.floor(map.name.length / 2) + 2);
  const info = [
    riffChunk("ifil", words(2, 1)),
    riffChunk("isng", fixedText("EMU8000", 8)),
    riffChunk("INAM", named),
    riffChunk("ISFT", fixedText("etude", 6)),
  ];
  return riffChunk(
    "RIFF",
    joined([
      fixedText("sfbk", 4),
      list("INFO", info),
      list("sdta", [riffChunk("smpl", new Uint8Array(pcm.buffer))]),
      list("pdta", articulation(map, samples, starts)),
    ]),
  );
}

// --- internal ---

function putSamples(
  pcm: Int16Array,
  at: number,
  { samples, random }: { readonly samples: Float32Array; readonly random: Random },
): void {
  for (let i = 0; i < samples.length; i += 1) {
    const dithered = Math.round(32_767 * samples[i]! + random.next() - random.next());
    pcm[at + i] = Math.max(-32_768, Math.min(32_767, dithered));
  }
}

function articulation(
  map: SampleMap,
  samples: readonly MappedSample[],
  starts: readonly number[],
): Uint8Array[] {
  const release = Math.round(1200 * Math.log2(Math.max(0.001, map.releaseSeconds)));
  const zones = samples.map((sample, i) => [
    // The order matters: keys first, then velocities, the sample last.
    generator(GENERATOR.keyRange, sample.lowKey | (sample.highKey << 8)),
    generator(GENERATOR.velRange, sample.lowVelocity | (sample.highVelocity << 8)),
    generator(GENERATOR.releaseVolEnv, release),
    ...(sample.loop ? [generator(GENERATOR.sampleModes, LOOPS)] : []),
    generator(GENERATOR.overridingRootKey, sample.rootKey),
    generator(GENERATOR.sampleId, i),
  ]);
  let generatorCount = 0;
  const zoneBags = zones.map((zone) => {
    const bag = words(generatorCount, 0);
    generatorCount += zone.length;
    return bag;
  });
  const nothing = new Uint8Array(10);
  return [
    riffChunk("phdr", joined([presetHeader(map.name, 0), presetHeader("EOP", 1)])),
    riffChunk("pbag", joined([words(0, 0), words(1, 0)])),
    riffChunk("pmod", nothing),
    riffChunk("pgen", joined([generator(GENERATOR.instrument, 0), generator(0, 0)])),
    riffChunk(
      "inst",
      joined([instrumentHeader(map.name, 0), instrumentHeader("EOI", zones.length)]),
    ),
    riffChunk("ibag", joined([...zoneBags, words(generatorCount, 0)])),
    riffChunk("imod", nothing),
    riffChunk("igen", joined([...zones.flat(), generator(0, 0)])),
    riffChunk(
      "shdr",
      joined([
        ...samples.map((sample, i) => sampleHeader(sample, starts[i]!)),
        joined([fixedText("EOS", 20), new Uint8Array(26)]),
      ]),
    ),
  ];
}

function presetHeader(name: string, bag: number): Uint8Array {
  const header = new Uint8Array(38);
  header.set(fixedText(name, 20));
  new DataView(header.buffer).setUint16(24, bag, true);
  return header;
}

function instrumentHeader(name: string, bag: number): Uint8Array {
  return joined([fixedText(name, 20), words(bag)]);
}

function sampleHeader(sample: MappedSample, start: number): Uint8Array {
  const { file, length, loop, sampleRate, rootKey } = sample;
  const header = new Uint8Array(46);
  header.set(fixedText(file.replace(/\.wav$/, ""), 20));
  const view = new DataView(header.buffer);
  const places = [start, start + length, start + (loop?.start ?? 0), start + (loop?.end ?? length)];
  for (const [i, place] of [...places, sampleRate].entries()) {
    view.setUint32(20 + 4 * i, place, true);
  }
  view.setUint8(40, rootKey);
  view.setUint16(44, MONO, true);
  return header;
}

function generator(kind: number, amount: number): Uint8Array {
  return words(kind, amount & 0xffff);
}

function words(...values: number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint16(2 * i, value, true);
  return bytes;
}

/** ASCII, cut to leave a zero at its end unless it is a tag of four letters. */
function fixedText(text: string, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const most = length === 4 ? 4 : length - 1;
  for (let i = 0; i < Math.min(text.length, most); i += 1) {
    const code = text.charCodeAt(i);
    bytes[i] = code >= 32 && code < 127 ? code : 63;
  }
  return bytes;
}

function list(name: string, chunks: readonly Uint8Array[]): Uint8Array {
  return riffChunk("LIST", joined([fixedText(name, 4), ...chunks]));
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
