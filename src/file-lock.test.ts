import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tryLock } from "./file-lock.node.ts";
import { thisProcess } from "./process-identity.node.ts";

/** Larger than any process id of Linux, macOS or Windows. */
const NOBODY = 2 ** 31 - 5;

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude lock 🎻 "));
  path = join(folder, "lock");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function leave(text: string, secondsAgo = 0): Promise<void> {
  await writeFile(path, text);
  const then = (await stat(path)).mtimeMs / 1000 - secondsAgo;
  await utimes(path, then, then);
}

async function takenBy(): Promise<number | string> {
  const attempt = await tryLock(path);
  return "lock" in attempt ? process.pid : attempt.heldBy.name;
}

describe("tryLock()", () => {
  test("lets one in at a time, the next when it is released, and leaves nothing", async () => {
    const first = await tryLock(path);
    expect(await takenBy()).toBe(`process ${process.pid}`);
    if ("lock" in first) await first.lock.release();
    expect(await readdir(folder)).toEqual([]);
    expect(await takenBy()).toBe(process.pid);
    expect(await readdir(folder)).toEqual(["lock"]);
  });

  test("lets exactly one of many in that find a stale one", async () => {
    await leave(JSON.stringify({ ...(await thisProcess()), pid: NOBODY }));
    const attempts = await Promise.all(Array.from({ length: 8 }, () => tryLock(path)));
    expect(attempts.filter((attempt) => "lock" in attempt)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(["lock"]);
  });

  test.each(["", "null", "17", "[]", "{}", '{"pid":"12","host":"a"}', '{"pid":0,"host":"a"}', "{"])(
    "takes over what nobody can have written who still works: %j",
    async (text) => {
      await leave(text, 60);
      expect(await takenBy()).toBe(process.pid);
    },
  );

  test("respects one whose text is not there yet", async () => {
    await leave("", 1);
    expect(await takenBy()).toBe("another process");
  });

  test("names the machine of one that cannot be seen from here", async () => {
    await leave('{"pid":12,"host":"elsewhere"}', 10_000);
    expect(await takenBy()).toBe("process 12 on elsewhere");
  });

  test("is not stopped by one that died while it took over another's", async () => {
    const gone = JSON.stringify({ ...(await thisProcess()), pid: NOBODY });
    await leave(gone);
    await writeFile(`${path}.takeover`, gone);
    expect(await takenBy()).toBe(process.pid);
    expect(await readdir(folder)).toEqual(["lock"]);
  });

  test("clears away what others left half made when they were killed, and nothing else", async () => {
    const old = ["lock.12-0-1.tmp", "lock.takeover.12-0-2.tmp", "lock.txt", "blocks.12-0-1.tmp"];
    for (const name of old) {
      await writeFile(join(folder, name), "");
      await utimes(join(folder, name), 1, 1);
    }
    await writeFile(join(folder, "lock.13-0-1.tmp"), "");
    expect(await takenBy()).toBe(process.pid);
    const kept = ["blocks.12-0-1.tmp", "lock", "lock.13-0-1.tmp", "lock.txt"];
    expect((await readdir(folder)).toSorted()).toEqual(kept);
  });

  test("released late, leaves the lock that another has there by then", async () => {
    const mine = await tryLock(path);
    await leave('{"pid":12,"host":"elsewhere"}');
    if ("lock" in mine) await mine.lock.release();
    expect(await readFile(path, "utf8")).toContain("elsewhere");
  });

  test("says why it cannot be made", async () => {
    await expect(tryLock(join(folder, "no", "lock"))).rejects.toMatchObject({
      code: "file-not-written",
    });
  });
});
