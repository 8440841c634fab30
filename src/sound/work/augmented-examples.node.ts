/**
 * What training does to recordings, as files to listen to: originals and changed copies, with a
 * JSON file that says what was changed in each.
 */

import { join, parse } from "node:path";
import { makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import { type Random, seededRandom } from "../../random.ts";
import { type Augmentation, applyAugmentation, drawAugmentation } from "../audio/augment.ts";
import { writeWav } from "../audio/codecs/wav-write.ts";
import { fromDecibels, peakMagnitude, toDecibels } from "../audio/decibel.ts";
import { soundFromMagnitudes } from "../audio/phase.ts";
import { defaultStft, FLOOR_DB, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { magnitudes } from "../audio/stft.ts";
import { requireOutside } from "./outside-corpus.node.ts";

/** Of the corpus, the first so many files in path order, and the first seconds of each. */
const SOURCES_MAX = 6;
const SECONDS_MAX = 5;

export interface AugmentedExample {
  /** Name of the file, beside the JSON file that lists it. */
  readonly file: string;
  /** Path in the corpus. */
  readonly source: string;
  /** What was changed; null in a copy of the original. */
  readonly augmentation: Augmentation | null;
}

export interface ExampleWriter {
  /** @param mono At `MODEL_RATE_HZ`. Does nothing once there are enough examples. */
  add(source: string, mono: Float32Array): Promise<void>;

  /** Writes augmentation.json. @returns What was written, in order. */
  finish(): Promise<readonly AugmentedExample[]>;
}

export interface ExampleOptions {
  readonly seed: number;
  /** The corpus, which the examples must not land in. */
  readonly corpusFolder: string;
}

/**
 * @throws UserError "inside-corpus" (exit code 2) and those of `replaceFile`.
 */
export async function openExamples(
  folder: string,
  { seed, corpusFolder }: ExampleOptions,
): Promise<ExampleWriter> {
  const random = seededRandom(seed);
  const examples: AugmentedExample[] = [];
  let sourceCount = 0;
  await requireOutside(folder, corpusFolder, "examples");
  await makePrivateFolder(folder).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });

  async function write(example: AugmentedExample, samples: Float32Array): Promise<void> {
    const sound = { sampleRate: MODEL_RATE_HZ, channels: [samples] };
    // Floating point, for a louder copy may go over full scale and is to be heard as it is.
    const bytes = writeWav(sound, { encoding: "float32", madeHere: true });
    await replaceFile(join(folder, example.file), bytes);
    examples.push(example);
  }

  return {
    add: async (source, mono) => {
      if (sourceCount === SOURCES_MAX) return;
      sourceCount += 1;
      const name = `${String(sourceCount).padStart(2, "0")} ${parse(source).name}`;
      const samples = mono.subarray(0, SECONDS_MAX * MODEL_RATE_HZ);
      await write({ file: `${name}.wav`, source, augmentation: null }, samples);
      const copies = [
        { what: "changed", augmentation: drawAugmentation(random) },
        { what: "changed, noise", augmentation: drawAugmentation(random, { noiseShare: 1 }) },
      ];
      for (const { what, augmentation } of copies) {
        const file = `${name} (${what}).wav`;
        await write({ file, source, augmentation }, changed(samples, augmentation, random));
      }
    },
    finish: async () => {
      const text = `${JSON.stringify({ seed, examples }, null, 2)}\n`;
      await replaceFile(join(folder, "augmentation.json"), text);
      return examples;
    },
  };
}

/** Through the spectra that a model sees, and back: what is heard is what is learned from. */
function changed(samples: Float32Array, augmentation: Augmentation, random: Random): Float32Array {
  const original = magnitudes(samples);
  const referenceMagnitude = peakMagnitude(original);
  const frames = applyAugmentation(toDecibels(original), augmentation);
  return soundFromMagnitudes(fromDecibels(frames, { referenceMagnitude, silenceDb: FLOOR_DB }), {
    length: Math.max(1, (frames.frameCount - 1) * defaultStft.hopLength),
    random,
  });
}
