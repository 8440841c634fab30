/** Sounds of several models into files, each with what is known of it beside it. */

import { openCodec } from "../latent/codec.ts";
import type { Model } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import { type BlendMaker, type BlendMode, closenessOfBlend, makeBlend } from "./blend.ts";
import {
  aboutSounds,
  type GeneratedFile,
  type GenerateFilesOptions,
  type GenerateFilesTools,
  requireRequestFit,
  writeSounds,
} from "./generate-files.node.ts";

export interface BlendedModel {
  readonly model: Model;
  /** Share of the whole, 0 to 1, as `blendWeights` gives it. */
  readonly weight: number;
}

/**
 * Writes `count` sounds of two to four models; the record beside each names all of them.
 *
 * @throws As `generateFiles`.
 */
export async function blendFiles(
  { parts, mode }: { readonly parts: readonly BlendedModel[]; readonly mode: BlendMode },
  options: GenerateFilesOptions,
  tools: GenerateFilesTools,
): Promise<GeneratedFile[]> {
  requireRequestFit(options);
  const { runtime } = tools;
  const makers: BlendMaker[] = [];
  try {
    for (const { model, weight } of parts) {
      const codec = await openCodec(runtime, model.recipe, model.layout);
      makers.push({ codec, model, weight });
    }
    const names = parts.map(({ model }) => model.description.name);
    const about = await aboutSounds(parts[0]!.model, runtime);
    const blend = {
      mode,
      parts: await Promise.all(
        parts.map(async ({ model, weight }) => ({
          model: { name: model.description.name, sha256: await modelIdentity(model) },
          weight,
        })),
      ),
    };
    return await writeSounds(
      {
        name: names.join("+"),
        about,
        requestOf: (seed) => ({ ...options.request, blend, seed }),
        make: async (request, onProgress) => {
          const sound = await makeBlend({ makers, mode }, request, onProgress);
          return { sound, closeness: await closenessOfBlend(makers, sound) };
        },
      },
      options,
      tools,
    );
  } finally {
    for (const { codec } of makers) await codec.release();
  }
}
