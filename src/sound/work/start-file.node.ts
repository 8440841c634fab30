/** A recording on disk as a sound to start from. */

import { basename } from "node:path";
import { UserError } from "../../errors.ts";
import { createDecoderPool } from "../audio/codecs/decoder-pool.node.ts";
import { openCodec } from "../latent/codec.ts";
import type { Model } from "../model/model-file.ts";
import type { Runtime } from "../tensor/runtime.ts";
import type { StartRequest } from "./sound-request.ts";
import { startOfSound } from "./start-sound.ts";

/**
 * @param path Absolute.
 * @throws UserError "start-not-read" and those of `startOfSound` (exit code 2).
 */
export async function startOfFile(
  path: string,
  { model, runtime }: { readonly model: Model; readonly runtime: Runtime },
): Promise<StartRequest> {
  const pool = createDecoderPool({ workerCount: 1 });
  try {
    const { outcome } = await pool.decode(path);
    if (!outcome.ok) {
      throw new UserError({
        code: "start-not-read",
        message: `Cannot start from "${path}": ${outcome.message}`,
        hint: "Give a recording, such as a WAV or FLAC file.",
        exitCode: 2,
      });
    }
    const codec = await openCodec(runtime, model.recipe, model.layout);
    try {
      return await startOfSound(outcome.sound, basename(path), { codec, model });
    } finally {
      await codec.release();
    }
  } finally {
    await pool.close();
  }
}
