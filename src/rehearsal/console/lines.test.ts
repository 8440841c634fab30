import { expect, test } from "vitest";
import { training, wantedRun } from "../../../test/support/simulated.ts";
import type { RunRestored } from "../../events/cluster.ts";
import type { Json } from "../../json.ts";
import { emptyView } from "../../show/console/view.ts";
import { summaryBox } from "./box.ts";
import { linesOf } from "./lines.ts";
import { messageText } from "./words.ts";

const restored: RunRestored = {
  type: "run-restored",
  step: 890,
  lostSteps: 9,
  consumedSamples: 911_360,
  consumedTokens: 7_465_861_120,
  downtimeMs: 674_322,
  path: "checkpoints/x/step-00000890",
  restart: 1,
  nodesReplaced: [],
};

test.each([
  { told: restored, says: "restored step 890 (7.47B tokens), 9 steps to do again, " },
  {
    told: { ...restored, worldSize: 112, dataParallel: 7, globalBatchSequences: 1036 },
    says: "restored step 890 (7.47B tokens) on 7 replicas (world size 112), 9 steps",
  },
])("a restart says how many learn together where that is news: $says", ({ told, says }) => {
  const [line] = linesOf({ ...told, seq: 9, atMs: 1 }, emptyView);
  expect(line?.text).toContain(says);
});

test("a job that grows was not stopped by an error", () => {
  const stop = { type: "run-interrupted", step: 350, symptom: "nodes-returned" } as const;
  const [line] = linesOf({ ...stop, elastic: true, seq: 9, atMs: 1 }, emptyView);
  expect(line).toEqual({
    level: "INFO",
    text: "training stopped after step 350: restarting with the nodes that are back",
  });
});

const resharding = {
  worldSizeBefore: 128,
  worldSize: 112,
  dataParallelBefore: 8,
  dataParallel: 7,
  globalBatchBefore: 1008,
  globalBatch: 1008,
  accumulation: 144,
  idleNodes: 0,
};

test.each<{ code: string; values: Record<string, Json>; says: RegExp }>([
  {
    code: "inventory-done",
    values: { nodes: 1, driver: "570" },
    says: /^1 node agrees: /,
  },
  { code: "burn-in-passed", values: { nodes: 1, replaced: 0 }, says: /^1 node is ready, 0 rep/ },
  { code: "burn-in-passed", values: { nodes: 2, replaced: 0 }, says: /^2 nodes are ready, 0 rep/ },
  { code: "nccl-ready", values: { nodes: 1, ranks: 8 }, says: / 8 ranks on 1 node, init/ },
  { code: "ranks-more", values: { ranks: 1 }, says: /and 1 more rank$/ },
  { code: "allreduce-test", values: { ranks: 1 }, says: / over 1 rank$/ },
  {
    code: "resharding",
    values: resharding,
    says: /^resharding: world size 128 -> 112, data parallel 8 -> 7, 144 micro-batches a replica, global batch stays 1.008$/,
  },
  {
    code: "resharding",
    values: { ...resharding, globalBatch: 1036, idleNodes: 1 },
    says: /global batch 1.008 -> 1.036, the nearest that divides; 1 node idle$/,
  },
  {
    code: "checkpoint-loading",
    values: { path: "x/step-1", bytes: 1e12, ranksBefore: 128, ranks: 112 },
    says: /^loading x\/step-1 \(1\.0\sTB\), written by 128 ranks, resharded for 112 while it is read$/,
  },
  {
    code: "checkpoint-loading",
    values: { path: "x/step-1", bytes: 1e12 },
    says: /^loading x\/step-1 \(1\.0\sTB\)$/,
  },
  { code: "node-returned", values: { spares: 2 }, says: /checked, 2 nodes wait to join$/ },
])("the message $code reads $says", ({ code, values, says }) => {
  const message = { type: "cluster-message", level: "info", source: "launcher" } as const;
  expect(messageText({ ...message, code, values })).toMatch(says);
});

test("the sizes of the shards, as they are told, add up to the size in the summary", () => {
  const told: number[] = [];
  let total = 0;
  const wanted = wantedRun("Llama-3.1-70B", "H100:256", 1e9);
  for (const [seq, one] of training({ wanted }).news.entries()) {
    const event = { ...one, seq };
    if (event.type === "run-summarised")
      total = gigabytes(summaryBox(event, 80).find((line) => line.includes("Size")));
    if (event.type === "file-written" && event.kind === "shard")
      told.push(gigabytes(linesOf(event, emptyView)[0]?.text));
  }
  expect(told).toHaveLength(8);
  const sum = told.reduce((before, one) => before + one, 0);
  expect(Math.abs(sum - total)).toBeLessThanOrEqual(0.05 * (told.length + 1));
});

function gigabytes(text = ""): number {
  return Number(/ (\d+\.\d)\s?GB/.exec(text)?.[1]);
}
