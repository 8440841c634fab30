/**
 * Bundles the pages of `etude studio`, `etude simulate --browser` and `etude instrument --html` into
 * dist/pages/ when something in them has changed: folders of files that make no request to other servers.
 *
 *     node bin/build-page.mjs
 */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { dist, fingerprintOf, releaseLock, root, sources, takeLock } from "./build.mjs";

/** The name of a page -> the folder of its sources, from the root. */
const PAGES = {
  studio: join("src", "studio", "page"),
  instrument: join("src", "studio", "page", "one-file"),
  rehearsal: join("src", "rehearsal", "page"),
};

/** What computes on a GPU, of onnxruntime-web too: fetched only where there is one. */
export const GPU_RUNTIME = "ort-wasm-simd-threaded.asyncify.wasm";

/** What computes, and what its other threads begin with: files of onnxruntime-web. */
export const RUNTIME = ["ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.mjs"];

/** A page that is packed into one file, and can load nothing beside itself. */
const IN_ONE_FILE = "instrument";

const pages = join(dist, "pages");
const stamp = join(dist, ".pages-stamp");
/** Written here first, so that no half page is served. */
export const unfinished = join(dist, ".page");

/** @throws Error with a message for people where a page cannot be built. */
export async function buildPageWhenStale() {
  if (isFresh()) return;
  takeLock();
  try {
    if (!isFresh()) await buildAll();
  } finally {
    releaseLock();
  }
}

function isFresh() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint();
}

function fingerprint() {
  const portable = sources((path) => !path.endsWith(".node.ts"), /\.tsx?$/);
  const texts = Object.values(PAGES).flatMap((source) =>
    readdirSync(join(root, source), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(html|css|svg)$/.test(name))
      .sort()
      .map((name) => join(source, name)),
  );
  const build = [join("bin", "build-page.mjs"), "package.json", "package-lock.json"];
  return fingerprintOf([...portable, ...texts, ...build]);
}

async function buildAll() {
  // Loaded here: who finds the pages fresh need not wait for it.
  const { build: bundle } = await import("vite");
  const before = fingerprint();
  mkdirSync(pages, { recursive: true });
  for (const [name, source] of Object.entries(PAGES)) {
    await bundle(settingsOf(join(root, source), name === IN_ONE_FILE));
    removeRuntime(join(unfinished, "assets"));
    if (name === IN_ONE_FILE) removeFontsOf("studio");
    rmSync(join(pages, name), { recursive: true, force: true });
    renameSync(unfinished, join(pages, name));
  }
  writeFileSync(stamp, before);
}

/** The same fonts in both: whoever packs the one page takes them from the other. */
function removeFontsOf(other) {
  const there = new Set(readdirSync(join(pages, other, "assets")));
  const assets = join(unfinished, "assets");
  for (const file of readdirSync(assets)) {
    // Its name holds a hash of what is in it.
    if (file.endsWith(".woff2") && there.has(file)) rmSync(join(assets, file));
  }
}

export function settingsOf(source, isOneFile = false) {
  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const ofWorkers = new Set();
  return {
    configFile: false,
    envDir: false,
    publicDir: false,
    root: source,
    // Works in whatever folder of a web site it is put.
    base: "./",
    logLevel: "warn",
    define: { PROGRAM: JSON.stringify(`${name} ${version}`) },
    esbuild: { jsx: "automatic", jsxImportSource: "preact" },
    css: { postcss: { plugins: [woff2Only()] } },
    plugins: [ownRuntime(), ...(isOneFile ? [] : [threads()]), licences(source, ofWorkers)],
    worker: {
      format: "es",
      plugins: () => [ownRuntime(), modulesInto(ofWorkers)],
      rollupOptions: { output: { inlineDynamicImports: isOneFile } },
    },
    build: {
      outDir: unfinished,
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: (path) => isOneFile && path.endsWith("pffft.wasm"),
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rollupOptions: { output: { chunkFileNames } },
      chunkSizeWarningLimit: 2000,
    },
  };
}

