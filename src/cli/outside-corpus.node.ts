/** Whatever is written must land outside the corpus, or it becomes part of it. */

import { realpath } from "node:fs/promises";
import { isAbsolute, join, parse, relative, resolve, sep } from "node:path";
import { UserError } from "../errors.ts";

/**
 * @param what Is to be written, in the plural: "examples".
 * @throws UserError "inside-corpus" (exit code 2).
 */
export async function requireOutside(
  folder: string,
  corpusFolder: string,
  what: string,
): Promise<void> {
  // A corpus that is not there is told of by whoever reads it.
  const corpus = await realpath(corpusFolder).catch(() => resolve(corpusFolder));
  const way = relative(corpus, await realPathOf(folder));
  if (way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) return;
  throw new UserError({
    code: "inside-corpus",
    message: `Cannot write ${what} to "${folder}": it lies in the corpus "${corpusFolder}"`,
    hint: `Name a folder outside of it, or the ${what} become part of the corpus.`,
    exitCode: 2,
  });
}

/** The real path of a folder that may not exist yet. */
async function realPathOf(path: string): Promise<string> {
  const { dir, base, root } = parse(path);
  if (path === root) return path;
  return realpath(path).catch(async () => join(await realPathOf(dir), base));
}
