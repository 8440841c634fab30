/** A model of the library as a file of its own, with its name, description and tags inside. */

import { readFile, stat } from "node:fs/promises";
import { UserError } from "../../errors.ts";
import { replaceFile } from "../../files.node.ts";
import { readTensorFile, writeTensorFile } from "../model/safetensors.ts";
import type { ModelAbout } from "./model-about.ts";

/**
 * Everything else in the file stays as it is, also what this program does not know.
 *
 * @throws UserError "file-exists" (exit code 2) unless `overwrite`, and those of reading and writing.
 */
export async function exportModel(
  modelFile: string,
  target: string,
  { about, overwrite }: { readonly about: ModelAbout; readonly overwrite: boolean },
): Promise<void> {
  if (!overwrite && (await stat(target).catch(() => undefined)) !== undefined) {
    throw new UserError({
      code: "file-exists",
      message: `Cannot write "${target}": it is there already`,
      hint: "Choose another name, or add --overwrite.",
      exitCode: 2,
    });
  }
  const { tensors, metadata } = await readTensorFile(await readFile(modelFile), modelFile);
  const description = {
    ...(JSON.parse(metadata["description"] ?? "{}") as object),
    name: about.name,
    about: { text: about.description, tags: about.tags },
  };
  const changed = { ...metadata, description: JSON.stringify(description) };
  await replaceFile(target, await writeTensorFile({ tensors, metadata: changed }));
}