/** Fonts come in WOFF too, for browsers that are too old to play a model. */
function woff2Only() {
  const other = /,\s*url\([^)]*\.woff\)\s*format\((["'])woff\1\)/g;
  return {
    postcssPlugin: "woff2-only",
    Once: (css) =>
      css.walkDecls("src", (rule) => {
        rule.value = rule.value.replace(other, "");
      }),
  };
}

/** Their programs are fetched when a file needs them, and counted apart. */
const CODECS = /[/\\]node_modules[/\\](@audio[/\\]decode-|libopus-wasm|wasm-media-encoders)/;

/** What the name of a file with a codec begins with. */
export const CODEC = "codec-";

/** What the name of the script begins with that runs a GPU. */
export const GPU = "gpu-runtime-";

function chunkFileNames({ moduleIds }) {
  if (moduleIds.some((id) => id.includes("/ort.webgpu."))) return `assets/${GPU}[hash].js`;
  return `assets/${moduleIds.some((id) => CODECS.test(id)) ? CODEC : ""}[name]-[hash].js`;
}

/**
 * The WebAssembly of onnxruntime-web is larger than all else together, and the package has it as a
 * dependency: whoever serves the page serves it from there, beside the scripts.
 */
function ownRuntime() {
  const [before, own] = ["onnxruntime-web/", "\0own-runtime/"];
  const isOwn = (id) => [...RUNTIME, GPU_RUNTIME].some((name) => id === `${before}${name}?url`);
  return {
    name: "own-runtime",
    enforce: "pre",
    resolveId: (id) => (isOwn(id) ? id.replace(before, own) : undefined),
    load: (id) =>
      id.startsWith(own)
        ? `export default "./${id.slice(own.length).replace("?url", "")}"`
        : undefined,
  };
}

/**
 * Threads are bundled with the page and not each for itself: what several of them need is one file,
 * fetched once. A page in one file cannot have that, so there each holds all that it needs.
 */
function threads() {
  const suffix = "?worker&url";
  return {
    name: "threads",
    enforce: "pre",
    async resolveId(id, importer) {
      if (!id.endsWith(suffix)) return undefined;
      const found = await this.resolve(id.slice(0, -suffix.length), importer);
      return found && `\0thread:${found.id}`;
    },
    load(id) {
      if (!id.startsWith("\0thread:")) return undefined;
      const thread = this.emitFile({ type: "chunk", id: id.slice("\0thread:".length) });
      return `export default import.meta.ROLLUP_FILE_URL_${thread}`;
    },
  };
}

/** It names its file itself as well, but is told where it is. */
export function removeRuntime(folder) {
  for (const file of readdirSync(folder)) {
    if (/^ort-wasm.*\.wasm$/.test(file)) rmSync(join(folder, file));
  }
}

/** Workers are bundles of their own, made before that of the page is written. */
function modulesInto(all) {
  return {
    name: "modules-of-workers",
    generateBundle() {
      for (const id of this.getModuleIds()) all.add(id);
    },
  };
}

/** The bundle holds other people's code: their licences go with it. */
function licences(source, ofWorkers) {
  return {
    name: "licences",
    generateBundle(_, bundle) {
      // Fonts and styles are no modules by then.
      const others = Object.values(bundle).flatMap(({ originalFileNames = [] }) =>
        originalFileNames.map((name) => resolve(source, name)),
      );
      const folders = [...this.getModuleIds(), ...ofWorkers, ...others].flatMap(
        (id) => id.match(/^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/)?.[0] ?? [],
      );
      const texts = [...new Set(folders)].sort().map(licenceOf);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: texts.join("\n\n") });
    },
  };
}

/** Licences whose packages are known to come without their text. */
const MAY_STAND_ALONE = new Set(["(Apache-2.0 AND BSD-3-Clause)", "MIT"]);

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)(\.|$)/i.test(one));
  if (file === undefined) {
    if (!MAY_STAND_ALONE.has(license)) {
      throw new Error(`Cannot bundle ${name}: it has no file with its licence`);
    }
    return `${name} ${version} (${license})\n\nIts package comes without the text of this licence.\n`;
  }
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await buildPageWhenStale();
  } catch (error) {
    console.error(`Cannot build the pages of étude:\n${error.message}`);
    process.exitCode = 1;
  }
}
