/** Processes that change the same library at the same moment, some of which are killed: nothing is lost. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tagModel } from "../src/sound/library/change-model.node.ts";
import { addModel, readModels } from "../src/sound/library/model-library.node.ts";
import { builtModule } from "./support/built-module.ts";
import { manifestOf } from "./support/library-models.ts";

const PROCESSES = 8;
const KILLED = 3;
const CHANGES = 6;

/** Adds a model of its own and tags the shared one, and says each time when it is done. */
const writer = `
  const [, adding, tagging, library, file, shared, own] = process.argv;
  const { addModel } = await import(adding);
  const { tagModel } = await import(tagging);
  for (let i = 0; i < ${CHANGES}; i += 1) {
    const { id, ...manifest } = JSON.parse(own);
    const sha256 = i.toString(16) + manifest.sha256.slice(1);
    await addModel(library, { manifest: { ...manifest, sha256 }, modelFile: file });
    process.send({ added: sha256.slice(0, 12) });
    const tag = manifest.sha256.slice(0, 12) + "-" + i;
    await tagModel(library, shared, { add: [tag], remove: [] });
    process.send({ tagged: tag });
  }
  process.disconnect();
`;

let folder: string;
let adding: string;
let tagging: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude library race ä "));
  adding = await builtModule("sound/library/model-library.node.ts", folder);
  tagging = await builtModule("sound/library/change-model.node.ts", folder);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test("keeps every change that was done, of eight processes of which three are killed", async () => {
  const library = join(folder, "models");
  const file = join(folder, "a.etude");
  await writeFile(file, "weights");
  const { id: shared, ...manifest } = manifestOf(0xf00000000000, { name: "shared" });
  await addModel(library, { manifest, modelFile: file });
  const said: { added?: string; tagged?: string }[] = [];
  const start = (i: number): ChildProcess => {
    const own = JSON.stringify(manifestOf(0x100 + i, { name: "pad" }));
    const words = [
      "--input-type=module",
      "--eval",
      writer,
      adding,
      tagging,
      library,
      file,
      shared,
      own,
    ];
    const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
    const child = spawn(process.execPath, words, { stdio: [...stdio] });
    child.on("message", (message: (typeof said)[0]) => {
      said.push(message);
      // In the middle of what it does next: the lock may be held.
      if (i < KILLED && message.tagged?.endsWith(`-${i + 1}`)) child.kill("SIGKILL");
    });
    return child;
  };
  const children = Array.from({ length: PROCESSES }, (_, i) => start(i));
  const ends = await Promise.all(children.map(async (child) => once(child, "close")));
  expect(ends.map(([exitCode]) => exitCode)).toEqual([null, null, null, 0, 0, 0, 0, 0]);

  await tagModel(library, shared, { add: ["last"], remove: [] });
  const models = readModels(library, (problem) => expect.unreachable(problem.message));
  const added = said.flatMap((message) => message.added ?? []);
  const tagged = said.flatMap((message) => message.tagged ?? []);
  expect(added.length).toBeGreaterThanOrEqual((PROCESSES - KILLED) * CHANGES);
  expect(models.map(({ id }) => id)).toEqual(expect.arrayContaining(added));
  expect(models.find(({ id }) => id === shared)?.tags).toEqual(
    expect.arrayContaining([...tagged, "last"]),
  );
  expect(new Set(models.map(({ name }) => name)).size).toBe(models.length);
  // Who is killed may leave what only it would have looked at again.
  const ofKilled = children.slice(0, KILLED).map(({ pid }) => `lock.${pid}-`);
  const left = (await readdir(library)).filter(
    (name) =>
      !/^[0-9a-f]{12}$/.test(name) &&
      !name.startsWith(".adding-") &&
      !ofKilled.some((start) => name.startsWith(start)),
  );
  expect(left).toEqual([".gitignore"]);
});
