/**
 * Starts from a sound that is given: its own gestures, at their own times, each blended with one of
 * the corpus that is near it.
 */

import { below, type Random } from "../../random.ts";
import type { Codec, ModelWeights } from "./codec.ts";
import { blended, type GestureCorpus, neighboursOf } from "./gesture-path.ts";
import { type Gesture, gesturesOf } from "./gestures.ts";
import { loudnessOf } from "./loudness.ts";
import type { PlacedGesture } from "./performance.ts";

/** The corpus with the given sound behind it. */
export interface StartedCorpus extends GestureCorpus {
  /** The sound's own, in order of time; their file is none of the corpus. */
  readonly started: readonly Gesture[];
  /** Row at which the sound begins. */
  readonly from: number;
}

/** Stands for the given sound where a gesture names its recording. */
const NO_FILE = -1;

/** @param options.rows What the model hears in the sound, shape [count, latentSize]. */
export async function startedCorpus(
  corpus: GestureCorpus,
  options: {
    readonly codec: Codec;
    readonly model: ModelWeights;
    readonly rows: Float32Array;
    readonly latentsPerSecond: number;
  },
): Promise<StartedCorpus> {
  const { codec, model, rows, latentsPerSecond } = options;
  const count = rows.length / codec.latentSize;
  const levels = await codec.decode(model, rows, count * codec.framesPerLatent);
  const loudness = loudnessOf(levels, codec.framesPerLatent);
  const own = gesturesOf(
    { means: rows, lengths: [count], loudness, texture: NONE, references: [] },
    { latentsPerSecond },
  );
  const from = corpus.vectors.length / corpus.size;
  const vectors = new Float32Array(corpus.vectors.length + rows.length);
  vectors.set(corpus.vectors);
  vectors.set(rows, corpus.vectors.length);
  const started = own.map((one) => ({ ...one, file: NO_FILE, start: from + one.start }));
  return { ...corpus, vectors, started, from };
}

const NONE = new Float32Array(0);

/**
 * The sound as it goes on from there.
 *
 * @param options.evolution 0: as it was heard; 1: after its attack all is a gesture of the corpus.
 */
export function startedFrom(
  corpus: StartedCorpus,
  options: {
    readonly evolution: number;
    readonly latentsPerSecond: number;
    readonly random: Random;
  },
): PlacedGesture[] {
  const { evolution: share, latentsPerSecond, random } = options;
  return corpus.started.map((lead) => {
    const near = neighboursOf(corpus, lead);
    const other = near[below(random, near.length)] ?? lead;
    const atSeconds = (lead.start - corpus.from) / latentsPerSecond;
    return { path: blended(corpus, { lead, other, share }), lead, atSeconds };
  });
}
