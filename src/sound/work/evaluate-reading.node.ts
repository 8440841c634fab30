/** The first pass of an evaluation: what is in the folder, and where the training recordings are. */

import { stat } from "node:fs/promises";
import { seededRandom } from "../../random.ts";
import type { DecoderPool } from "../audio/codecs/decoder-pool.node.ts";
import { type CorpusFile, corpusReport, requireSounds } from "../audio/corpus/corpus.ts";
import { readCorpus } from "../audio/corpus/scan.node.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { CorpusDescription } from "../model/description.ts";
import { framesOfSound } from "../model/sound-frames.ts";
import { type GroupSampler, groupSampler } from "./baseline.ts";
import type { IdentifiedFile } from "./evaluate-files.ts";
import { describeSegments } from "./evaluate-novelty.ts";
import { isAmong, partsOfTake, stretchFinder } from "./known-recordings.ts";

/** Shape [segments][dimensions], see `describeSegments`. */
type Descriptors = readonly Float64Array[];

export interface Reading {
  /** The usable files of the folder to be measured. */
  readonly files: readonly IdentifiedFile[];
  /** Of each of those files. */
  readonly descriptors: ReadonlyMap<string, Descriptors>;
  readonly training: TrainingSounds;
  /** Where training recordings were found that are not in the folder to be measured. */
  readonly elsewhere: string | undefined;
}

/** What the recordings of the training give to compare with. */
export interface TrainingSounds {
  /** Recordings that the model learned from, as far as they were found. */
  readonly fileCount: number;
  readonly groups: GroupSampler;
  readonly learned: Descriptors;
  /** Of recordings that training held out. */
  readonly heldOut: Descriptors;
}

export interface ReadingOptions {
  readonly folder: string;
  /** Where the training recordings may be that are not in `folder`. */
  readonly trainingFolder: string | undefined;
  readonly corpus: CorpusDescription;
  readonly framesPerLatent: number;
  readonly pool: DecoderPool;
  readonly signal: AbortSignal;
  onFile(done: number, total: number): void;
}

/** @throws UserError "corpus-empty", and those of reading a corpus, of the folder to be measured. */
export async function readForEvaluation(options: ReadingOptions): Promise<Reading> {
  const { folder, corpus, trainingFolder } = options;
  const collector = trainingCollector(options);
  const files: IdentifiedFile[] = [];
  const descriptors = new Map<string, Descriptors>();
  for await (const { file, mono } of soundsIn(folder, options)) {
    const segments = describeSegments(mono);
    files.push(file);
    descriptors.set(file.path, segments);
    collector.add(file, mono, segments);
  }
  const hereCount = collector.sounds().fileCount;
  const isMissing = hereCount < corpus.train.length;
  if (isMissing && trainingFolder !== undefined && (await isFolder(trainingFolder))) {
    for await (const { file, mono } of soundsIn(trainingFolder, options)) {
      if (collector.wants(file)) collector.add(file, mono, describeSegments(mono));
    }
  }
  const training = collector.sounds();
  const elsewhere = training.fileCount > hereCount ? trainingFolder : undefined;
  return { files, descriptors, training, elsewhere };
}

async function* soundsIn(
  folder: string,
  { pool, signal, onFile, ...options }: ReadingOptions,
): AsyncGenerator<{ readonly file: IdentifiedFile; readonly mono: Float32Array }> {
  const all: CorpusFile[] = [];
  for await (const entry of readCorpus(folder, { pool, signal })) {
    const { file, mono, contentHash, soundHash, index, fileCount } = entry;
    onFile(index + 1, fileCount);
    all.push(file);
    if (mono === undefined || contentHash === undefined || soundHash === undefined) continue;
    yield { file: { path: file.path, contentHash, soundHash }, mono };
  }
  if (folder === options.folder) requireSounds(corpusReport(folder, all));
}

interface TrainingCollector {
  /** Whether it is a recording of the training that was not added yet. */
  wants(file: IdentifiedFile): boolean;
  add(file: IdentifiedFile, mono: Float32Array, segments: Descriptors): void;
  sounds(): TrainingSounds;
}

function trainingCollector({ corpus, framesPerLatent }: ReadingOptions): TrainingCollector {
  const isLearned = isAmong(corpus.train);
  const isKept = isAmong(corpus.validation);
  const stretchOf = stretchFinder(corpus.validation);
  const groups = groupSampler({ groupFrames: framesPerLatent, random: seededRandom(1) });
  const learned: Float64Array[] = [];
  const heldOut: Float64Array[] = [];
  const added = new Set<string>();
  let fileCount = 0;
  const wants = (file: IdentifiedFile): boolean =>
    !added.has(file.soundHash) && (isLearned(file) || isKept(file));
  return {
    wants,
    add: (file, mono, segments) => {
      if (!wants(file)) return;
      added.add(file.soundHash);
      const stretch = stretchOf(file);
      if (stretch !== undefined) {
        const parts = partsOfTake(mono, stretch);
        heldOut.push(...describeSegments(parts.heldOut));
        fileCount += 1;
        for (const piece of parts.learned.flatMap(piecesOf)) {
          learned.push(...describeSegments(piece));
          groups.add(framesOfSound(piece));
        }
        return;
      }
      if (isKept(file)) heldOut.push(...segments);
      if (!isLearned(file)) return;
      fileCount += 1;
      learned.push(...segments);
      for (const piece of piecesOf(mono)) groups.add(framesOfSound(piece));
    },
    sounds: () => ({ fileCount, groups, learned, heldOut }),
  };
}

/** Spectra of longer sounds would fill the memory. */
const PIECE_SECONDS = 60;

function piecesOf(mono: Float32Array): Float32Array[] {
  const length = PIECE_SECONDS * MODEL_RATE_HZ;
  return Array.from({ length: Math.ceil(mono.length / length) }, (_, i) =>
    mono.subarray(i * length, (i + 1) * length),
  );
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
