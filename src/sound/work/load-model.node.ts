/** A model from disk, ready to make sounds. */

import { resolve } from "node:path";
import { openSoundModel, type SoundModel } from "../latent/sound-model.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { RuntimeOptions } from "../tensor/runtime.ts";
import { openModel } from "../train/open-model.node.ts";

/** How a model is opened. */
export interface LoadModelOptions extends RuntimeOptions {
  /** Stops the reading. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a model file (.etude), or the folder of a run. A run that has not finished gives its best
 * checkpoint, which takes as long as reading its recordings.
 *
 * @param path Relative to the working folder, or absolute.
 * @throws UserError "model-not-found" and others of reading models, "runtime-missing" where neither
 *   runtime can be loaded.
 * @example
 * const model = await loadModel("runs/one");
 * const sound = await model.generate({ seed: 7, durationSeconds: 4 });
 * await writeFile("new.wav", writeWav(sound));
 */
export async function loadModel(path: string, options: LoadModelOptions = {}): Promise<SoundModel> {
  const { signal = new AbortController().signal, ...runtimeOptions } = options;
  const runtime = await openRuntime(runtimeOptions);
  return openSoundModel(await openModel(resolve(path), { runtime, signal }), runtime);
}
