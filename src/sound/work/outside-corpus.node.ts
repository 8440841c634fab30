/** Refuses to write into a corpus: what is written there would become part of it. */

import { readdir, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, parse, relative, resolve, sep } from "node:path";
import { UserError } from "../../errors.ts";
import { canBeWritten } from "../../files.node.ts";
import type { Settings } from "../library/settings.ts";

/**
 * @param what Is to be written, in the plural: "examples".
 * @throws UserError "inside-corpus" (exit code 2).
 */
export async function requireOutside(
  folder: string,
  corpusFolder: string,
  what: string,
): Promise<void> {
  if ((await corpusAround(folder, corpusFolder)) === undefined) return;
  throw new UserError({
    code: "inside-corpus",
    message: `Cannot write ${what} to "${folder}": it lies in the corpus "${corpusFolder}"`,
    hint: `Name a folder outside of it, or the ${what} become part of the corpus.`,
    exitCode: 2,
  });
}

/**
 * The default output folder: the usual one; beside the corpus, if that lies in
 * it; in the library, if nothing can be written there.
 */
export async function defaultOutside(
  usual: string,
  corpusFolder: string,
  { settings }: { readonly settings: { readonly paths: Pick<Settings["paths"], "models"> } },
): Promise<string> {
  const around = await corpusAround(usual, corpusFolder);
  if (around === undefined) return usual;
  const beside = join(dirname(around), basename(usual));
  const isFree = (await corpusAround(beside, corpusFolder)) === undefined;
  if (isFree && (await canBeWritten(beside))) return beside;
  return join(dirname(settings.paths.models), basename(usual));
}

/** The corpus, or the part of a dataset, that a folder lies in. */
async function corpusAround(folder: string, corpusFolder: string): Promise<string | undefined> {
  // A missing corpus is reported by what reads it.
  const corpus = await realpath(corpusFolder).catch(() => resolve(corpusFolder));
  const real = await realPathOf(folder);
  // The corpus of a dataset is a folder of links to its parts.
  const parts = await linkedFoldersIn(corpus);
  return [corpus, ...parts].find((part) => isInside(real, part));
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function linkedFoldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const links = entries.filter((entry) => entry.isSymbolicLink());
  const real = links.map(({ name }) => realpath(join(folder, name)).catch(() => undefined));
  return (await Promise.all(real)).filter((path) => path !== undefined);
}

/** The real path of a folder that may not exist yet. */
async function realPathOf(path: string): Promise<string> {
  const { dir, base, root } = parse(path);
  if (path === root) return path;
  return realpath(path).catch(async () => join(await realPathOf(dir), base));
}
