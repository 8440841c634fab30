/**
 * Writes the types of the library into dist/types/ when something in src/ has changed: what its
 * doors speak of, and nothing else. Types are checked by `npm run types`.
 *
 *     node bin/build-types.mjs
 */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildWhenStale, DOORS, dist, notInstalled, root } from "./build.mjs";

const types = join(dist, "types");
/** Of all that the doors import, most of which nobody outside can name; as in tsconfig.types.json. */
const all = join(dist, ".all-types");

function writeTypes() {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(compiler)) throw notInstalled();
  const run = spawnSync(process.execPath, [compiler, "-p", "tsconfig.types.json"], {
    cwd: root,
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`Cannot write types:\n${run.stdout}${run.stderr}`);
  rmSync(types, { recursive: true, force: true });
  for (const file of reached(Object.values(DOORS))) cpSync(join(all, file), join(types, file));
  rmSync(all, { recursive: true });
}

/** What these sources speak of, as files of types. */
function reached(sources) {
  const found = new Set();
  const waiting = sources.map((path) => typesOf(relative("src", path)));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const text = readFileSync(join(all, file), "utf8");
    for (const [, path] of text.matchAll(/\b(?:from |import\(?)"(\.[^"]+)"/g)) {
      waiting.push(typesOf(join(dirname(file), path)));
    }
  }
  return found;
}

function typesOf(source) {
  return source.replace(/\.ts$/, ".d.ts");
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await buildWhenStale(join(dist, ".types-stamp"), writeTypes);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
