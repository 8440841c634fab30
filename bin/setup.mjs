/**
 * All the set-up a fresh clone needs: the right Node, the packages, the build.
 *
 * Plain Node and no packages, for it runs before there are any. When everything is in place it
 * costs a few milliseconds, so that `npm start` and `npm test` run it every time.
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);

try {
  checkNode();
  if (!packagesAreInstalled()) installPackages();
  // Imported late: it uses what an old Node does not have.
  const { buildProgramWhenStale } = await import("./build.mjs");
  await buildProgramWhenStale();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function checkNode() {
  const needed = readJson("package.json").engines.node.replace(">=", "");
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [majorNeeded, minorNeeded] = needed.split(".").map(Number);
  if (major > majorNeeded || (major === majorNeeded && minor >= minorNeeded)) return;
  throw new Error(
    `Cannot set up étude: this is Node ${process.versions.node}, it needs ${needed} or newer\n` +
      "  Install a current Node (version 20 or 22), then run the command again.",
  );
}

/**
 * npm writes what it installed to node_modules/.package-lock.json, as its last act: an install that
 * was cut short, or that is older than package-lock.json, does not agree with it.
 */
function packagesAreInstalled() {
  let installed;
  try {
    installed = readJson("node_modules/.package-lock.json").packages;
  } catch {
    return false;
  }
  return Object.entries(readJson("package-lock.json").packages).every(
    ([place, { version, optional }]) =>
      place === "" ||
      installed[place]?.version === version ||
      (optional && installed[place] === undefined),
  );
}

function installPackages() {
  console.error("étude: installing packages (once; about a minute)");
  const npm = process.env["npm_execpath"];
  const options = ["ci", "--include=dev", "--no-audit", "--no-fund"];
  // npm's talk goes to stderr: stdout is for data.
  const spawning = { cwd: fileURLToPath(root), stdio: ["ignore", 2, 2] };
  const run = npm?.endsWith(".js")
    ? spawnSync(process.execPath, [npm, ...options], spawning)
    : spawnSync("npm", options, { ...spawning, shell: process.platform === "win32" });
  if (run.status === 0) return;
  throw new Error(
    "Cannot set up étude: npm ci failed, its own messages are above\n" +
      "  It needs the npm registry (npm ping says whether it answers) and 500 MB of disk.",
  );
}

function readJson(path) {
  return JSON.parse(readFileSync(new URL(path, root), "utf8"));
}
