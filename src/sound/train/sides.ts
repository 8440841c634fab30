/** The sounds of a run on both sides of its split. */

import type { RecordingIdentity } from "../model/description.ts";
import type { FileFrames } from "./corpus-source.ts";
import { secondsOf, splitTake } from "./held-out.ts";
import type { RunFile, RunRecord } from "./job.ts";

export interface Sides {
  /** To learn from: whole files, or the pieces around a stretch that is held out. */
  readonly train: readonly FileFrames[];
  readonly validation: readonly HeldOutSound[];
}

export interface HeldOutSound extends FileFrames {
  /** Where in its file it begins. */
  readonly startSeconds: number;
}

/** @param files Under their names in the run; those that it does not know are passed over. */
export function sidesOf(record: RunRecord, files: readonly FileFrames[]): Sides {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const train: FileFrames[] = [];
  const validation: HeldOutSound[] = [];
  for (const { path, side, heldOut } of record.files) {
    const file = byPath.get(path);
    if (file === undefined) continue;
    if (heldOut !== undefined) {
      const parts = splitTake(file.frames, heldOut);
      train.push(...parts.train.map((frames) => ({ ...file, frames })));
      const { startSeconds } = secondsOf(heldOut);
      validation.push({ ...file, frames: parts.validation, startSeconds });
      continue;
    }
    if (side !== "validation") train.push(file);
    if (side !== "train") validation.push({ ...file, startSeconds: 0 });
  }
  return { train, validation };
}

/** Which recordings stand where, by content alone. */
export function identitiesOf(
  { files }: RunRecord,
  identify: (file: RunFile) => RecordingIdentity = ({ sha256 }) => ({ contentHash: sha256 }),
): { readonly train: readonly RecordingIdentity[]; readonly validation: RecordingIdentity[] } {
  return {
    train: files.filter(({ side }) => side !== "validation").map(identify),
    validation: files
      .filter(({ side }) => side !== "train")
      .map((file) => ({
        ...identify(file),
        ...(file.heldOut && { stretch: secondsOf(file.heldOut) }),
      })),
  };
}
