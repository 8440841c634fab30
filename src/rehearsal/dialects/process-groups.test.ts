import { expect, test } from "vitest";
import type { ClusterDescribed } from "../../events/cluster.ts";
import { beforeRun } from "../../events/run-state.ts";
import { type Facts, factsOf } from "./facts.ts";
import {
  deepspeedName,
  type GroupKind,
  megatronName,
  meshNames,
  nanotronName,
  prefixOf,
  titanName,
} from "./process-groups.ts";

const mesh = meshNames({ data: "dp_shard", tensor: "tp" });

/** Rank, and by how much its machines are divided: tensor, pipeline, data. */
type Case = readonly [kind: GroupKind, rank: number, split: readonly [number, number, number]];

test.each([
  // Logs of Megatron-LM: two ranks share a layer on sixteen GPUs; all have the same one.
  [
    "Megatron",
    megatronName,
    ["tensor", 9, [2, 1, 8]],
    "PG ID 5 PG GUID 37(TENSOR_MODEL_PARALLEL_GROUP)",
  ],
  [
    "Megatron",
    megatronName,
    ["data", 5, [1, 1, 16]],
    "PG ID 1 PG GUID 1(DATA_PARALLEL_GROUP_WITH_CP)",
  ],
  [
    "Megatron",
    megatronName,
    ["data", 13, [2, 2, 4]],
    "PG ID 1 PG GUID 7(DATA_PARALLEL_GROUP_WITH_CP)",
  ],
  // A log of a fine-tuning with DeepSpeed.
  ["DeepSpeed", deepspeedName, ["data", 0, [1, 1, 16]], "PG ID 1 PG GUID 1"],
  ["torchtitan", titanName, ["data", 9, [1, 1, 16]], "PG ID 0 PG GUID 0(default_pg)"],
  // Stages and context (16 + 16 false groups), data and weights (2 each), tensor (8), stages again.
  ["torchtitan", titanName, ["data", 9, [2, 1, 8]], "PG ID 4 PG GUID 78(mesh_fsdp)"],
  ["a mesh", mesh, ["data", 3, [1, 1, 16]], "PG ID 0 PG GUID 0(default_pg)"],
  ["a mesh", mesh, ["data", 3, [2, 1, 8]], "PG ID 1 PG GUID 2(mesh_dp_shard)"],
  // Behind the copy of the group of all and one of each of two machines.
  ["nanotron", nanotronName, ["data", 0, [1, 1, 16]], "PG ID 4 PG GUID 20"],
  ["nanotron", nanotronName, ["tensor", 9, [8, 2, 1]], "PG ID 2 PG GUID 3"],
] as const)("%s's groups", (...[, nameOf, asked, text]) => {
  const [kind, rank, split]: Case = asked;
  const name = nameOf(divided(split), { kind, rank });
  expect(prefixOf(name, 3)).toBe(`[${text} Rank 3] `);
});

function divided([tensorParallel, pipelineParallel, dataParallel]: Case[2]): Facts {
  const gpuCount = tensorParallel * pipelineParallel * dataParallel;
  const cluster = {
    gpuCount,
    gpusPerNode: 8,
    nodeCount: gpuCount / 8,
    tensorParallel,
    pipelineParallel,
    dataParallel,
    contextParallel: 1,
    sharding: "full",
  } as ClusterDescribed;
  return factsOf({ ...beforeRun, described: { cluster } });
}
