/** The best model so far of an unfinished run. */

import { UserError } from "../../errors.ts";
import { openCodec } from "../latent/codec.ts";
import type { Model } from "../model/model-file.ts";
import type { PackedFrames } from "../model/sound-frames.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { readBest } from "./best-model.ts";
import type { CorpusSource } from "./corpus-source.ts";
import { finishedModel } from "./finished-model.ts";
import { pathsOf } from "./record.ts";
import { readRecord } from "./record-file.ts";
import type { RunStore } from "./run-store.ts";
import { sidesOf } from "./sides.ts";

export interface UnfinishedTools {
  readonly runtime: Runtime;
  /** What the run learns from. */
  learned(): Promise<readonly PackedFrames[]>;
}

/**
 * The latents of the corpus are encoded from what the run learns from.
 *
 * @throws UserError "model-not-found" (exit code 2) and those of reading runs and corpora.
 */
export async function unfinishedModel(
  store: RunStore,
  { runtime, learned }: UnfinishedTools,
): Promise<Model> {
  const best = await readBest(store);
  if (best === undefined) throw nothingLearned(store);
  const frames = await learned();
  const codec = await openCodec(runtime, best.recipe, best.layout);
  const whole = await finishedModel(codec, frames, best);
  await codec.release();
  return whole;
}

/** @param corpusOf The recordings in what the run calls their folder. */
export async function learnedFrames(
  store: RunStore,
  corpusOf: (folder: string) => CorpusSource,
  signal: AbortSignal,
): Promise<PackedFrames[]> {
  const record = await readRecord(store);
  const reading = corpusOf(record.corpusFolder).read({ signal, first: pathsOf(record) });
  let next = await reading.next();
  while (!next.done) next = await reading.next();
  return sidesOf(record, next.value.files).train.map(({ frames }) => frames);
}

function nothingLearned({ place }: RunStore): UserError {
  return new UserError({
    code: "model-not-found",
    message: `Cannot open the model "${place}": its run has not finished an epoch yet`,
    hint: "Give a model file (.etude) or the folder of a run.",
    exitCode: 2,
  });
}
