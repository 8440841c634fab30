/** What a run was started with, and whether a resumed one still finds it so. */

import { UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { RUN_VERSION, type RunFile, type RunRecord, type TrainJob } from "./job.ts";
import type { Split } from "./split.ts";

/** What tells a file of the corpus from another of the same name. */
export interface FileFacts {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly frames: { readonly frameCount: number };
}

export function recordOf(
  job: TrainJob,
  corpus: { readonly files: readonly FileFacts[]; readonly split: Split },
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
    files: corpus.files.map(({ path, bytes, sha256, frames }) => ({
      path,
      bytes,
      sha256,
      frameCount: frames.frameCount,
      side: sideOf(path),
    })),
  };
}

export function splitOf({ files }: RunRecord): Split {
  return {
    train: files.filter(({ side }) => side !== "validation").map(({ path }) => path),
    validation: files.filter(({ side }) => side !== "train").map(({ path }) => path),
  };
}

/** What the run calls its files. */
export function pathsOf({ files }: RunRecord): ReadonlySet<string> {
  return new Set(files.map(({ path }) => path));
}

/**
 * Whether a checkpoint goes with this record, and not with one of other settings or another split.
 *
 * @returns Notice of a checkpoint that cannot tell, because an earlier étude wrote it.
 * @throws UserError "record-changed".
 */
export function requireSameRecord(
  { sha256 }: RunRecord,
  { record }: Pick<Checkpoint, "record">,
): News[] {
  if (record === undefined) {
    const text =
      "the checkpoint is of an earlier étude and cannot tell whether run.json is as it was";
    return [{ type: "notice", level: "info", code: "record-unsealed", text }];
  }
  if (record === sha256) return [];
  throw new UserError({
    code: "record-changed",
    message: "Cannot resume: run.json is not the one that the checkpoint was made with",
    hint: "Restore run.json from a copy, or train anew.",
  });
}

/**
 * The files of the run among those that are in the folder now, under the names that the run knows:
 * they may have others by now, for it is their content that counts.
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
      const fate = namesake === undefined ? "gone" : "not the same file any more";
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
    hint: "Put the folder back as it was, name the folder where they lie now with --corpus, or train anew on the recordings as they are.",
  });
}
