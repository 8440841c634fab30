/** Which files of a folder a model is judged by, and which it learned from. */

import { UserError } from "../errors.ts";
import type { ModelDescription } from "../model/model-file.ts";
import type { Evaluation, Note } from "./evaluate.ts";

export interface FileChoice {
  /** To be rebuilt and compared, in the order of the folder. */
  readonly measured: readonly string[];
  /** The model learned from these. */
  readonly train: readonly string[];
  /** The model did not. */
  readonly heldOut: readonly string[];
  readonly notes: readonly Note[];
}

/**
 * Files are known again by their path relative to the folder.
 *
 * @param paths The folder's usable files.
 * @throws UserError "evaluate-no-held-out" (exit code 2) if the model learned from all of them
 *   and "all" was not asked for.
 */
export function chooseFiles(
  paths: readonly string[],
  corpus: ModelDescription["corpus"],
  split: Evaluation["split"],
): FileChoice {
  const learned = new Set(corpus.trainFiles);
  const kept = new Set(corpus.validationFiles);
  const train = paths.filter((path) => learned.has(path));
  const known = paths.filter((path) => kept.has(path));
  const heldOut = known.length > 0 ? known : paths.filter((path) => !learned.has(path));
  const notes = [...unknownNotes(train, { known, heldOut }), ...missingNotes(known, corpus)];
  if (split === "all") return { measured: paths, train, heldOut, notes };
  if (heldOut.length === 0) {
    throw new UserError({
      code: "evaluate-no-held-out",
      message: `Cannot evaluate on held-out files: found ${paths.length} that the model learned from, need at least 1 that it did not`,
      hint: "Give the whole folder that the model was trained on, or measure all files with --split all.",
      exitCode: 2,
    });
  }
  return { measured: heldOut, train, heldOut, notes };
}

function unknownNotes(
  train: readonly string[],
  { known, heldOut }: { readonly known: readonly string[]; readonly heldOut: readonly string[] },
): Note[] {
  if (known.length > 0 || heldOut.length === 0) return [];
  const text =
    train.length === 0
      ? "no file of this folder was in the model's training: all of them count as held out"
      : "the files that training held out are not here: those it did not know count as held out";
  return [{ code: "files-unknown", text }];
}

function missingNotes(
  known: readonly string[],
  { validationFiles }: ModelDescription["corpus"],
): Note[] {
  const missing = validationFiles.length - known.length;
  if (known.length === 0 || missing <= 0) return [];
  const text = `${missing} of the ${validationFiles.length} files that training held out are missing`;
  return [{ code: "held-out-missing", text }];
}

/**
 * A name without extension for each path, such that all of them can lie in one folder, also
 * where upper and lower case are the same: "drums/kick.flac" -> "drums--kick".
 */
export function flatNames(paths: readonly string[]): Map<string, string> {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const path of paths) {
    const plain = path.replace(/\.[^./]*$/, "").replaceAll("/", "--") || "sound";
    let name = plain;
    for (let i = 2; taken.has(name.toLowerCase()); i += 1) name = `${plain}-${i}`;
    taken.add(name.toLowerCase());
    names.set(path, name);
  }
  return names;
}
