/** Damaged and crafted run.json: each is refused in words, or read exactly as it stands. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readOrRefused, spoiled } from "../../../test/support/forged.ts";
import { UserError } from "../../errors.ts";
import { sealOf } from "./check-record.ts";
import { folderStore } from "./folder-store.node.ts";
import type { RunRecord } from "./job.ts";
import { requireSameRecord } from "./record.ts";
import { writeRecord } from "./record-file.ts";
import { readRunRecord, runPaths } from "./run-folder.node.ts";
import { completeSettings } from "./settings.ts";

const plain: RunRecord = {
  format: "etude-run",
  version: 1,
  program: "etude test",
  name: "Übung 🎻",
  corpusFolder: "/sounds",
  createdWallMs: 5,
  settings: completeSettings(3, {}),
  device: "auto",
  threads: 1,
  files: [
    { path: "a.wav", bytes: 3, sha256: "5a".repeat(32), frameCount: 1, side: "train" },
    { path: "b.wav", bytes: 9, sha256: "6b".repeat(32), frameCount: 2, side: "validation" },
  ],
};

let folder: string;
let record: RunRecord;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude-records-"));
  record = await writeRecord(folderStore(folder), plain);
});

afterAll(() => rm(folder, { recursive: true }));

async function reading(text: string): Promise<RunRecord | UserError> {
  await writeFile(runPaths(folder).record, text);
  return readOrRefused(readRunRecord(folder));
}

/** As somebody writes it who knows about the checksum. */
async function sealed(change: object): Promise<string> {
  const changed = { ...plain, ...change };
  return JSON.stringify({ ...changed, sha256: await sealOf(changed) });
}

const withSettings = (change: object): object => ({ settings: { ...plain.settings, ...change } });
const withFile = (change: object): object => ({ files: [{ ...plain.files[0], ...change }] });

describe("a run.json is refused in words", () => {
  test.each<[string, object]>([
    ["a billion latents", withSettings({ latentSize: 1e9 })],
    ["no latents", withSettings({ latentSize: 0 })],
    ["latents as text", withSettings({ latentSize: "32" })],
    ["a batch of half an example", withSettings({ batchSize: 0.5 })],
    ["a batch beyond all memory", withSettings({ batchSize: 1e12 })],
    ["an infinite learning rate", withSettings({ learningRate: Number.POSITIVE_INFINITY })],
    ["a negative learning rate", withSettings({ learningRate: -1 })],
    ["an unknown model", withSettings({ model: "toString" })],
    ["an example of an hour", withSettings({ chunkSeconds: 3600 })],
    ["dropout of everything", withSettings({ dropout: 1 })],
    ["a pitch by text", withSettings({ augmentation: { pitchSemitones: "2" } })],
    ["no seed", withSettings({ seed: undefined })],
    ["settings as a list", { settings: [] }],
    ["no settings", { settings: null }],
    ["files as text", { files: "a.wav" }],
    ["a file that is null", { files: [null] }],
    ["a path as number", withFile({ path: 7 })],
    ["a hash of three digits", withFile({ sha256: "abc" })],
    ["a side that there is not", withFile({ side: "left" })],
    ["a name as number", { name: 5 }],
    ["a folder as list", { corpusFolder: ["/sounds"] }],
    ["half a thread", { threads: 0.5 }],
    ["a million threads", { threads: 1_000_000 }],
    ["an unknown device", { device: "tpu" }],
    ["version 0", { version: 0 }],
    ["a version as text", { version: "1" }],
  ])("that has %s, though its checksum is right", async (_what, change) => {
    const read = await reading(await sealed(change));
    expect(read).toBeInstanceOf(UserError);
    expect(read).toMatchObject({ code: "run-damaged" });
    expect((read as UserError).message).toMatch(/^Cannot open ".*": its run\.json (is|does)/);
  });

  test.each<[string, object]>([
    ["another learning rate", withSettings({ learningRate: 0.5 })],
    ["another seed", withSettings({ seed: 2 })],
    ["other threads", { threads: 2 }],
    [
      "its sides swapped",
      {
        files: plain.files.toReversed().map((file, i) => ({ ...file, path: plain.files[i]?.path })),
      },
    ],
    ["another name", { name: "Etude" }],
  ])("that has %s by now", async (_what, change) => {
    const read = await reading(JSON.stringify({ ...record, ...change }));
    expect(read).toMatchObject({ code: "run-damaged" });
    expect((read as UserError).message).toContain("was changed since étude wrote it");
  });

  test("that is all brackets", async () => {
    const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const text = JSON.stringify(record).replace("{", `{"more":${nested},`);
    expect(await reading(text)).toMatchObject({ code: "run-damaged" });
  });
});

