/**
 * Pictures of the sounds of a corpus, one SVG for each, in folders like theirs.
 *
 * A picture says of which state of which file it is, by size and time of change. One that is still
 * right is not touched.
 */

import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder, notWritten, replaceFile } from "../../files.node.ts";
import { formatFixed, formatSoundLength } from "../../show/numbers.ts";
import type { CorpusEntry } from "../audio/corpus/judge.ts";
import { requireOutside } from "./outside-corpus.node.ts";
import { waveformSvg, waveformSvgRoot } from "./waveform-svg.ts";

/** Raised whenever the pictures change, so that old ones are made anew. */
const VERSION = "1";

export interface Thumbnail {
  /** Path in the corpus. */
  readonly source: string;
  /** Path of the picture below the folder of thumbnails, with "/". */
  readonly file: string;
  /** False where the picture was there and still right. */
  readonly written: boolean;
}

/** Does nothing for what is not used. @returns What is there now, or undefined. */
export type ThumbnailWriter = (entry: CorpusEntry) => Promise<Thumbnail | undefined>;

/** @throws UserError "inside-corpus" (exit code 2), and those of `replaceFile`. */
export async function openThumbnails(
  folder: string,
  corpusFolder: string,
): Promise<ThumbnailWriter> {
  await requireOutside(folder, corpusFolder, "thumbnails");
  return async ({ file, diskPath, waveform }) => {
    if (file.fate !== "used" || waveform === undefined) return undefined;
    const { size, mtimeNs } = await stat(Buffer.from(diskPath), { bigint: true });
    const attributes = {
      "data-etude-waveform": VERSION,
      "data-source-bytes": String(size),
      "data-source-modified-ns": String(mtimeNs),
    };
    const name = `${file.path}.svg`;
    const path = join(folder, ...name.split("/"));
    const isRight = await startsWith(path, `${waveformSvgRoot(attributes)}\n`);
    if (!isRight) {
      const peak = formatFixed(20 * Math.log10(file.peak), 1);
      const title = `${file.path}: ${formatSoundLength(file.durationSeconds)}, peak ${peak} dBFS`;
      await makeFolder(dirname(path)).catch((cause: unknown) => {
        throw notWritten(path, cause);
      });
      await replaceFile(path, waveformSvg(waveform, { attributes, title }));
    }
    return { source: file.path, file: name, written: !isRight };
  };
}

async function startsWith(path: string, text: string): Promise<boolean> {
  return (await readFile(path, "utf8").catch(() => "")).startsWith(text);
}
