/** A built page, as files in memory; in a checkout it is built first where something has changed. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { UserError } from "./errors.ts";
import { isErrno } from "./files.node.ts";

/** "/" and the paths below it, as in an address -> what is there. */
export type PageFiles = ReadonlyMap<string, Uint8Array>;

/** `bin/build-page.mjs` knows where each comes from. */
export type PageName = "instrument" | "rehearsal" | "studio";

/** From src/ and from program/ alike. */
const root = fileURLToPath(new URL("../", import.meta.url));

/**
 * @returns undefined where the signal came first.
 * @throws UserError "page-not-built".
 */
export async function loadPage(
  name: PageName,
  signal: AbortSignal,
): Promise<PageFiles | undefined> {
  const builder = join(root, "bin", "build-page.mjs");
  // An installed package has the page and no sources.
  if (existsSync(join(root, "src"))) await runBuilder(builder, signal);
  if (signal.aborted) return undefined;
  const files = await readPage(name);
  if (name === "rehearsal") return files;
  return withRuntime(name === "instrument" ? withFonts(files, await readPage("studio")) : files);
}

async function runBuilder(builder: string, signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, [builder], { stdio: ["ignore", "ignore", "pipe"] });
  const stop = (): void => {
    child.kill();
  };
  signal.addEventListener("abort", stop, { once: true });
  const [said, [exitCode]] = await Promise.all([text(child.stderr), once(child, "close")]);
  signal.removeEventListener("abort", stop);
  if (exitCode !== 0 && !signal.aborted) throw notBuilt(said.trim(), 'Run "npm ci" in its folder.');
}

const RUNTIME = "ort-wasm-simd-threaded.wasm";

/** What computes in the page is large, and is not packed twice: it is read from its own package. */
async function withRuntime(files: PageFiles): Promise<PageFiles> {
  const place = createRequire(import.meta.url).resolve(`onnxruntime-web/${RUNTIME}`);
  return new Map([...files, [`/assets/${RUNTIME}`, await readFile(place)]]);
}

/** Both have the same, which are packed once. */
function withFonts(files: PageFiles, studio: PageFiles): PageFiles {
  return new Map([...[...studio].filter(([path]) => path.endsWith(".woff2")), ...files]);
}

async function readPage(name: PageName): Promise<PageFiles> {
  const folder = join(root, "dist", "pages", name);
  const files = new Map<string, Uint8Array>();
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(folder.length).replaceAll(sep, "/"), await readFile(path));
    }
  } catch (cause) {
    if (!isErrno(cause) || cause.code !== "ENOENT") throw cause;
  }
  const start = files.get("/index.html");
  if (start === undefined) {
    throw notBuilt(`Cannot show the page: "${folder}" does not hold it`, "Install étude again.");
  }
  return files.set("/", start);
}

function notBuilt(message: string, hint: string): UserError {
  return new UserError({ code: "page-not-built", message, hint });
}
