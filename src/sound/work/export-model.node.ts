/** A model of the library as a file of its own, or as ONNX for other programs. */

import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { replaceFile } from "../../files.node.ts";
import { exportOnnx, ONNX_FILES, type OnnxDescription } from "../latent/onnx-export.ts";
import type { Model } from "../model/model-file.ts";
import { readTensorFile, writeTensorFile } from "../model/safetensors.ts";
import type { ModelAbout } from "./model-about.ts";

/**
 * The model as one file, with its name, description and tags inside.
 * Everything else in the file stays as it is, also what this program does not know.
 *
 * @throws UserError "file-exists" (exit code 2) unless `overwrite`, and those of reading and writing.
 */
export async function exportModel(
  modelFile: string,
  target: string,
  { about, overwrite }: { readonly about: ModelAbout; readonly overwrite: boolean },
): Promise<void> {
  await requireFree([target], overwrite);
  const { tensors, metadata } = await readTensorFile(await readFile(modelFile), modelFile);
  const description = {
    ...(JSON.parse(metadata["description"] ?? "{}") as object),
    name: about.name,
    about: { text: about.description, tags: about.tags },
  };
  const changed = { ...metadata, description: JSON.stringify(description) };
  await replaceFile(target, await writeTensorFile({ tensors, metadata: changed }));
}

/**
 * Encoder and decoder as plain ONNX, and `model.json` with all that they take for granted.
 *
 * @returns Absolute paths of the three files.
 * @throws UserError "file-exists" (exit code 2) unless `overwrite`, and those of writing.
 */
export async function exportOnnxFiles(
  model: Model,
  { folder, overwrite }: { readonly folder: string; readonly overwrite: boolean },
): Promise<{ readonly paths: readonly string[]; readonly description: OnnxDescription }> {
  const { encoder, decoder, description } = exportOnnx(model);
  const files: readonly (readonly [name: string, content: Uint8Array | string])[] = [
    [ONNX_FILES.encoder, encoder],
    [ONNX_FILES.decoder, decoder],
    ["model.json", `${JSON.stringify(description, null, 2)}\n`],
  ];
  const paths = files.map(([name]) => join(folder, name));
  await requireFree(paths, overwrite);
  await mkdir(folder, { recursive: true });
  for (const [i, [, content]] of files.entries()) await replaceFile(paths[i]!, content);
  return { paths, description };
}

async function requireFree(targets: readonly string[], overwrite: boolean): Promise<void> {
  for (const target of overwrite ? [] : targets) {
    if ((await stat(target).catch(() => undefined)) === undefined) continue;
    throw new UserError({
      code: "file-exists",
      message: `Cannot write "${target}": it is there already`,
      hint: "Choose another name, or add --overwrite.",
      exitCode: 2,
    });
  }
}
