/** The list of files of a corpus, as it is sent: names that stay in their folder, and hashes. */

import * as v from "valibot";
import { count, fields, type Shape, sha256 } from "../checked.ts";

export interface CorpusFile {
  /** In the folder, with "/". */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface CorpusList {
  readonly format: "etude-corpus";
  readonly version: 1;
  readonly files: readonly CorpusFile[];
}

const PATH_LENGTH_MAX = 1000;

/**
 * Whether a name from outside leads to a file in the folder that it is put into, on any system: no
 * way up, no other disk, no stream of a file, no control characters.
 */
export function isInnerPath(path: string): boolean {
  if (path === "" || path.length > PATH_LENGTH_MAX) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f\\:]/.test(path)) return false;
  return path.split("/").every((part) => part !== "" && !part.startsWith(".") && part !== "~");
}

const path = v.pipe(v.string(), v.check(isInnerPath, "a path inside the corpus"));

const FILES_MAX = 1_000_000;

export const corpusListShape: Shape<CorpusList> = fields<CorpusList>({
  format: v.literal("etude-corpus"),
  version: v.literal(1),
  files: v.pipe(
    v.array(fields<CorpusFile>({ path, sha256, bytes: count })),
    v.maxLength(FILES_MAX),
  ),
});
