/** Builds the recipe of a run: its architecture, with the closed-form part fitted or read back. */

import { seededRandom } from "../../random.ts";
import type { Examples } from "../model/conditions.ts";
import { formatMetadata } from "../model/format.ts";
import { foundationTensors, readFoundation } from "../model/foundation-file.ts";
import type { Foundation } from "../model/kind.ts";
import {
  describeRecipe,
  foundationFor,
  hasFoundation,
  type RecipeDescription,
} from "../model/kinds.ts";
import { readTensorFile, writeTensorFile } from "../model/safetensors.ts";
import type { PackedFrames } from "../model/sound-frames.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { emptyExamples, exampleMaker } from "./batches.ts";
import { sealOf } from "./check-record.ts";
import type { RunRecord } from "./job.ts";
import { RUN_FILES, type RunStore } from "./run-store.ts";
import { chunkFrames, type TrainSettings } from "./settings.ts";

export function recipeDescription({
  model,
  latentSize,
  chunkSeconds,
  pitch = false,
}: TrainSettings): RecipeDescription {
  const exampleFrames = chunkFrames(chunkSeconds);
  return describeRecipe(model, { latentSize, exampleFrames, pitch });
}

/** Examples for the closed-form fit: 16 batches of 11 s. */
const FITTED_BATCHES = 16;
const FITTED_FRAMES = 1024;

/** Seed of its own random numbers. */
const FIT_SEED = 77;

/**
 * Fits the foundation to examples like those of training.
 *
 * @returns undefined for models without one.
 */
export function fittedFoundation(
  runtime: Runtime,
  files: readonly PackedFrames[],
  settings: TrainSettings,
): Promise<Foundation | undefined> {
  // Kept for the time of the fit, 67 MB: to make them again for each pass takes longer.
  let batches: readonly Examples[] | undefined;
  const kept = (): Iterable<Examples> => {
    batches ??= fittedBatches(files, settings);
    return batches;
  };
  return foundationFor(runtime, kept, recipeDescription(settings));
}

function fittedBatches(files: readonly PackedFrames[], settings: TrainSettings): Examples[] {
  const exampleFrames = chunkFrames(settings.chunkSeconds);
  const random = seededRandom(FIT_SEED);
  const maker = exampleMaker(files, { exampleFrames, settings, random });
  const windows = Math.max(1, Math.round(FITTED_FRAMES / exampleFrames));
  return Array.from({ length: FITTED_BATCHES }, () => {
    const examples = emptyExamples(windows * exampleFrames);
    maker.fill(examples);
    return examples;
  });
}

/** Fits it and keeps it, for a resume. */
export async function fitAndKeepFoundation(
  runtime: Runtime,
  files: readonly PackedFrames[],
  place: FoundationPlace,
): Promise<Foundation | undefined> {
  return keepFoundation(await fittedFoundation(runtime, files, place.record.settings), place);
}

/** @returns The same. */
export async function keepFoundation(
  foundation: Foundation | undefined,
  { record, store }: FoundationPlace,
): Promise<Foundation | undefined> {
  if (foundation === undefined) return undefined;
  const tensors = foundationTensors(foundation);
  const metadata = { ...formatMetadata("foundation"), record: await sealIn(record) };
  const bytes = await writeTensorFile({ tensors, metadata });
  await store.write(RUN_FILES.foundation, bytes);
  return foundation;
}

export interface FoundationPlace {
  readonly record: RunRecord;
  readonly store: RunStore;
}

/** Of the record as it was written: a resumed run may have another length by now. */
async function sealIn(record: RunRecord): Promise<string> {
  return record.sha256 ?? sealOf(record);
}

/**
 * Reads it back for a resumed run; one that is damaged, missing or of another run is made again, to
 * the same numbers.
 *
 * @param again Makes it.
 */
export async function keptFoundation(
  place: FoundationPlace,
  again: () => Promise<Foundation | undefined>,
): Promise<Foundation | undefined> {
  const { record, store } = place;
  const description = recipeDescription(record.settings);
  if (!hasFoundation(description.name)) return undefined;
  try {
    const path = store.pathOf(RUN_FILES.foundation);
    const bytes = await store.read(RUN_FILES.foundation);
    const file = bytes && (await readTensorFile(bytes, path));
    const owner = file?.metadata["record"];
    // An earlier étude did not say whose it is.
    if (file !== undefined && (owner === undefined || owner === (await sealIn(record)))) {
      return readFoundation(file, description, path);
    }
  } catch {
    // As good as missing.
  }
  return again();
}
