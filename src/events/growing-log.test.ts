import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type FollowOptions, untilRunEnds } from "./growing-log.node.ts";
import { readEventLog } from "./log.node.ts";
import { eventToLine } from "./wire.ts";

const phase = { type: "phase-started", phase: "training", text: "ä" } as const;
const line = (event: object, seq: number) =>
  eventToLine({ ...event, seq, atMs: seq } as Parameters<typeof eventToLine>[0]);

test("a log is followed while it grows, through a stop, to the end of its run", async () => {
  const folder = await mkdtemp(join(tmpdir(), "etude-follow-"));
  const path = join(folder, "events.jsonl");
  const half = line(phase, 3);
  // Written one after the other, each when there is nothing left to read.
  const later = [
    half.slice(0, 9),
    half.slice(9),
    line({ type: "run-ended", outcome: "cancelled" }, 4),
    line({ type: "run-ended", outcome: "finished" }, 5),
    line(phase, 6),
  ];
  const follow: FollowOptions = {
    signal: new AbortController().signal,
    clock: { sleep: () => appendFile(path, later.shift() ?? "") },
  };
  try {
    await writeFile(path, line(phase, 1) + line(phase, 2));
    const seen: number[] = [];
    for await (const { seq } of untilRunEnds(readEventLog(path, { follow }))) seen.push(seq);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
