/** Makes the sound that a request asks for, with all that comes after the model. */

import { UserError } from "../../errors.ts";
import type { Sound } from "../audio/sound.ts";
import type { Codec } from "../latent/codec.ts";
import { generate } from "../latent/generate.ts";
import type { Model } from "../model/model-file.ts";
import { generateOptions, type SoundRequest } from "./sound-request.ts";

/**
 * The same sound for the same model and request, on the same runtime and number of threads.
 *
 * What is done to a sound after the model has made it (space, grains) belongs here.
 *
 * @throws UserError "model-unfinished" (exit code 2), "model-mute".
 */
export async function makeSound(
  { codec, model }: { readonly codec: Codec; readonly model: Model },
  request: SoundRequest,
  onProgress?: (share: number) => void,
): Promise<Sound> {
  requireLatents(model);
  const sound = await generate(codec, model, {
    ...generateOptions(request),
    ...(onProgress && { onProgress }),
  });
  requireSound(sound, model);
  return sound;
}

/** Checkpoints of the best model come without: they are looked up when a run ends. */
export function requireLatents({ latents, description }: Model): void {
  if (latents.lengths.length > 0) return;
  throw new UserError({
    code: "model-unfinished",
    message: `Cannot generate with the model "${description.name}": it does not know yet where its recordings lie in the latent space`,
    hint: "Give the folder of its run instead.",
    exitCode: 2,
  });
}

/** Weights beyond all measure give no numbers, and those would be written as silence. */
function requireSound({ channels }: Sound, { description }: Model): void {
  const areNumbers = channels.every((samples) => samples.every(Number.isFinite));
  if (areNumbers && channels.some((samples) => samples.some((value) => value !== 0))) return;
  throw new UserError({
    code: "model-mute",
    message: `Cannot generate with the model "${description.name}": what it makes is not a sound`,
    hint: "Its training has gone astray, or its file was changed: use another model.",
  });
}
