/**
 * The source files as a map of rooms: who imports whom, and what is wrong with that.
 *
 * The checks take sources as data, so that a test can plant what they must find.
 */

import { dirname, posix } from "node:path";

export interface Source {
  /** Below src/, with "/". */
  readonly path: string;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
  /**
   * What it imports, types too: whoever reads a type must go and look what it is. Paths below
   * src/, or names of packages as they are written.
   */
  readonly imports: readonly string[];
}

/** Which rooms a room may import from, besides itself and the ground floor. */
export type RoomMap = Readonly<Record<string, readonly string[]>>;

export function sourceOf(path: string, text: string): Source {
  const code = withoutComments(text);
  const imports = [...code.matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*"([^"]+)"/g)].map(
    ([, target = ""]) => (target.startsWith(".") ? posix.join(dirname(path), target) : target),
  );
  return { path, text, code, imports };
}

/** Good enough for our own formatted code: strings hold no comment marks that matter here. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** "sound/audio/mel.ts" -> "sound/audio"; "show/numbers.ts" -> "show"; "errors.ts" -> "" (the ground floor). */
export function roomOf(path: string): string {
  const folders = path.split("/").slice(0, -1);
  return folders.slice(0, folders[0] === "sound" ? 2 : 1).join("/");
}

/** "from -> to" for each import that leaves a room for one that the map does not allow. */
export function forbiddenImports(sources: readonly Source[], mayImport: RoomMap): string[] {
  return sources.flatMap(({ path, imports }) => {
    const room = roomOf(path);
    return imports
      .filter((target) => /\.tsx?$/.test(target) && !isBeside(path, target))
      .filter((target) => {
        const other = roomOf(target);
        return other !== "" && other !== room && !mayImport[room]?.includes(other);
      })
      .map((target) => `${path} -> ${target}`);
  });
}

/** Tests may use what tests share. */
function isBeside(path: string, target: string): boolean {
  return path.endsWith(".test.ts") && target.startsWith("../test/");
}

/** Files that import each other, along the arrows and back to the first; undefined if there are none. */
export function circleOfImports(sources: readonly Source[]): string[] | undefined {
  const imports = new Map(sources.map((source) => [source.path, source.imports]));
  return circleIn([...imports.keys()], (path) => imports.get(path) ?? []);
}

/** A path along the arrows that comes back to where it was, or undefined. */
export function circleIn(
  nodes: readonly string[],
  arrows: (node: string) => readonly string[],
): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of arrows(node)) {
      const circle = visit(next, [...path, node]);
      if (circle !== undefined) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of nodes) {
    const circle = visit(node, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** "path: what", once for each mention of `pattern` in the code. */
export function mentions(within: readonly Source[], pattern: RegExp): string[] {
  return within.flatMap(({ path, code }) =>
    [...code.matchAll(pattern)].map(([what]) => `${path}: ${what}`),
  );
}
