/** What other programs may import: its names, its words, and that a browser can have its part. */

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build, createLogger } from "vite";
import { describe, expect, test } from "vitest";

const src = join(import.meta.dirname, "..", "src");
const program = join(src, "..", "program");
const doors = ["index.ts", "index.node.ts", "index.browser.ts", "rehearsal/index.ts"];

interface Exported {
  readonly comment: string;
  /** "function", "const" and others. */
  readonly kind: string;
  /** Up to the end of its first line that is not indented. */
  readonly code: string;
}

/** Everything that a source exports, by its path and name. */
const exported = new Map<string, Exported>(
  readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .flatMap((path) => {
      const text = readFileSync(join(src, path), "utf8");
      const pattern =
        /(\/\*\*(?:[^*]|\*(?!\/))*\*\/\n)?^export (?:async )?(function|const|class|interface|type)\*? (\w+)(.*\n(?:[ )].*\n|\n)*)/gm;
      return [...text.matchAll(pattern)].map(
        ([, comment = "", kind = "", name = "", code = ""]) =>
          [`${path} ${name}`, { comment, kind, code }] as const,
      );
    }),
);

describe.each(doors)("%s", (door) => {
  const list = [
    ...readFileSync(join(src, door), "utf8").matchAll(
      /export (?:type )?\{([^}]*)\} from "(\.{1,2}\/[^"]+)"/g,
    ),
  ].flatMap(([, names = "", from = ""]) =>
    names
      .split(",")
      .map((name) => name.trim().replace(/^type /, ""))
      .filter((name) => name !== "")
      .map((name) => `${join(door, "..", from)} ${name}`),
  );
  const without = (isDocumented: (one: Exported) => boolean) =>
    list.filter((name) => {
      const one = exported.get(name);
      return one === undefined || !isDocumented(one);
    });

  test("says of everything what it is, and of each function how it is called", () => {
    expect(list.length).toBeGreaterThan(0);
    expect(without(({ comment, kind }) => kind === "type" || comment !== "")).toEqual([]);
    const isShown = ({ comment, kind }: Exported) =>
      kind !== "function" ||
      (/^\/\*\*\s+(?:\* )?[A-Z]/.test(comment) && comment.includes("@example"));
    expect(without(isShown)).toEqual([]);
  });

  test("gives functions that say their shapes, and what they throw", () => {
    const saysShape = ({ comment, kind, code }: Exported) => {
      const signature = code.slice(0, code.indexOf("{\n"));
      return (
        kind !== "function" ||
        !/\b(Float32Array|mono:)/.test(signature) ||
        /shape|Shape/.test(comment)
      );
    };
    expect(without(saysShape)).toEqual([]);
    const saysErrors = ({ comment, kind, code }: Exported) =>
      kind !== "function" || !/\bthrow /.test(code) || comment.includes("@throws");
    expect(without(saysErrors)).toEqual([]);
  });
});

test("the doors give what a program needs for the main jobs", async () => {
  const [node, portable, rehearsal] = await Promise.all([
    import("../src/index.node.ts"),
    import("../src/index.ts"),
    import("../src/rehearsal/index.ts"),
  ]);
  expect(Object.keys(node)).toEqual(
    expect.arrayContaining([
      ...Object.keys(portable),
      ...["evaluateModel", "generateFiles", "loadModel", "readSound", "resumeTraining", "train"],
    ]),
  );
  expect(Object.keys(rehearsal)).toEqual(
    expect.arrayContaining(["openDialect", "planRun", "readRequest", "simulate"]),
  );
});

/** What other programs load, beside the command line and built together with it. */
describe.each([
  ["index", "index.ts"],
  ["index.browser", "index.browser.ts"],
  ["index.node", "index.node.ts"],
  ["rehearsal", "rehearsal/index.ts"],
])("program/%s.js", (built, door) => {
  test("gives what its source gives, and has Node only where Node is", async () => {
    const [made, meant] = await Promise.all([
      import(join(program, `${built}.js`)),
      import(join(src, door)),
    ]);
    expect(Object.keys(made).sort()).toEqual(Object.keys(meant).sort());
    const files = [...reachedFrom(`${built}.js`)];
    const withNode = files.filter((file) =>
      /"node:/.test(readFileSync(join(program, file), "utf8")),
    );
    if (built === "index.node") expect(withNode).not.toEqual([]);
    else expect(withNode).toEqual([]);
  });

  test("is what the package says that it is", async () => {
    const { exports: doorsOfPackage } = JSON.parse(
      readFileSync(join(program, "..", "package.json"), "utf8"),
    );
    const types = `./dist/types/${door.replace(/ts$/, "d.ts")}`;
    const told = Object.values(doorsOfPackage).flatMap((one) => [one, ...Object.values(one ?? {})]);
    expect(told).toContainEqual({ types, default: `./program/${built}.js` });
  });
});

function reachedFrom(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(join(program, file), "utf8");
  for (const [, next = ""] of text.matchAll(/\b(?:from|import)\s*\(?"\.\/([^"]+)"/g)) {
    reachedFrom(next, found);
  }
  return found;
}

test("the browser's door is bundled without Node, and turns frames into sound where there is none", async () => {
  const folder = await mkdtemp(join(tmpdir(), "etude-door-"));
  try {
    const warnings: string[] = [];
    const logger = createLogger("warn");
    logger.warn = (message) => warnings.push(message);
    await build({
      root: join(src, ".."),
      configFile: false,
      customLogger: logger,
      build: {
        outDir: folder,
        emptyOutDir: true,
        minify: false,
        lib: { entry: join(src, "index.browser.ts"), formats: ["es"], fileName: "door" },
      },
    });
    // The one package that knows Node too asks where it is before it imports anything of it.
    expect(warnings.filter((text) => !text.includes("pffft-wasm"))).toEqual([]);
    await writeFile(join(folder, "use.mjs"), USE);
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "use.mjs")]);
    expect(JSON.parse(stdout)).toEqual({ format: "wav", frameCount: 94, length: 48_000 });
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Says what it found before it does without the names that only Node has. */
const USE = `
const { log } = console;
for (const name of ["process", "Buffer", "global", "setImmediate"]) delete globalThis[name];
const door = await import("./door.js");
const channels = [Float32Array.from({ length: 48_000 }, (_, i) => Math.sin(i / 20) / 2)];
const { format, sound } = await door.decodeBytes(door.writeWav({ sampleRate: 48_000, channels }));
const frames = door.framesOfSound(sound.channels[0]);
const options = { length: 48_000, iterations: 2, random: door.seededRandom(1) };
const { length } = door.soundOfFrames(frames, options);
log(JSON.stringify({ format, frameCount: frames.frameCount, length }));
`;
