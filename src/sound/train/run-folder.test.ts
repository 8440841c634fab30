import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { thisProcess } from "../../process-identity.node.ts";
import { folderStore } from "./folder-store.node.ts";
import type { RunRecord } from "./job.ts";
import { writeRecord } from "./record-file.ts";
import {
  discardUnbegunRun,
  lockRun,
  makeRunFolder,
  readRunRecord,
  runPaths,
} from "./run-folder.node.ts";
import { completeSettings } from "./settings.ts";

/** Larger than any process id of Linux, macOS or Windows. */
const NOBODY = 2 ** 31 - 5;

let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "etude runs 🎻 ")), "run");
});

afterEach(async () => {
  await rm(join(folder, ".."), { recursive: true });
});

const record: RunRecord = {
  format: "etude-run",
  version: 1,
  program: "etude test",
  name: "Übung 🎻",
  corpusFolder: "/sounds",
  createdWallMs: 5,
  settings: completeSettings(3, {}),
  device: "auto",
  threads: 1,
  files: [{ path: "a.wav", bytes: 3, sha256: "5a".repeat(32), frameCount: 1, side: "both" }],
};

describe("makeRunFolder()", () => {
  test("makes it with all that it needs, also where its parents are not there yet", async () => {
    const deep = join(folder, "a", "b");
    await makeRunFolder(deep);
    expect((await readdir(deep)).toSorted()).toEqual([".gitignore", "checkpoints", "previews"]);
  });

  test("refuses a folder that holds a run, and says how to go on with it", async () => {
    await makeRunFolder(folder);
    await writeRecord(folderStore(folder), record);
    await expect(makeRunFolder(folder)).rejects.toMatchObject({
      code: "run-folder-taken",
      exitCode: 2,
      hint: expect.stringContaining("etude resume"),
    });
  });

  test("refuses a folder that holds anything else, and leaves it alone", async () => {
    await mkdir(folder);
    await writeFile(join(folder, "thesis.txt"), "mine");
    await expect(makeRunFolder(folder)).rejects.toMatchObject({ code: "run-folder-taken" });
    expect(await readdir(folder)).toEqual(["thesis.txt"]);
  });

  test("takes over what is left of a run that never began", async () => {
    const paths = await makeRunFolder(folder);
    await writeFile(paths.events, "{}\n");
    await writeFile(paths.foundation, "half");
    await writeFile(paths.lock, JSON.stringify({ pid: NOBODY, host: hostname() }));
    await makeRunFolder(folder);
    expect(await readdir(folder)).not.toContain("events.jsonl");
  });

  test("does not take over checkpoints that lost their run.json", async () => {
    const paths = await makeRunFolder(folder);
    await writeFile(join(paths.checkpoints, "step-00000008.safetensors"), "precious");
    await expect(makeRunFolder(folder)).rejects.toMatchObject({ code: "run-folder-taken" });
  });

  test("does not take over a run that another process is about to begin", async () => {
    const paths = await makeRunFolder(folder);
    await writeFile(paths.events, "{}\n");
    const lock = await lockRun(folder);
    await expect(makeRunFolder(folder)).rejects.toMatchObject({ code: "run-in-use" });
    expect(await readdir(folder)).toContain("events.jsonl");
    await lock.release();
  });

  test("says where it cannot be made", async () => {
    await writeFile(folder, "a file");
    await expect(makeRunFolder(join(folder, "run"))).rejects.toMatchObject({
      code: "file-not-written",
      message: expect.stringContaining("a file is where a folder is needed"),
    });
  });
});

describe("discardUnbegunRun()", () => {
  const addRecord = (): Promise<void> => writeFile(runPaths(folder).record, "{}");

  test.each([
    { what: "nothing yet", add: async () => {}, isGone: true },
    { what: "a record", add: addRecord, isGone: false },
    { what: "a record, and it is asked for", add: addRecord, withRecord: true, isGone: true },
    {
      what: "a checkpoint",
      add: () => writeFile(join(runPaths(folder).checkpoints, "step-1"), ""),
      withRecord: true,
      isGone: false,
    },
    {
      what: "a preview",
      add: () => writeFile(join(runPaths(folder).previews, "a.wav"), ""),
      withRecord: true,
      isGone: false,
    },
    {
      what: "something else",
      add: () => writeFile(join(folder, "notes.txt"), ""),
      withRecord: true,
      isGone: false,
    },
    {
      what: "the lock of another run",
      add: () => writeFile(runPaths(folder).lock, ""),
      withRecord: true,
      isGone: false,
    },
  ])("where the folder holds $what", async ({ add, isGone, withRecord = false }) => {
    await makeRunFolder(folder);
    await writeFile(runPaths(folder).events, "{}\n");
    await add();
    const before = (await readdir(folder)).sort();
    expect(await discardUnbegunRun(folder, [], { withRecord })).toBe(isGone);
    expect((await readdir(folder)).sort()).toEqual(isGone ? [] : before);
  });
});

