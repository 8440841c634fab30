/** The record of a run, and checks that a resumed run matches it. */

import { UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { HeldOutFrames } from "./held-out.ts";
import { RUN_VERSION, type RunFile, type RunRecord, type TrainJob } from "./job.ts";
import type { Split } from "./split.ts";

/** Identifies a file of the corpus by its content. */
export interface FileFacts {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly frames: { readonly frameCount: number };
}

export function recordOf(
  job: TrainJob,
  corpus: {
    readonly files: readonly FileFacts[];
    readonly split: Split;
    /** Of a single take. */
    readonly heldOut?: HeldOutFrames | undefined;
    /** Paths that the model to start from knows. */
    readonly known?: ReadonlySet<string>;
  },
  made: Pick<RunRecord, "settings" | "device" | "threads" | "createdWallMs">,
): RunRecord {
  const train = new Set(corpus.split.train);
  const validation = new Set(corpus.split.validation);
  const sideOf = (path: string): RunFile["side"] => {
    if (train.has(path) && validation.has(path)) return "both";
    return train.has(path) ? "train" : "validation";
  };
  return {
    format: "etude-run",
    version: RUN_VERSION,
    program: job.program,
    name: job.name,
    corpusFolder: job.corpusFolder,
    ...made,
    ...(job.from && { from: { name: job.from.name } }),
    files: corpus.files.map(({ path, bytes, sha256, frames }) => ({
      path,
      bytes,
      sha256,
      frameCount: frames.frameCount,
      side: sideOf(path),
      ...(corpus.known?.has(path) && { known: true as const }),
      ...(corpus.heldOut && { heldOut: corpus.heldOut }),
    })),
  };
}

export function splitOf({ files }: Pick<RunRecord, "files">): Split {
  return {
    train: files.filter(({ side }) => side !== "validation").map(({ path }) => path),
    validation: files.filter(({ side }) => side !== "train").map(({ path }) => path),
  };
}

/** The names of the run's files. */
export function pathsOf({ files }: RunRecord): ReadonlySet<string> {
  return new Set(files.map(({ path }) => path));
}

/**
 * Checks that a checkpoint belongs to this record, not to one with other settings or another split.
 *
 * @returns A notice if the checkpoint has no seal, because an earlier étude wrote it.
 * @throws UserError "record-changed".
 */
export function requireSameRecord(
  { sha256 }: RunRecord,
  { record }: Pick<Checkpoint, "record">,
): News[] {
  if (record === undefined) {
    const text =
      "the checkpoint was written by an earlier étude, so changes to run.json cannot be detected";
    return [{ type: "notice", level: "info", code: "record-unsealed", text }];
  }
  if (record === sha256) return [];
  throw new UserError({
    code: "record-changed",
    message: "Cannot resume: run.json is not the one that the checkpoint was made with",
    hint: "Restore run.json from a copy, or start a new run.",
  });
}

/**
 * Finds the run's files in the folder by content, whatever their current names, and returns them
 * under the names in the run.
 *
 * @param files As found in `folder`.
 * @throws UserError "corpus-changed" with the first difference.
 */
export function sameFiles<F extends FileFacts>(
  record: RunRecord,
  files: readonly F[],
  folder: string,
): F[] {
  const left = new Map(files.map((file) => [file.path, file]));
  const same: F[] = [];
  for (const known of record.files) {
    const isSame = ({ sha256, frames }: F): boolean =>
      sha256 === known.sha256 && frames.frameCount === known.frameCount;
    const namesake = left.get(known.path);
    const found =
      namesake !== undefined && isSame(namesake) ? namesake : [...left.values()].find(isSame);
    if (found === undefined) {
      const fate = namesake === undefined ? "gone" : "a different file";
      throw changed(folder, `"${known.path}" is ${fate}`);
    }
    left.delete(found.path);
    same.push({ ...found, path: known.path });
  }
  const [added] = left.keys();
  if (added !== undefined) throw changed(folder, `"${added}" is new`);
  return same;
}

function changed(folder: string, what: string): UserError {
  return new UserError({
    code: "corpus-changed",
    message: `Cannot resume: the recordings in "${folder}" have changed since the run began: ${what}`,
    hint: "Restore the folder, give the recordings' new folder with --corpus, or start a new run on the recordings as they are.",
  });
}
