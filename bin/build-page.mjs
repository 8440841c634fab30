/**
 * Bundles the page of `etude simulate --browser` into dist/page/ when something in it has changed:
 * a folder of files that ask nobody else for anything, and that any web server can serve.
 *
 *     node bin/build-page.mjs
 */

import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dist, fingerprintOf, releaseLock, root, sources, takeLock } from "./build.mjs";

const source = join(root, "src", "rehearsal", "page");
const page = join(dist, "page");
const stamp = join(dist, ".page-stamp");
/** Written here first, so that nobody is served half a page. */
const unfinished = join(dist, ".page");

/** @throws Error with a message for people where the page cannot be built. */
export async function buildPageWhenStale() {
  if (isFresh()) return;
  takeLock();
  try {
    if (!isFresh()) await build();
  } finally {
    releaseLock();
  }
}

function isFresh() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint();
}

function fingerprint() {
  const portable = sources((path) => !path.endsWith(".node.ts"));
  const rest = readdirSync(source).filter((name) => !name.endsWith(".ts"));
  const texts = rest.map((name) => join("src", "rehearsal", "page", name));
  return fingerprintOf([...portable, ...texts, "package.json", "package-lock.json"]);
}

async function build() {
  // Loaded here: who finds the page fresh need not wait for it.
  const { build: bundle } = await import("vite");
  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const before = fingerprint();
  await bundle({
    configFile: false,
    envDir: false,
    publicDir: false,
    root: source,
    // Works in whatever folder of a web site it is put.
    base: "./",
    logLevel: "warn",
    define: { PROGRAM: JSON.stringify(`${name} ${version}`) },
    plugins: [licences()],
    build: {
      outDir: unfinished,
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 2000,
    },
  });
  rmSync(page, { recursive: true, force: true });
  renameSync(unfinished, page);
  writeFileSync(stamp, before);
}

/** The bundle holds other people's code: their licences go with it. */
function licences() {
  return {
    name: "licences",
    generateBundle() {
      const folders = [...this.getModuleIds()].flatMap(
        (id) => id.match(/^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/)?.[0] ?? [],
      );
      const texts = [...new Set(folders)].sort().map(licenceOf);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: texts.join("\n\n") });
    },
  };
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[cs]e(\.|$)/i.test(one));
  if (file === undefined) throw new Error(`Cannot bundle ${name}: it has no file with its licence`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await buildPageWhenStale();
  } catch (error) {
    console.error(`Cannot build the page of étude:\n${error.message}`);
    process.exitCode = 1;
  }
}
