/**
 * Adds to package-lock.json what npm leaves out: optional packages for other platforms.
 *
 * `npm install` drops an optional package from the lockfile when the registry at hand does not
 * offer it (a mirror that keeps one platform only), and `npm ci` then refuses the whole lockfile as
 * out of step. Each entry needs only its version and the platform it is for, which its name says.
 *
 *     node .ci/complete-lock.mjs           mends the file
 *     node .ci/complete-lock.mjs --check   ends with 1 if it needs mending
 */

import { readFileSync, writeFileSync } from "node:fs";

const OPERATING_SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const PROCESSORS = [
  "arm64",
  "arm",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "wasm32",
  "x64",
];

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));
const missing = missingEntries(lock.packages);

if (process.argv.includes("--check")) {
  for (const [place, { version }] of missing)
    console.error(`package-lock.json lacks ${place} ${version}`);
  if (missing.length > 0) console.error("Run: node .ci/complete-lock.mjs");
  process.exitCode = missing.length > 0 ? 1 : 0;
} else if (missing.length > 0) {
  const places = [...Object.entries(lock.packages), ...missing];
  lock.packages = Object.fromEntries(places.sort(([a], [b]) => a.localeCompare(b, "en")));
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  console.error(`Added ${missing.length} optional packages to package-lock.json`);
}

/** @returns pairs of place ("node_modules/NAME") and lockfile entry. */
function missingEntries(packages) {
  const found = new Map();
  for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const place = `node_modules/${name}`;
      if (packages[place] || packages[`${parent}/${place}`]) continue;
      found.set(place, {
        version,
        ...platformOf(name),
        ...(dev && { dev }),
        license: "MIT",
        optional: true,
      });
    }
  }
  return [...found];
}

/** "@rollup/rollup-linux-arm-musleabihf" -> { cpu: ["arm"], libc: ["musl"], os: ["linux"] } */
function platformOf(name) {
  const words = name.split("/").at(-1).split("-");
  const cpu = PROCESSORS.find((word) => words.includes(word));
  const os = OPERATING_SYSTEMS.find((word) => words.includes(word));
  const libc = words.some((word) => word.startsWith("musl"))
    ? "musl"
    : words.some((word) => word.startsWith("gnu"))
      ? "glibc"
      : undefined;
  return {
    ...(cpu && { cpu: [cpu] }),
    ...(os === "linux" && libc && { libc: [libc] }),
    ...(os && { os: [os] }),
  };
}
