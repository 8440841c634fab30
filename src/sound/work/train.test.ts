import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sine } from "../../../test/support/tones.ts";
import type { RunEvent } from "../../events/events.ts";
import { readEventLog } from "../../events/log.node.ts";
import { writeWav } from "../audio/codecs/wav-write.ts";
import { resumeTraining, train } from "./train.node.ts";

let root: string;
let folder: string;
let runFolder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "etude-train-"));
  [folder, runFolder] = [join(root, "recordings"), join(root, "run")];
  await mkdir(folder);
  for (const hz of [200, 300, 500]) {
    const samples = sine({ hz, rateHz: 22_050, length: 5000 + hz });
    const bytes = writeWav({ sampleRate: 22_050, channels: [samples] });
    await writeFile(join(folder, `${hz}.wav`), bytes);
  }
});
afterEach(() => rm(root, { recursive: true }));

async function all(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const read: RunEvent[] = [];
  for await (const event of events) read.push(event);
  return read;
}

/** A run that is quick: nothing to listen to. */
const quick = { epochs: 2, epochsPerPreview: 0, threads: 1 } as const;

test("train() stops with a checkpoint when its reader does, and resumeTraining() ends the run", async () => {
  for await (const event of train({ ...quick, folder, runFolder })) {
    if (event.type === "step-done") break;
  }
  const log = await all(readEventLog(join(runFolder, "events.jsonl")));
  expect(log.at(-1)).toMatchObject({ type: "run-ended", outcome: "cancelled" });
  expect(log.some(({ type }) => type === "checkpoint-saved")).toBe(true);
  expect(await readdir(runFolder)).not.toContain("lock");

  const rest = await all(resumeTraining({ runFolder }));
  expect(rest[0]).toMatchObject({ type: "run-started", seq: log.length });
  expect(rest.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished" });
  expect(await readdir(runFolder)).toContain("model.etude");
});

test("train() ends with a last event when its signal aborts", async () => {
  const stop = new AbortController();
  const read: RunEvent[] = [];
  for await (const event of train({ ...quick, folder, runFolder, signal: stop.signal })) {
    read.push(event);
    if (event.type === "step-done") stop.abort();
  }
  expect(read.at(-1)).toMatchObject({ type: "run-ended", outcome: "cancelled" });
  expect(read.map(({ seq }) => seq)).toEqual(read.map((_, i) => i));
});

test("train() refuses a folder that is not there, and a run among the recordings", async () => {
  const nowhere = train({ folder: join(root, "nowhere"), runFolder });
  await expect(nowhere.next()).rejects.toMatchObject({ code: "corpus-not-found", exitCode: 2 });
  const inside = train({ folder, runFolder: join(folder, "run") });
  await expect(inside.next()).rejects.toMatchObject({ code: "inside-corpus", exitCode: 2 });
  expect(await readdir(folder)).toHaveLength(3);
  expect(await readdir(root)).toEqual(["recordings"]);
});
