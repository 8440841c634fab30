import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { thisProcess } from "../process-identity.node.ts";
import { markUsed, openWorkerPlace, pruneCorpora } from "./worker-place.node.ts";

let place: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "etude-worker-"));
});

afterEach(() => rm(place, { recursive: true }));

const HOUR_MS = 3_600_000;

test("pruneCorpora() deletes the longest unused beyond the limit, and none of the last hour", async () => {
  const nowWallMs = 1_800_000_000_000;
  const ages = { old: 9, older: 10, new: 2, current: 0.5 };
  for (const [name, hours] of Object.entries(ages)) {
    await mkdir(join(place, name, "deep"), { recursive: true });
    await writeFile(join(place, name, "deep", "a.wav"), new Uint8Array(100));
    expect(await markUsed(join(place, name), nowWallMs - hours * HOUR_MS)).toBe(true);
  }
  await pruneCorpora(place, { keepBytes: 0, nowWallMs });
  expect(await readdir(place)).toHaveLength(4);
  await pruneCorpora(place, { keepBytes: 300, nowWallMs });
  expect((await readdir(place)).toSorted()).toEqual(["current", "new", "old"]);
  await pruneCorpora(place, { keepBytes: 1, nowWallMs });
  expect(await readdir(place)).toEqual(["current"]);
  expect(await markUsed(join(place, "old"), nowWallMs)).toBe(false);
});

test("a worker removes what a killed one has left, and nothing of one that is running", async () => {
  const first = await openWorkerPlace(place, "first");
  await mkdir(first.workFolder);
  await mkdir(join(place, "killed"));
  const gone = { ...(await thisProcess()), pid: 2 ** 30 };
  await writeFile(join(place, "killed.lock"), JSON.stringify(gone));
  await mkdir(join(first.cache, ".abc.killed"));
  const second = await openWorkerPlace(place, "second");
  expect((await readdir(place)).toSorted()).toEqual(
    ["corpora", "first", "first.lock", "second.lock"].toSorted(),
  );
  expect(await readdir(first.cache)).toEqual([]);
  expect((await stat(first.workFolder)).isDirectory()).toBe(true);
  await first.lock?.release();
  await second.lock?.release();
});
