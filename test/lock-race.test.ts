/** Processes that find the same stale lock at the same moment: one may have it. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { thisProcess } from "../src/process-identity.node.ts";
import { builtModule } from "./support/built-module.ts";

const PROCESSES = 3;
const ROUNDS = 200;

/** Takes the lock that it is sent the path of, keeps it, and says whether it got it. */
const contender = `
  const { tryLock } = await import(process.argv[1]);
  process.on("message", async (path) => {
    process.send("lock" in (await tryLock(path)));
  });
  process.send("ready");
`;

let folder: string;
let children: readonly ChildProcess[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude race ä "));
  const built = await builtModule("file-lock.node.ts", folder);
  children = Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, ["--input-type=module", "--eval", contender, built], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    }),
  );
  await Promise.all(children.map((child) => once(child, "message")));
});

afterAll(async () => {
  for (const child of children) child.kill();
  await rm(folder, { recursive: true });
});

test("exactly one of them takes it over, in every round", async () => {
  const gone = JSON.stringify({ ...(await thisProcess()), pid: 2 ** 31 - 5 });
  const winners: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const path = join(folder, `round ${round}`, "lock");
    await mkdir(join(path, ".."));
    await writeFile(path, gone);
    const answers = children.map((child) => once(child, "message"));
    for (const child of children) child.send(path);
    const won = (await Promise.all(answers)).map(([isMine]) => isMine);
    winners.push(won.filter(Boolean).length);
    const { pid } = JSON.parse(await readFile(path, "utf8"));
    expect(children.map((child) => child.pid === pid)).toEqual(won);
  }
  expect(winners).toEqual(Array.from({ length: ROUNDS }, () => 1));
});
