/**
 * Builds program/ when something in src/ has changed since; else a few milliseconds.
 *
 * It holds the command line, its worker threads and the library, bundled together: a start reads a
 * few files instead of hundreds, and what both need is there once. `etude` itself keeps it up to
 * date in a checkout.
 *
 * Only translates: types are checked by `npm run types`. Two processes may ask at once: one builds,
 * the other waits for it.
 *
 *     node bin/build.mjs
 */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const LOCK_POLL_MS = 50;
const LOCK_WAIT_MS_MAX = 120_000;

export const root = fileURLToPath(new URL("..", import.meta.url));
export const dist = join(root, "dist");
const program = join(root, "program");
const lock = join(dist, ".lock");

/** What a process or a thread is started with; each becomes a file of its own in program/. */
const STARTED = [
  "src/cli/main.node.ts",
  "src/sound/audio/codecs/decode-worker.node.ts",
  "src/sound/train/gpu-trial.node.ts",
  "src/sound/train/train-worker.node.ts",
  "src/sound/work/analysis-worker.node.ts",
  "src/sound/work/maker-worker.node.ts",
  "src/sound/work/sound-crew-worker.node.ts",
];

/** What other programs import, by its name in program/. */
export const DOORS = {
  index: "src/index.ts",
  "index.browser": "src/index.browser.ts",
  "index.node": "src/index.node.ts",
  rehearsal: "src/rehearsal/index.ts",
};

/** True in a checkout; an installed package has no sources and never builds. */
export function isCheckout() {
  return existsSync(join(root, "src"));
}

/**
 * Brings program/ up to date.
 *
 * @throws Error with a message for people where it cannot.
 */
export function buildProgramWhenStale() {
  return buildWhenStale(join(program, ".stamp"), bundleProgram);
}

/** @param stamp The file that remembers what was built. */
export async function buildWhenStale(stamp, build) {
  const isFresh = () => existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint();
  if (isFresh()) return;
  takeLock();
  try {
    if (isFresh()) return;
    // Taken first: a file saved while it is built makes the next start build again.
    const before = fingerprint();
    await build();
    writeFileSync(stamp, before);
  } finally {
    releaseLock();
  }
}

function fingerprint() {
  const build = ["build.mjs", "build-types.mjs"].map((name) => join("bin", name));
  return fingerprintOf([
    ...sources(),
    ...build,
    "tsconfig.json",
    "tsconfig.types.json",
    "package-lock.json",
  ]);
}

async function bundleProgram() {
  // Loaded here: who finds all fresh need not wait for it.
  const { build } = await import("esbuild").catch(() => {
    throw notInstalled();
  });
  try {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: { ...Object.fromEntries(STARTED.map(named)), ...DOORS },
      outdir: program,
      bundle: true,
      // One folder without others in it: modules find their workers and the package beside them.
      splitting: true,
      packages: "external",
      platform: "node",
      target: "node20.19",
      format: "esm",
      charset: "utf8",
      // A third less to read at each start. Names stay, and lines short: stack traces can be read.
      minifyWhitespace: true,
      lineLimit: 200,
      sourcemap: true,
      metafile: true,
      logLevel: "silent",
    });
    const made = new Set(Object.keys(metafile.outputs).map((path) => path.replace(/^.*\//, "")));
    for (const name of readdirSync(program)) {
      if (/\.js(\.map)?$/.test(name) && !made.has(name)) rmSync(join(program, name));
    }
  } catch (error) {
    throw new Error(`Cannot build étude:\n${error.message}`);
  }
}

function named(source) {
  return [basename(source, ".ts"), source];
}

export function notInstalled() {
  return new Error(
    'Cannot build étude: its packages are not installed\n  Run "npm ci" in its folder.',
  );
}

/**
 * Changes when any of these files is added, removed, renamed or saved. Each start of the command asks
 * for it, so it is a plain list: a hash would have to be loaded first.
 *
 * @param paths From the root.
 */
export function fingerprintOf(paths) {
  let list = "";
  for (const path of paths) {
    const { size, mtimeMs } = statSync(`${root}${path}`, { throwIfNoEntry: false }) ?? {};
    list += `${path} ${size} ${mtimeMs}\n`;
  }
  return list;
}

/** What is compiled, as paths from the root; pages are bundled from others, on their own. */
export function sources(
  isWanted = (path) => !/\bpage\b.*\.browser\.ts$/.test(path),
  ending = /\.ts$/,
) {
  return filesBelow("src")
    .filter((path) => ending.test(path) && !path.endsWith(".test.ts") && isWanted(path))
    .sort();
}

/** In a third of the time that `readdirSync` takes for all folders at once. */
function filesBelow(folder) {
  return readdirSync(`${root}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}${sep}${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** A lock whose owner is dead is taken over; should two do so at once, both write the same files. */
export function takeLock() {
  mkdirSync(dist, { recursive: true });
  for (let waitedMs = 0; waitedMs < LOCK_WAIT_MS_MAX; waitedMs += LOCK_POLL_MS) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!isOwnerAlive()) rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
  throw new Error(
    `Cannot build étude: another build holds ${lock}\n  Delete that file if none runs.`,
  );
}

export function releaseLock() {
  rmSync(lock, { force: true });
}

function isOwnerAlive() {
  try {
    const owner = readFileSync(lock, "utf8");
    if (owner === "") return true; // just created, its owner has not signed yet
    process.kill(Number(owner), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await buildProgramWhenStale();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
