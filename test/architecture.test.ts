/**
 * The map in ARCHITECTURE.md, as a test.
 *
 * A room may import from itself, from the ground floor (files directly in src/), and from the
 * rooms listed here. To add an arrow, add it here and there and say why; to remove one is always
 * welcome.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  circleIn,
  circleOfImports,
  forbiddenImports,
  mentions,
  type RoomMap,
  roomOf,
  type Source,
  sourceOf,
} from "./support/architecture.ts";

const sound = ["audio", "tensor", "model", "latent", "train", "library", "work"];
const soundRooms = sound.map((room) => `sound/${room}`);

const mayImport: RoomMap = {
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

  // Sends the runs of a sweep to whoever trains them.
  queue: [...soundRooms, "events"],

  // It shows sweeps, by their folders. The page of simulated runs comes in as files, so the wings
  // stay apart.
  studio: [...soundRooms, "queue", "events", "show"],

  cli: [...soundRooms, "queue", "studio", "rehearsal", "show", "events", "options"],
  // Programs that measure: they stand beside the command line and see what it sees.
  bench: [...soundRooms, "queue", "rehearsal", "show", "events"],
};

/** Shorter files may speak for themselves. */
const TINY_LINES = 25;

const src = join(import.meta.dirname, "..", "src");

const sources: readonly Source[] = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => sourceOf(path, readFileSync(join(src, path), "utf8")));

/** All but the doors of the package, which may see every room. */
const inside = sources.filter(({ path }) => !/^index(\.node|\.browser)?\.ts$/.test(path));

/** What ships: neither tests nor declarations of other people's packages. */
const shipped = sources.filter(({ path }) => !/\.(test|d)\.ts$/.test(path));

describe("rooms", () => {
  test("import only what the map allows, types too", () => {
    expect(forbiddenImports(inside, mayImport)).toEqual([]);
  });

  test("are all on the map", () => {
    const rooms = new Set(sources.map(({ path }) => roomOf(path)).filter((room) => room !== ""));
    expect([...rooms].filter((room) => mayImport[room] === undefined)).toEqual([]);
  });

  test("are connected without a circle", () => {
    expect(circleIn(Object.keys(mayImport), (room) => mayImport[room] ?? [])).toBeUndefined();
  });

  test("hold files without a circle of imports, types too", () => {
    expect(circleOfImports(sources)).toBeUndefined();
  });
});

describe("the checks find what is planted", () => {
  test.each([
    { path: "show/planted.ts", line: 'import type { Plan } from "../rehearsal/plan/plan.ts";' },
    { path: "rehearsal/planted.ts", line: 'import { type Model } from "../sound/model/model.ts";' },
    {
      path: "sound/train/planted.ts",
      line: 'export type { Plan } from "../../rehearsal/plan.ts";',
    },
    { path: "sound/audio/planted.ts", line: 'import { decode } from "../latent/codec.ts";' },
    { path: "options/planted.test.ts", line: 'await import("../cli/parse.ts");' },
  ])("an import that the map does not allow in $path", ({ path, line }) => {
    expect(forbiddenImports([...inside, sourceOf(path, line)], mayImport)).toEqual([
      expect.stringMatching(`^${path} -> `),
    ]);
  });

  test("a circle that is closed by a type alone", () => {
    const planted = [
      sourceOf("events/one.ts", 'import { two } from "./two.ts";'),
      sourceOf("events/two.ts", 'import type { Three } from "./deeper/three.ts";'),
      sourceOf("events/deeper/three.ts", 'import type {\n  One,\n} from "../one.ts";'),
    ];
    expect(circleOfImports(planted)).toEqual([
      "events/one.ts",
      "events/two.ts",
      "events/deeper/three.ts",
      "events/one.ts",
    ]);
    expect(circleOfImports(planted.slice(0, 2))).toBeUndefined();
  });

  test("but no import that only a comment has", () => {
    const text = '/** import { a } from "../cli/parse.ts"; */\n// from "../cli/parse.ts"\n';
    expect(sourceOf("show/planted.ts", text).imports).toEqual([]);
  });
});

test("the map in ARCHITECTURE.md names only files and folders that are there", () => {
  const root = join(src, "..");
  const paths = ["src", "test", "bin", "examples", "docs"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map(
      (path) => `/${folder}/${path.replaceAll("\\", "/")}`,
    ),
  );
  const folders = ["/src", "/test", "/bin", "/examples", "/docs", "/dist", "/program", "/benched"];
  const places = [...paths, ...folders];
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const named = [...text.matchAll(/`(?:\.\.?\/)?([\w./-]+(?:\.(?:tsx?|mjs|md|html|css)|[^/]\/))`/g)]
    .map(([, path = ""]) => path.replace(/\/$/, ""))
    .filter((path) => !/NAME|COMMAND/.test(path));
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter((path) => !places.some((place) => place.endsWith(`/${path}`)))).toEqual([]);
});

describe("the platform", () => {
  const portable = shipped.filter(({ path }) => !/\.(node|browser)\.tsx?$/.test(path));

  test("is imported only by *.node.ts and *.browser.ts", () => {
    const found = portable.flatMap(({ path, imports }) =>
      imports
        .filter((target) => /^node:|\.(node|browser)\.tsx?$/.test(target))
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
  const main = sources.find(({ path }) => path === "cli/command-line.node.ts");
  expect(main?.imports).toContain("cli/commands.ts");
  expect(main?.imports).toContain("sound/library/config.node.ts");
  expect(main?.imports).toContain("sound/library/settings.ts");
  expect(mentions(sources, /process\./g).length).toBeGreaterThan(0);
});
