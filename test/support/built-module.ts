/** A module of src/ in one file, so that a process of its own can import it. */

import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/**
 * @param source From src/.
 * @param folder Where the file is written.
 * @returns Its address.
 */
export async function builtModule(source: string, folder: string): Promise<string> {
  const outfile = join(folder, `${basename(source, ".ts")}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, "..", "..", "src", source)],
    ...{ outfile, bundle: true, platform: "node", format: "esm", logLevel: "silent" },
  });
  return pathToFileURL(outfile).href;
}
