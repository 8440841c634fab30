/**
 * Compiles src/ into dist/ when something in src/ changed since dist/ was made; else a few milliseconds.
 *
 * Only translates: types are checked by `npm run types`. Two processes may ask at once: one builds,
 * the other waits for it.
 *
 *     node bin/build.mjs
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
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
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const LOCK_POLL_MS = 50;
const LOCK_WAIT_MS_MAX = 120_000;

export const root = fileURLToPath(new URL("..", import.meta.url));
export const dist = join(root, "dist");
const stamp = join(dist, ".stamp");
const lock = join(dist, ".lock");

/** True in a checkout; an installed package has no sources and never builds. */
export function isCheckout() {
  return existsSync(join(root, "src"));
}

/**
 * Brings dist/ up to date.
 *
 * @returns "fresh" where nothing was to do, else "built".
 * @throws Error with a message for people where it cannot.
 */
export function buildWhenStale() {
  if (isFresh()) return "fresh";
  takeLock();
  try {
    if (isFresh()) return "fresh";
    build();
    return "built";
  } finally {
    releaseLock();
  }
}

function isFresh() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint();
}

function build() {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(compiler)) {
    throw new Error(
      'Cannot build étude: its packages are not installed\n  Run "npm ci" in its folder.',
    );
  }
  // Taken first: a file saved while the compiler runs makes the next start build again.
  const before = fingerprint();
  const run = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
    cwd: root,
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`Cannot build étude:\n${run.stdout}${run.stderr}`);
  removeOrphans();
  writeFileSync(stamp, before);
}

function fingerprint() {
  return fingerprintOf([...sources(), "tsconfig.build.json", "tsconfig.json", "package-lock.json"]);
}

/** Changes when any of these files is added, removed, renamed or saved. @param paths From the root. */
export function fingerprintOf(paths) {
  const hash = createHash("sha1");
  for (const path of paths) {
    const { size, mtimeMs } = statSync(join(root, path), { throwIfNoEntry: false }) ?? {};
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** What goes into dist/, as paths from the root; pages are bundled from others, on their own. */
export function sources(
  isWanted = (path) => !/\bpage\b.*\.browser\.ts$/.test(path),
  ending = /\.ts$/,
) {
  return readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => ending.test(path) && !path.endsWith(".test.ts") && isWanted(path))
    .sort()
    .map((path) => join("src", path));
}

/** What an earlier build made of a source that is gone must not be found by an import. */
function removeOrphans() {
  const kept = new Set(sources().map((path) => path.slice("src/".length, -".ts".length)));
  for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const made = path.match(/^(.*?)(\.js|\.js\.map|\.d\.ts)$/);
    const isPage = path.startsWith(`pages${sep}`);
    if (made !== null && !isPage && !kept.has(made[1])) rmSync(join(dist, path));
  }
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
    buildWhenStale();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
