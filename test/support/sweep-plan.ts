/** A small plan of a sweep, without a corpus. */

import type { SweepPlan } from "../../src/queue/plan.ts";

export function examplePlan(parts: Partial<SweepPlan>): SweepPlan {
  return {
    format: "etude-sweep",
    version: 1,
    id: "0123456789abcdef",
    program: "etude 0.0.0",
    name: "rain",
    corpusFolder: "/rain",
    corpus: { sha256: "a".repeat(64), files: 3, bytes: 300 },
    axes: ["lr"],
    points: [0.001, 0.002, 0.003, 0.004].map((rate) => ({
      values: { lr: rate },
      overrides: { learningRate: rate },
    })),
    seeds: [1],
    folds: null,
    seed: 1,
    lengths: [4],
    device: "auto",
    threads: 1,
    memoryBytes: 1e8,
    checkpointSeconds: 10,
    ...parts,
  };
}
