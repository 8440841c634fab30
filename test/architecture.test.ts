/**
 * The map in ARCHITECTURE.md, as a test.
 *
 * A room may import from itself, from the ground floor (files directly in src/), and from the
 * rooms listed here. To add an arrow, add it here and there and say why; to remove one is always
 * welcome.
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, expect, test } from "vitest";

const sound = ["audio", "tensor", "model", "latent", "train", "library", "work"];
const soundRooms = sound.map((room) => `sound/${room}`);

const mayImport: Readonly<Record<string, readonly string[]>> = {
  events: [],
  show: ["events"],
  // What a command and an option are, as data: the command line reads it, and the form of a page.
  options: [],

  "sound/audio": [],
  "sound/tensor": [],
  "sound/model": ["sound/audio", "sound/tensor"],
  "sound/latent": ["sound/audio", "sound/tensor", "sound/model"],
  "sound/library": ["sound/audio", "sound/model"],
  "sound/train": ["sound/audio", "sound/tensor", "sound/model", "sound/latent", "events"],
  "sound/work": [...soundRooms.filter((room) => room !== "sound/work"), "events", "show"],

  rehearsal: ["events", "show", "options"],

  cli: [...soundRooms, "rehearsal", "show", "events", "options"],
  // Programs that measure: they stand beside the command line and see what it sees.
  bench: [...soundRooms, "rehearsal", "show", "events"],
};

/** Shorter files may speak for themselves. */
const TINY_LINES = 25;

const src = join(import.meta.dirname, "..", "src");

interface Source {
  /** Below src/, with "/". */
  readonly path: string;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
  /** What it imports: paths below src/, or names of packages as they are written. */
  readonly imports: readonly string[];
  /** Those of them that are there when the program runs, not types alone. */
  readonly valueImports: readonly string[];
}

const sources: readonly Source[] = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"))
  .map(readSource);

/** What ships: neither tests nor declarations of other people's packages. */
const shipped = sources.filter(({ path }) => !/\.(test|d)\.ts$/.test(path));

describe("rooms", () => {
  test("import only what the map allows", () => {
    const wrong = (path: string, target: string): boolean => {
      const [room, other] = [roomOf(path), roomOf(target)];
      return other !== "" && other !== room && !mayImport[room]?.includes(other);
    };
    // index.node.ts is the door of the package: it may see every room. Tests may use test/support.
    const found = sources
      .filter(({ path }) => path !== "index.node.ts")
      .flatMap(({ path, imports }) =>
        imports
          .filter((target) => target.endsWith(".ts") && wrong(path, target))
          .filter((target) => !(path.endsWith(".test.ts") && target.startsWith("../test/")))
          .map((target) => `${path} -> ${target}`),
      );
    expect(found).toEqual([]);
  });

  test("are all on the map", () => {
    const rooms = new Set(sources.map(({ path }) => roomOf(path)).filter((room) => room !== ""));
    expect([...rooms].filter((room) => mayImport[room] === undefined)).toEqual([]);
  });

  test("are connected without a cycle", () => {
    expect(cycleIn(Object.keys(mayImport), (room) => mayImport[room] ?? [])).toBeUndefined();
  });

  test("hold files without a cycle of imports", () => {
    const byPath = new Map(sources.map((source) => [source.path, source.valueImports]));
    expect(cycleIn([...byPath.keys()], (path) => byPath.get(path) ?? [])).toBeUndefined();
  });
});

describe("the platform", () => {
  const portable = shipped.filter(({ path }) => !/\.(node|browser)\.ts$/.test(path));

  test("is imported only by *.node.ts and *.browser.ts", () => {
    const found = portable.flatMap(({ path, imports }) =>
      imports
        .filter((target) => /^node:|\.(node|browser)\.ts$/.test(target))
        .map((target) => `${path} -> ${target}`),
    );
    expect(found).toEqual([]);
  });

  test("is named only in *.node.ts and *.browser.ts", () => {
    const globals = /\b(process|Buffer|__dirname|__filename)\s*[.[(]/g;
    expect(mentions(portable, globals)).toEqual([]);
  });

  test("gives time and chance in one place only", () => {
    const ambient = /\bMath\.random\b|\bDate\s*[.(]|\bnew Date\b|\bperformance\.now\b/g;
    const elsewhere = shipped.filter(({ path }) => !/^host\.(node|browser)\.ts$/.test(path));
    expect(mentions(elsewhere, ambient)).toEqual([]);
  });

  test("finds workers by the name of their file", () => {
    const workers = shipped.filter(({ code }) => code.includes("parentPort"));
    const misnamed = workers.filter(({ path }) => !path.endsWith("-worker.node.ts"));
    expect(misnamed.map(({ path }) => path)).toEqual([]);
  });
});

test("every file says first what it is, or is tiny", () => {
  const silent = shipped.filter(
    ({ text }) => text.split("\n").length > TINY_LINES && !/^(\/\*\*|\/\/)/.test(text),
  );
  expect(silent.map(({ path }) => path)).toEqual([]);
});

test("the checks above have something to check", () => {
  const main = sources.find(({ path }) => path === "cli/main.node.ts");
  expect(main?.imports).toContain("cli/commands.ts");
  expect(main?.imports).toContain("sound/library/config.node.ts");
  expect(main?.valueImports).not.toContain("sound/library/settings.ts");
  expect(mentions(sources, /process\./g).length).toBeGreaterThan(0);
});

/** "path: what", once for each mention of `pattern` in the code. */
function mentions(within: readonly Source[], pattern: RegExp): string[] {
  return within.flatMap(({ path, code }) =>
    [...code.matchAll(pattern)].map(([what]) => `${path}: ${what}`),
  );
}

function readSource(path: string): Source {
  const text = readFileSync(join(src, path), "utf8");
  const code = withoutComments(text);
  const targetsOf = (importing: string): string[] =>
    [...importing.matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*"([^"]+)"/g)].map(([, target = ""]) =>
      target.startsWith(".") ? posix.join(dirname(path), target) : target,
    );
  const withoutTypes = code.replace(/\b(import|export) type [^;]*;/g, "");
  return { path, text, code, imports: targetsOf(code), valueImports: targetsOf(withoutTypes) };
}

/** Good enough for our own formatted code: strings hold no comment marks that matter here. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** "sound/audio/mel.ts" -> "sound/audio"; "show/numbers.ts" -> "show"; "errors.ts" -> "" (the ground floor). */
function roomOf(path: string): string {
  const folders = path.split("/").slice(0, -1);
  return folders.slice(0, folders[0] === "sound" ? 2 : 1).join("/");
}

/** A path along the arrows that comes back to where it was, or undefined. */
function cycleIn(
  nodes: readonly string[],
  arrows: (node: string) => readonly string[],
): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of arrows(node)) {
      const cycle = visit(next, [...path, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of nodes) {
    const cycle = visit(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
