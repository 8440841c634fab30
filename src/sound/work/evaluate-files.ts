/** Divides the files of a folder into those a model was trained on and those it is evaluated on. */

import { UserError } from "../../errors.ts";
import type { CorpusDescription, RecordingIdentity, StretchSeconds } from "../model/description.ts";
import type { Evaluation, Note } from "./evaluate.ts";
import { isAmong, stretchFinder } from "./known-recordings.ts";

/** A usable file of a folder, with its hashes. */
export interface IdentifiedFile extends RecordingIdentity {
  readonly path: string;
  readonly soundHash: string;
}

export interface FileChoice {
  /** To be rebuilt and compared, in the order of the folder. */
  readonly measured: readonly string[];
  /** The model learned from these. */
  readonly train: readonly string[];
  /** The model did not. */
  readonly heldOut: readonly string[];
  /** Of a file that was held out in part, which part: only that is measured. */
  readonly stretches: ReadonlyMap<string, StretchSeconds>;
  readonly notes: readonly Note[];
}

/**
 * Recordings are recognised by their content, whatever their names.
 *
 * @param files The folder's usable files.
 * @throws UserError "evaluate-no-held-out" (exit code 2) if the model learned from all of them,
 *   "evaluate-unknown" (exit code 2) if it does not say which it learned from, and "all" was not
 *   asked for.
 */
export function chooseFiles(
  files: readonly IdentifiedFile[],
  corpus: CorpusDescription,
  split: Evaluation["split"],
): FileChoice {
  const isLearned = isAmong(corpus.train);
  const isKept = isAmong(corpus.validation);
  const paths = pathsOf(files);
  const train = pathsOf(files.filter(isLearned));
  const known = pathsOf(files.filter(isKept));
  const heldOut = known.length > 0 ? known : pathsOf(files.filter((file) => !isLearned(file)));
  const stretches = stretchesIn(files, corpus);
  const notes = [
    ...(corpus.train.length === 0 ? UNTOLD : unknownNotes(train, { known, heldOut })),
    ...missingNotes(known, corpus),
    ...bothNotes(known, train, stretches),
  ];
  if (split === "all") return { measured: paths, train, heldOut, stretches: new Map(), notes };
  if (corpus.train.length === 0) throw recordingsUnknown();
  if (heldOut.length === 0) throw nothingHeldOut(paths.length);
  return { measured: heldOut, train, heldOut, stretches, notes };
}

function pathsOf(files: readonly IdentifiedFile[]): string[] {
  return files.map(({ path }) => path);
}

function nothingHeldOut(count: number): UserError {
  return new UserError({
    code: "evaluate-no-held-out",
    message: `Cannot evaluate on held-out files: found ${count}, all of which the model was trained on, need at least 1 other`,
    hint: "Give the whole folder that the model was trained on, or measure all files with --split all.",
    exitCode: 2,
  });
}

function recordingsUnknown(): UserError {
  return new UserError({
    code: "evaluate-unknown",
    message:
      "Cannot evaluate on held-out files: the model file does not say which recordings it was trained on",
    hint: "Give the folder of its run, or measure all files with --split all.",
    exitCode: 2,
  });
}

const UNTOLD: readonly Note[] = [
  {
    code: "files-unknown",
    text: "the model file does not say which recordings it was trained on: some of these may be among them",
  },
];

function unknownNotes(
  train: readonly string[],
  { known, heldOut }: { readonly known: readonly string[]; readonly heldOut: readonly string[] },
): Note[] {
  if (known.length > 0 || heldOut.length === 0) return [];
  const text =
    train.length === 0
      ? "the model was trained on no file of this folder: all of them count as held out"
      : "the files held out in training are not here: others that it was not trained on count as held out";
  return [{ code: "files-unknown", text }];
}

function missingNotes(known: readonly string[], { validation }: CorpusDescription): Note[] {
  const missing = validation.length - known.length;
  if (known.length === 0 || missing <= 0) return [];
  const text = `${missing} of the ${validation.length} files held out in training are missing`;
  return [{ code: "held-out-missing", text }];
}

function stretchesIn(
  files: readonly IdentifiedFile[],
  { validation }: CorpusDescription,
): Map<string, StretchSeconds> {
  const stretchOf = stretchFinder(validation);
  return new Map(
    files.flatMap((file) => {
      const stretch = stretchOf(file);
      return stretch === undefined ? [] : [[file.path, stretch] as const];
    }),
  );
}

/** A corpus of one short file holds nothing out: the figures are then optimistic. */
function bothNotes(
  known: readonly string[],
  train: readonly string[],
  stretches: FileChoice["stretches"],
): Note[] {
  const [stretch] = stretches.values();
  if (stretch !== undefined) {
    const [from, to] = [stretch.startSeconds, stretch.endSeconds].map((s) => s.toFixed(1));
    const text = `the model was trained on this recording but for ${from} to ${to} s, which are the held-out part`;
    return [{ code: "held-out-stretch", text }];
  }
  if (!known.some((path) => train.includes(path))) return [];
  const text =
    "the model was trained on the file that it is measured on: it was too short to hold out a part of it";
  return [{ code: "learned-from-all", text }];
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
