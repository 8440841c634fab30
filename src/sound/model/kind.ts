/**
 * The interface of an architecture: what is needed to train it, keep it in files and play it. One
 * row of the table in kinds.ts.
 */

import type { Shape } from "../../checked.ts";
import type { Runtime } from "../tensor/runtime.ts";
import type { Examples } from "./conditions.ts";
import type { Recipe } from "./recipe.ts";

/** The sizes that a user can set for any architecture. */
export interface ModelSizes {
  /** Numbers per latent vector. */
  readonly latentSize: number;
  /** Frames of one training example, whole pieces of EXAMPLE_PIECE_FRAMES. */
  readonly exampleFrames: number;
  /** Whether pitch is part of the code, where the architecture can. @default false */
  readonly pitch?: boolean;
}

/** Every architecture can group or halve pieces of this length. */
export const EXAMPLE_PIECE_FRAMES = 16;

/** @template S The sizes of the architecture. @template F Its closed-form part, if it has one. */
export interface Kind<S, F> {
  /** The defaults. */
  readonly usual: ModelSizes;
  /** Whether pitch can be part of its code. */
  readonly takesPitch: boolean;
  shapeFor(sizes: ModelSizes): S;
  /** Validates sizes from a file: forged ones could exhaust memory or time. */
  readonly check: Shape<S>;
  /** What is fitted to a corpus in closed form; absent if everything is learned. */
  readonly foundation?: FoundationRule<S, F>;
  recipe(shape: S, foundation: F): Recipe;
  readonly training: TrainingHabits;
  readonly memory: MemoryNeeds;
  /** How to recognise files from before the numbers of this architecture changed their meaning. */
  readonly changed?: ChangedMeaning;
}

/** How a closed-form part is fitted, and the shapes of its tensors. */
export interface FoundationRule<S, F> {
  /** The shape of each part. */
  partShapes(shape: S): { readonly [P in keyof F]: readonly number[] };
  /**
   * @param batches Each with the same number of frames, whole examples; may be asked for several
   *   times, and must be the same each time.
   */
  fit(runtime: Runtime, batches: () => Iterable<Examples>, shape: S): Promise<F>;
}

/** Named tensors of a model beside its weights; they are frozen during training. */
export interface Foundation {
  readonly [part: string]: FoundationPart;
}

export interface FoundationPart {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** How its hyperparameters differ from the preset. */
export interface TrainingHabits {
  /** Examples of one step, for a corpus of `fileCount` usable files. */
  batchSize(fileCount: number): number;
  readonly warmUpSteps: number;
  /** Nats per latent dimension that cost nothing. */
  readonly freeBits: number;
  /** Times the preset's dropout. */
  readonly dropoutFactor: number;
  /** Times the preset's weight of the KL divergence. */
  readonly klWeightFactor: number;
}

/** Measured on the peak of whole runs with batches of 1 to 32 (docs/log.md). */
export interface MemoryNeeds {
  /** What a step holds for each frame of its batch. */
  readonly bytesPerFrame: number;
  /** What everything else takes beside the corpus. */
  readonly fixedBytes: number;
}

export interface ChangedMeaning {
  /** A setting that was introduced with the change: runs and models without it are older. */
  readonly settingSince: string;
  /** What the older ones do: the end of a sentence that begins with "its mel model". */
  readonly before: string;
}
