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

const stoppedByHand = { type: "run-ended", outcome: "cancelled" };

test("train() ends with its signal, resumeTraining() with its reader, both with a checkpoint", async () => {
  const stop = new AbortController();
  const small = { model: "mel", latentSize: 4, chunkSeconds: 0.2, batchSize: 1 } as const;
  const job = { ...small, folder, runFolder, epochs: 2, epochsPerPreview: 0, threads: 1 };
  const first: RunEvent[] = [];
  for await (const event of train({ ...job, signal: stop.signal })) {
    first.push(event);
    if (event.type === "step-done") stop.abort();
  }
  expect(first.map(({ seq }) => seq)).toEqual(first.map((_, i) => i));
  expect(first.some(({ type }) => type === "checkpoint-saved")).toBe(true);
  expect(first.at(-1)).toMatchObject(stoppedByHand);

  for await (const event of resumeTraining({ runFolder })) {
    if (event.type === "step-done") break;
  }
  const log = await all(readEventLog(join(runFolder, "events.jsonl")));
  const rest = log.slice(first.length);
  const reached = first.findLast((event) => event.type === "step-done")?.step;
  expect(log.slice(0, first.length)).toEqual(first);
  expect(rest[0]).toMatchObject({ type: "run-started", resumedAtStep: reached });
  expect(rest.some(({ type }) => type === "checkpoint-saved")).toBe(true);
  expect(rest.at(-1)).toMatchObject(stoppedByHand);
  expect(await readdir(runFolder)).not.toContain("lock");
});

test("train() refuses a folder that is not there, and a run among the recordings", async () => {
  const nowhere = train({ folder: join(root, "nowhere"), runFolder });
  await expect(nowhere.next()).rejects.toMatchObject({ code: "corpus-not-found", exitCode: 2 });
  const inside = train({ folder, runFolder: join(folder, "run") });
  await expect(inside.next()).rejects.toMatchObject({ code: "inside-corpus", exitCode: 2 });
  expect(await readdir(folder)).toHaveLength(3);
  expect(await readdir(root)).toEqual(["recordings"]);
});