test("recordings may lie elsewhere by now: they are known by their content", async () => {
  const moved = { ...record, corpusFolder: "/elsewhere" };
  expect(await reading(JSON.stringify(moved))).toEqual(moved);
});

test("the order of its fields and the space between them mean nothing", async () => {
  const { format, ...rest } = record;
  const files = record.files.map(({ path, ...file }) => ({ ...file, path }));
  expect(await reading(JSON.stringify({ ...rest, files, format }, null, 7))).toEqual(record);
});

test("a run.json of an earlier étude, without a checksum, is read all the same", async () => {
  expect(await reading(JSON.stringify(plain))).toEqual(record);
});

test("a run.json with any field spoiled is refused, or read as it stands", async () => {
  const checkedAll = fc.asyncProperty(spoiled(plain), async (spoilt) => {
    const isObject = typeof spoilt === "object" && spoilt !== null;
    const sha256 = isObject ? await sealOf(spoilt) : undefined;
    const text = JSON.stringify(isObject ? { ...spoilt, sha256 } : spoilt) ?? "";
    const read = await reading(text);
    if (!(read instanceof UserError)) expect(read).toEqual(usual(JSON.parse(text)));
  });
  await fc.assert(checkedAll, { numRuns: 1000, seed: 1 });
});

/** Runs of an earlier étude do not tell how long their examples are. */
function usual(told: RunRecord): RunRecord {
  const { chunkSeconds = plain.settings.chunkSeconds }: Partial<RunRecord["settings"]> =
    told.settings;
  return { ...told, settings: { ...told.settings, chunkSeconds } };
}

test("a run.json with any stretch damaged is refused, or says what it said", async () => {
  const text = JSON.stringify(record, null, 2);
  const folderAt = text.indexOf("/sounds");
  const damage = fc.record({
    at: fc.nat(text.length - 1),
    lost: fc.nat(8),
    instead: fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constantFrom("0", "9", "}", '"', ",", "null"),
    ),
  });
  const checkedAll = fc.asyncProperty(damage, async ({ at, lost, instead }) => {
    // Where the recordings lie may be changed.
    fc.pre(at + lost < folderAt || at > folderAt + "/sounds".length);
    const read = await reading(text.slice(0, at) + instead + text.slice(at + lost));
    // Damage may make another field of the checksum, which nobody reads.
    if (!(read instanceof UserError)) expect(read).toMatchObject(plain);
  });
  await fc.assert(checkedAll, { numRuns: 1000, seed: 2 });
});

describe("requireSameRecord()", () => {
  test("knows the checkpoint that was made with it", () => {
    expect(requireSameRecord(record, { record: record.sha256 as string })).toEqual([]);
  });

  test("refuses a run.json of other settings, however well it is sealed", async () => {
    const other = await reading(await sealed(withSettings({ learningRate: 0.5 })));
    const check = (): unknown =>
      requireSameRecord(other as RunRecord, { record: record.sha256 as string });
    expect(check).toThrow(expect.objectContaining({ code: "record-changed" }));
  });

  test("mentions a checkpoint that cannot tell", () => {
    expect(requireSameRecord(record, {})).toEqual([
      expect.objectContaining({ type: "notice", code: "record-unsealed" }),
    ]);
  });
});
