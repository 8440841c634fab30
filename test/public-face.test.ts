/** What other programs may import: its names, its words, and that a browser can have its part. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const src = join(import.meta.dirname, "..", "src");
const doors = ["index.ts", "index.node.ts", "index.browser.ts", "rehearsal/index.ts"];

/** Every line of a source that begins a function, with the comment in front of it. */
const functions = new Map<string, string>(
  readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .flatMap((path) => {
      const text = readFileSync(join(src, path), "utf8");
      const pattern = /(\/\*\*(?:[^*]|\*(?!\/))*\*\/\n)?^export (?:async )?function\*? (\w+)/gm;
      return [...text.matchAll(pattern)].map(
        ([, comment = "", name = ""]) => [`${path} ${name}`, comment] as const,
      );
    }),
);

describe.each(doors)("%s", (door) => {
  const names = [
    ...readFileSync(join(src, door), "utf8").matchAll(/export \{([^}]*)\} from "\.\/([^"]+)"/g),
  ].flatMap(([, list = "", from = ""]) =>
    list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.startsWith("type "))
      .map((name) => `${join(door, "..", from)} ${name}`),
  );

  test("gives functions that say what they do, each with an example", () => {
    const public_ = names.filter((name) => functions.has(name));
    const mute = public_.filter((name) => {
      const comment = functions.get(name) ?? "";
      return !/^\/\*\*\s+(?:\* )?[A-Z]/.test(comment) || !comment.includes("@example");
    });
    expect(names.length).toBeGreaterThan(0);
    expect(mute).toEqual([]);
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
