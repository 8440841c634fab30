/** Changes name, description and tags of a model of the library. */

import { UserError } from "../../errors.ts";
import { changeModel } from "./model-library.node.ts";
import type { ModelManifest } from "./model-manifest.ts";
import { changedTags, type TagChange } from "./tags.ts";

const NAME_LENGTH_MAX = 100;

/**
 * @throws UserError "model-name" or "model-name-taken" (exit code 2), and those of writing.
 */
export function renameModel(library: string, id: string, name: string): Promise<ModelManifest> {
  requireModelName(name);
  return changeModel(library, id, (_, others) => {
    const other = others.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (other === undefined) return { name };
    throw new UserError({
      code: "model-name-taken",
      message: `Cannot call the model "${name}": ${other.id} is called so`,
      hint: "Choose another name, or rename that one first.",
      exitCode: 2,
    });
  });
}

/** @param description Empty to delete it. */
export function describeModel(
  library: string,
  id: string,
  description: string,
): Promise<ModelManifest> {
  return changeModel(library, id, () => ({ description }));
}

/** See `changedTags`. */
export function tagModel(library: string, id: string, change: TagChange): Promise<ModelManifest> {
  return changeModel(library, id, ({ tags }) => ({ tags: changedTags(tags, change) }));
}

/** @throws UserError "model-name" (exit code 2). */
export function requireModelName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a name must not have
  const isName = name.trim() === name && name !== "" && !/[/\\\u0000-\u001f]/.test(name);
  if (isName && name.length <= NAME_LENGTH_MAX) return;
  throw new UserError({
    code: "model-name",
    message: `Cannot call a model ${JSON.stringify(name)}: need 1 to ${NAME_LENGTH_MAX} characters without "/", "\\" and line breaks, no space at the ends`,
    hint: "Choose another name.",
    exitCode: 2,
  });
}
