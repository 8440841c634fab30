import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folderLeases } from "./folder-leases.node.ts";
import { openLease, taken } from "./lease.ts";

const JOB = "0123456789abcdef";
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude-leases-"));
});

afterEach(() => rm(folder, { recursive: true }));

const by = (name: string) => taken(openLease(), { session: name, name });

test("of many who write at once, one does", async () => {
  const many = Array.from({ length: 20 }, (_, i) => folderLeases(folder, `s${i}`));
  for (const before of [0, 1, 2]) {
    const written = await Promise.all(
      many.map((leases, i) => leases.put(JOB, by(`w${i}`), before)),
    );
    const winners = written.flatMap((revision, i) => (revision === undefined ? [] : [i]));
    expect(winners).toHaveLength(1);
    const found = await many[0]?.get(JOB);
    expect(found).toMatchObject({
      revision: before + 1,
      value: { holder: { name: `w${winners[0]}` } },
    });
  }
});

test("a writer who slept through other changes does not bring an old one back", async () => {
  const [slow, fast] = [folderLeases(folder, "slow"), folderLeases(folder, "fast")];
  await slow.put(JOB, by("slow"), 0);
  await fast.put(JOB, by("fast"), 1);
  await fast.put(JOB, by("fast"), 2);
  expect(await slow.put(JOB, by("slow"), 1)).toBeUndefined();
  expect((await slow.get(JOB))?.value.holder?.name).toBe("fast");
  expect(await readdir(join(folder, "01"))).toEqual([`${JOB}.3.json`]);
});

test("what is no entry counts as none", async () => {
  const leases = folderLeases(folder, "s");
  await leases.put(JOB, by("one"), 0);
  await writeFile(join(folder, "01", `${JOB}.1.json`), '{"state": "held"}');
  expect((await folderLeases(folder, "t").all()).size).toBe(0);
});
