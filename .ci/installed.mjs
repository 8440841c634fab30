/**
 * Installs the packed program into an empty folder, as a user gets it, and lets it train and
 * generate there under several versions of Node, which the registry has as packages. A program in
 * TypeScript that uses it is checked there too.
 *
 *     node .ci/installed.mjs            # Node 20, 22 and 24
 *     node .ci/installed.mjs 22         # one of them
 *
 * Needs an npm registry. Leaves nothing behind.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const asked = process.argv.slice(2);
const versions = asked.length > 0 ? asked : ["20", "22", "24"];
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "etude-installed-"));

try {
  const tarball = pack();
  const sounds = join(folder, "sounds");
  writeSounds(sounds);
  for (const version of versions) check(version, { tarball, sounds });
  checkTypes(join(folder, `node-${versions[0]}`));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  // npm runs no scripts here (.npmrc), so what `prepack` does is done by hand.
  for (const script of ["bin/build.mjs", "bin/build-types.mjs", "bin/build-page.mjs"]) {
    run(process.execPath, [script], { cwd: root });
  }
  const [packed] = JSON.parse(
    run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root }).replace(
      /^[^[]*/,
      "",
    ),
  );
  const { filename, size, unpackedSize, entryCount } = packed;
  console.log(
    `${filename}: ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} in ${entryCount} files`,
  );
  return join(folder, filename);
}

function check(version, { tarball, sounds }) {
  const home = join(folder, `node-${version}`);
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), '{ "private": true, "type": "module" }\n');
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
  // What the package `node` installs by a script of its own.
  const binary = `node-binary@npm:node-${process.platform}-${process.arch}@${version}`;
  run("npm", ["install", ...quiet, tarball, binary], { cwd: home });
  const node = join(home, "node_modules", "node-binary", "bin", "node");
  const program = join(home, "node_modules", "etude", "bin", "etude.mjs");
  // Nothing of the person who runs this is read or written.
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_DATA_HOME: join(home, "data"),
  };
  const etude = (...words) => run(node, [program, ...words], { cwd: home, env });
  etude("train", sounds, "--epochs", "2", "--no-analysis", "-o", "run");
  etude("generate", "run", "--seed", "1", "--duration", "1", "-o", "made");
  const [made] = readdirSync(join(home, "made")).filter((name) => name.endsWith(".wav"));
  const bytes = made === undefined ? 0 : statSync(join(home, "made", made)).size;
  if (bytes < 100_000) throw new Error(`Node ${version}: the sound has ${bytes} bytes`);
  const library =
    'import { planRun } from "etude/rehearsal"; import * as etude from "etude"; process.stdout.write(typeof etude.train + typeof planRun)';
  const doors = run(node, ["--input-type=module", "-e", library], { cwd: home, env });
  if (doors !== "functionfunction") throw new Error(`Node ${version}: the library has ${doors}`);
  const exact = run(node, ["--version"], { cwd: home }).trim();
  console.log(`Node ${exact}: trains, generates (${kilobytes(bytes)}), opens as a library`);
}

/** Types are found in both of the ways in which TypeScript looks for them, and say what is wrong. */
function checkTypes(home) {
  writeFileSync(
    join(home, "use.ts"),
    `import { type Sound, seededRandom, writeWav } from "etude";
import { planRun } from "etude/rehearsal";
export const made = (sound: Sound): Uint8Array => writeWav(sound);
// @ts-expect-error seeds are numbers
seededRandom("1");
export const plan = planRun;
`,
  );
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const usual = ["--noEmit", "--strict", "--skipLibCheck", "false", "--target", "es2023"];
  const roots = ["--types", "node", "--typeRoots", join(root, "node_modules", "@types")];
  const bundler = ["--module", "esnext", "--moduleResolution", "bundler", "--customConditions"];
  const ways = {
    node16: ["--module", "node16"],
    "bundler, for Node": [...bundler, "node"],
    "bundler, for a page": [...bundler, "browser"],
  };
  for (const [name, way] of Object.entries(ways)) {
    run(process.execPath, [compiler, ...usual, ...roots, ...way, "use.ts"], { cwd: home });
    console.log(`TypeScript (${name}): finds the types`);
  }
}

/** Six decaying tones of half a second, mono, 16 bit, 48 kHz. */
function writeSounds(place) {
  mkdirSync(place);
  for (const [i, hz] of [220, 262, 330, 392, 440, 523].entries()) {
    const length = 24_000;
    const bytes = Buffer.alloc(44 + 2 * length);
    bytes.write("RIFF", 0);
    bytes.writeUInt32LE(36 + 2 * length, 4);
    bytes.write("WAVEfmt ", 8);
    bytes.writeUInt32LE(16, 16);
    bytes.writeUInt16LE(1, 20);
    bytes.writeUInt16LE(1, 22);
    bytes.writeUInt32LE(48_000, 24);
    bytes.writeUInt32LE(96_000, 28);
    bytes.writeUInt16LE(2, 32);
    bytes.writeUInt16LE(16, 34);
    bytes.write("data", 36);
    bytes.writeUInt32LE(2 * length, 40);
    for (let n = 0; n < length; n += 1) {
      const level = 0.5 * Math.exp((-4 * n) / length);
      bytes.writeInt16LE(
        Math.round(32_767 * level * Math.sin((2 * Math.PI * hz * n) / 48_000)),
        44 + 2 * n,
      );
    }
    writeFileSync(join(place, `tone ${i + 1}.wav`), bytes);
  }
}

function run(program, words, options) {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: "utf8", ...options });
  if (status === 0) return stdout;
  throw new Error(`${program} ${words.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1000)} kB`;
}