describe("readRunRecord()", () => {
  beforeEach(async () => {
    await makeRunFolder(folder);
  });

  test("reads what was written", async () => {
    const written = await writeRecord(folderStore(folder), record);
    expect(written).toMatchObject(record);
    expect(await readRunRecord(folder)).toEqual(written);
  });

  test.each([
    { what: "no run.json", text: undefined, code: "run-not-found", exitCode: 2 },
    { what: "a cut one", text: '{"format":"etude-r', code: "run-damaged", exitCode: 1 },
    { what: "another JSON file", text: '{"version":1}', code: "run-damaged", exitCode: 1 },
    { what: "null", text: "null", code: "run-damaged", exitCode: 1 },
    {
      what: "one of a newer program",
      text: '{"format":"etude-run","version":3}',
      code: "run-newer-than-program",
      exitCode: 2,
    },
  ])("refuses a folder with $what", async ({ text, code, exitCode }) => {
    if (text !== undefined) await writeFile(runPaths(folder).record, text);
    await expect(readRunRecord(folder)).rejects.toMatchObject({ code, exitCode });
  });

  test("says what it found where there is no run", async () => {
    const file = runPaths(folder).events;
    await writeFile(file, "");
    await expect(readRunRecord(folder)).rejects.toMatchObject({
      message: expect.stringContaining("it holds no run.json, need a run folder"),
      hint: expect.stringContaining("train again"),
    });
    await expect(readRunRecord(file)).rejects.toThrow("it is a file, need a run folder");
    await expect(readRunRecord(join(folder, "no"))).rejects.toThrow("there is no such folder");
  });
});

/** Absent where the system has no name for a start of the machine. */
const { boot } = await thisProcess();

describe("lockRun()", () => {
  beforeEach(async () => {
    await makeRunFolder(folder);
  });

  test("lets one in at a time, and the next when it is released", async () => {
    const lock = await lockRun(folder);
    await expect(lockRun(folder)).rejects.toMatchObject({
      code: "run-in-use",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await lock.release();
    await (await lockRun(folder)).release();
    expect(await readdir(folder)).not.toContain("lock");
  });

  test("lets exactly one of many in that come at once", async () => {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockRun(folder)));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("takes over the lock of a process that is gone, and removes what it left half written", async () => {
    const { checkpoints, previews, lock } = runPaths(folder);
    await writeFile(lock, JSON.stringify({ pid: NOBODY, host: hostname() }));
    await writeFile(join(checkpoints, `step-00000008.safetensors.${NOBODY}.tmp`), "half");
    await writeFile(join(previews, `epoch-0001-sample.wav.${NOBODY}.tmp`), "half");
    await writeFile(join(checkpoints, "step-00000007.safetensors"), "whole");
    const taken = await lockRun(folder);
    expect(JSON.parse(await readFile(lock, "utf8"))).toMatchObject({ pid: process.pid });
    expect(await readdir(checkpoints)).toEqual(["step-00000007.safetensors"]);
    expect(await readdir(previews)).toEqual([]);
    await taken.release();
  });

  test.each([
    {
      whose: "another machine",
      text: JSON.stringify({ pid: NOBODY, host: "elsewhere", boot: "another" }),
      who: `process ${NOBODY} on elsewhere`,
    },
    { whose: "a process that is just writing it", text: "", who: "another process" },
  ])("respects the lock of $whose, and says how to go on without it", async ({ text, who }) => {
    const { lock } = runPaths(folder);
    await writeFile(lock, text);
    await expect(lockRun(folder)).rejects.toMatchObject({
      code: "run-in-use",
      message: `Cannot use the run "${folder}": ${who} is working on it, as far as can be seen from here`,
      hint: `If it has ended there, delete its lock, then try again: rm "${lock}"`,
    });
    await rm(lock);
    await (await lockRun(folder)).release();
  });

  test("does not tell anybody to delete the lock of a process that lives", async () => {
    const taken = await lockRun(folder);
    await expect(lockRun(folder)).rejects.toMatchObject({ hint: "Wait for it, or stop it." });
    await taken.release();
  });

  test.skipIf(boot === undefined)("takes over after the machine got another name", async () => {
    const { lock } = runPaths(folder);
    const renamed = { ...(await thisProcess()), pid: NOBODY, host: "the name before" };
    await writeFile(lock, JSON.stringify(renamed));
    await (await lockRun(folder)).release();
  });
});

describe("a run from before examples could have any length", () => {
  const settingsThen = (model: "mel" | "spectral") => {
    const { chunkSeconds: _, ...settings } = completeSettings(3, { model });
    return settings as RunRecord["settings"];
  };

  test("is read with the length that its examples had", async () => {
    await makeRunFolder(folder);
    await writeRecord(folderStore(folder), { ...record, settings: settingsThen("spectral") });
    expect(await readRunRecord(folder)).toMatchObject(record);
  });

  test("is refused where its model saw loudness on another scale", async () => {
    await makeRunFolder(folder);
    await writeRecord(folderStore(folder), { ...record, settings: settingsThen("mel") });
    await expect(readRunRecord(folder)).rejects.toMatchObject({ code: "run-outdated" });
  });
});
