import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  canBeWritten,
  makeFolder,
  makeFolderSync,
  makePrivateFolder,
  notWritten,
  replaceFile,
} from "./files.node.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude files 🎻 "));
});

afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

test("makeFolder() makes what is missing, also when several ask at once", async () => {
  const path = join(folder, "a", "b", "c");
  await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(folder, "a", "b"))]);
  await makeFolder(path);
  expect(await readdir(join(folder, "a", "b"))).toEqual(["c"]);
});

test.each(["a file.txt", "a file.txt/inside"])(
  "makeFolder() fails where a file is: %s",
  async (name) => {
    await writeFile(join(folder, "a file.txt"), "kept");
    await expect(makeFolder(join(folder, name))).rejects.toMatchObject({ code: "EEXIST" });
    expect(await readFile(join(folder, "a file.txt"), "utf8")).toBe("kept");
  },
);

test("makeFolderSync() makes what is missing, and fails where a file is", async () => {
  makeFolderSync(join(folder, "a", "b"));
  makeFolderSync(join(folder, "a", "b"));
  expect(await readdir(join(folder, "a"))).toEqual(["b"]);
  await writeFile(join(folder, "file"), "kept");
  expect(() => makeFolderSync(join(folder, "file", "inside"))).toThrow(/EEXIST|ENOTDIR/);
});

test("makeFolder() comes back where no folder can be made, however deep", async () => {
  // Node's own way never does, in /proc; elsewhere "/proc" cannot be made either.
  await expect(makeFolder("/proc/etude-test/a/b")).rejects.toThrow();
});

test("makePrivateFolder() keeps a new folder out of version control, not one that is there", async () => {
  await makePrivateFolder(join(folder, "a", "sounds"));
  expect(await readFile(join(folder, "a", "sounds", ".gitignore"), "utf8")).toBe("*\n");
  await makePrivateFolder(join(folder, "a"));
  expect(await readdir(join(folder, "a"))).toEqual(["sounds"]);
});

test("canBeWritten() asks of a folder that is not there the nearest above it", async () => {
  expect(await canBeWritten(join(folder, "a", "b"))).toBe(true);
  await writeFile(join(folder, "file"), "");
  expect(await canBeWritten(join(folder, "file", "b"))).toBe(false);
});

test("replaceFile() writes a new file and leaves nothing else", async () => {
  await replaceFile(join(folder, "a.bin"), Uint8Array.of(1, 2, 3));
  await replaceFile(join(folder, "b.txt"), "Übung");
  expect([...(await readFile(join(folder, "a.bin")))]).toEqual([1, 2, 3]);
  expect(await readFile(join(folder, "b.txt"), "utf8")).toBe("Übung");
  expect((await readdir(folder)).toSorted()).toEqual(["a.bin", "b.txt"]);
});

test("replaceFile() replaces a longer file by a shorter one", async () => {
  const path = join(folder, "a.txt");
  await replaceFile(path, "a long text");
  await replaceFile(path, "short");
  expect(await readFile(path, "utf8")).toBe("short");
});

test("replaceFile() says where it could not write", async () => {
  const path = join(folder, "absent", "a.txt");
  await expect(replaceFile(path, "x")).rejects.toMatchObject({
    code: "file-not-written",
    message: expect.stringContaining(path),
  });
});

test("replaceFile() that fails at its last step leaves the old thing and no half of the new", async () => {
  const path = join(folder, "taken");
  await mkdir(join(path, "inside"), { recursive: true });
  await expect(replaceFile(path, "x")).rejects.toMatchObject({ code: "file-not-written" });
  expect(await readdir(folder)).toEqual(["taken"]);
  expect(await readdir(path)).toEqual(["inside"]);
});

test("replaceFile() on a device without space says that the disk is full", async () => {
  // /dev/full fails like a full disk; elsewhere there is no such device to try it on.
  const temporary = join(folder, `a.txt.${process.pid}.tmp`);
  if (process.platform !== "linux") return;
  await writeFile(join(folder, "a.txt"), "old");
  await symlink("/dev/full", temporary);
  await expect(replaceFile(join(folder, "a.txt"), "new")).rejects.toMatchObject({
    code: "disk-full",
    hint: expect.stringContaining("Free some space"),
  });
  expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("old");
});

test.each([
  { errno: "ENOSPC", code: "disk-full" },
  { errno: "EDQUOT", code: "quota-exceeded" },
  { errno: "EACCES", code: "file-not-written" },
])("notWritten() calls $errno $code, and knows of no run to resume", ({ errno, code }) => {
  const cause = Object.assign(new Error(`${errno}: cannot`), { code: errno });
  const error = notWritten("/a/b", cause);
  expect(error).toMatchObject({ code, cause });
  expect(error.hint).not.toContain("resume");
});

test("notWritten() tells a limit on the size of a file from a folder that is not there", () => {
  const cause = Object.assign(new Error("EFBIG: file too large, write"), { code: "EFBIG" });
  const { message, hint } = notWritten("/a/b", cause);
  expect(message).toContain("larger than this disk or a limit of yours allows");
  expect(hint).toContain("ulimit");
});

test("notWritten() knows a used up quota also where Node has no name for it", () => {
  const { EDQUOT } = constants.errno;
  const code = `Unknown system error -${EDQUOT}`;
  const cause = Object.assign(new Error(`${code}: write`), { code, errno: -EDQUOT });
  expect(notWritten("/a/b", cause)).toMatchObject({
    code: "quota-exceeded",
    message: 'Cannot write "/a/b": your share of the disk (its quota) is used up',
    hint: expect.stringContaining("files of your own"),
  });
});
