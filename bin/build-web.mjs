/**
 * Makes the studio for the browser alone: a folder of files that any web server can give out, and
 * that needs none after the first load.
 *
 *     node bin/build-web.mjs [FOLDER]
 */

import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { dist, releaseLock, root, takeLock } from "./build.mjs";
import {
  buildPageWhenStale,
  CODEC,
  GPU,
  GPU_RUNTIME,
  RUNTIME,
  removeRuntime,
  settingsOf,
  unfinished,
} from "./build-page.mjs";

/** Fetched only where there is a GPU, and not kept for use without a network. */
const isForGpu = (name) => name.endsWith(GPU_RUNTIME) || name.startsWith(`assets/${GPU}`);
const folder = resolve(process.argv[2] ?? join(dist, "web"));

try {
  if (existsSync(folder) && !existsSync(join(folder, "service-worker.js"))) {
    if (readdirSync(folder).length > 0) throw new Error(`"${folder}" holds something else`);
  }
  await buildPageWhenStale();
  await build();
  console.error(`The studio for the browser alone lies in ${folder}: ${size()}`);
} catch (error) {
  console.error(`Cannot build the studio for the browser alone:\n${error.message}`);
  process.exitCode = 1;
}

async function build() {
  const { build: bundle } = await import("vite");
  takeLock();
  try {
    await bundle(settingsOf(join(root, "src", "studio", "page", "alone")));
    removeRuntime(join(unfinished, "assets"));
    removeOldFonts(join(unfinished, "assets"));
    rmSync(folder, { recursive: true, force: true });
    cpSync(unfinished, folder, { recursive: true });
    rmSync(unfinished, { recursive: true, force: true });
  } finally {
    releaseLock();
  }
  cpSync(join(dist, "pages", "rehearsal"), join(folder, "rehearsal"), { recursive: true });
  const runtime = join(root, "node_modules", "onnxruntime-web", "dist");
  for (const name of [...RUNTIME, GPU_RUNTIME]) {
    cpSync(join(runtime, name), join(folder, "assets", name));
  }
  const files = allFiles().filter((name) => name !== "service-worker.js" && !isForGpu(name));
  const hash = createHash("sha256");
  for (const name of files) hash.update(name).update(readFileSync(join(folder, name)));
  const lists = [".", "./rehearsal/", ...files.map((name) => `./${name}`)];
  const head = `const FILES = ${JSON.stringify(lists)};\nconst CACHE = "etude-${hash.digest("hex").slice(0, 16)}";\n`;
  const script = readFileSync(join(root, "bin", "service-worker.js"), "utf8");
  writeFileSync(join(folder, "service-worker.js"), head + script);
}

/** Whatever runs this page reads the newer format, which stands before it. */
function removeOldFonts(assets) {
  for (const name of readdirSync(assets)) if (name.endsWith(".woff")) rmSync(join(assets, name));
}

function allFiles() {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((name) => name.replaceAll(sep, "/"))
    .sort();
}

/** As it travels: what computes and the simulator are fetched apart, and codecs when a file needs one. */
function size() {
  const isCodec = (name) => name.startsWith(`assets/${CODEC}`);
  const isApart = (name) =>
    RUNTIME.includes(basename(name)) || isForGpu(name) || name.startsWith("rehearsal/");
  const own = allFiles().filter((name) => !isApart(name));
  const page = kilobytes(own.filter((name) => !isCodec(name)));
  return `${page} kB as gzip beside the runtime, and ${kilobytes(own.filter(isCodec))} kB of codecs`;
}

function kilobytes(names) {
  const sizes = names.map((name) => gzipSync(readFileSync(join(folder, name))).length);
  return Math.round(sizes.reduce((sum, bytes) => sum + bytes, 0) / 1000);
}
